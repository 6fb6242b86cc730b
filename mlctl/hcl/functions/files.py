"""Functions of files and paths: abspath basename dirname file fileset filesha256 and their like."""

from __future__ import annotations

import base64
import posixpath

from mlctl.core.types import BOOL, STRING, SetType
from mlctl.core.value import SENSITIVE, Marks, Value, boolean, set_of, string, unknown
from mlctl.hcl.functions.globs import GlobError, compile_glob, split_static
from mlctl.hcl.functions.go_quote import quote
from mlctl.hcl.functions.hashing import DIGESTS
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function
from mlctl.hcl.functions.world import FileAccess, World

_PATH = Parameter("path", STRING)
_MARKED_PATH = Parameter("path", STRING, allow_unknown=True, allow_marked=True)
_MARKED_PATTERN = Parameter("pattern", STRING, allow_unknown=True, allow_marked=True)


@function("basename", "The last part of a path.", _PATH, returns=STRING)
def _basename(path: Value) -> Value:
    text = path.as_string()
    bare = text.rstrip("/")
    return string(posixpath.basename(bare) or ("/" if text else "."))


@function("dirname", "The path without its last part.", _PATH, returns=STRING)
def _dirname(path: Value) -> Value:
    folder, slash, _ = path.as_string().rpartition("/")
    return string(_clean(folder + slash))


def functions(world: World) -> tuple[Function, ...]:
    """The functions of this family; those that need files are absent where there are none."""
    if world.files is None:
        return (_basename, _dirname)
    files = world.files
    return (
        _basename,
        _dirname,
        _abspath(files),
        _pathexpand(files),
        _fileexists(files),
        _fileset(files),
        _reader("file", "The text of a file.", files),
        _reader("filebase64", "The content of a file in base 64.", files),
        *(_digest(name, files) for name in DIGESTS),
    )


def read_text(files: FileAccess, path: str, marks: Marks) -> str:
    """The text of a file; the marks say whether messages may name it.

    Raises:
        FunctionError: There is no file, or it is not UTF-8.
    """
    try:
        return _content(files, path, marks).decode()
    except UnicodeDecodeError:
        raise FunctionError(
            f"contents of {_shown(path, marks)} are not valid UTF-8; use the filebase64 function "
            "to obtain the Base64 encoded contents or the other file functions (e.g. filemd5, "
            "filesha256) to obtain file hashing results instead"
        ) from None


def _abspath(files: FileAccess) -> Function:
    @function("abspath", "The path from the root of the file system.", _PATH, returns=STRING)
    def abspath(path: Value) -> Value:
        return string(files.absolute(path.as_string()))

    return abspath


def _pathexpand(files: FileAccess) -> Function:
    @function("pathexpand", "The path with ~ as the user's folder.", _PATH, returns=STRING)
    def pathexpand(path: Value) -> Value:
        text = path.as_string()
        if not text.startswith("~"):
            return string(text)
        if text[1:2] not in ("", "/"):
            raise FunctionError("cannot expand user-specific home dir")
        return string(_clean(files.home() + text[1:]))

    return pathexpand


def _fileexists(files: FileAccess) -> Function:
    @function("fileexists", "True when there is such a file.", _MARKED_PATH, returns=BOOL)
    def fileexists(path: Value) -> Value:
        bare, marks = path.unmark()
        if not bare.is_known:
            return unknown(BOOL).with_marks(marks)
        text = bare.as_string()
        try:
            return boolean(files.exists(text)).with_marks(marks)
        except IsADirectoryError as error:
            raise FunctionError(f"{_shown(text, marks)} is a directory, not a file") from error
        except OSError as error:
            raise FunctionError(f"failed to stat {_shown(text, marks)}") from error

    return fileexists


def _fileset(files: FileAccess) -> Function:
    @function(
        "fileset",
        "The files below a folder whose paths match a pattern.",
        _MARKED_PATH,
        _MARKED_PATTERN,
        returns=SetType(STRING),
    )
    def fileset(path: Value, pattern: Value) -> Value:
        marks = path.marks | pattern.marks
        if not (path.is_known and pattern.is_known):
            return unknown(SetType(STRING)).with_marks(marks)
        found = _matching(files, path.as_string(), pattern.as_string(), marks)
        return set_of(map(string, found), STRING).with_marks(marks)

    return fileset


def _matching(files: FileAccess, folder: str, pattern: str, marks: Marks) -> list[str]:
    named, rest = split_static(_clean(f"{folder}/{pattern}"))
    root = named or ("/" if folder.startswith("/") else ".")
    try:
        wanted = compile_glob(rest)
    except GlobError as error:
        shown = _shown(_clean(f"{folder}/{pattern}"), marks)
        raise FunctionError(f"failed to glob pattern {shown}: {error}") from error
    matches = (found for found in files.files_below(root) if wanted.fullmatch(found))
    return [posixpath.relpath(f"{root}/{found}", _clean(folder)) for found in matches]


def _reader(name: str, doc: str, files: FileAccess) -> Function:
    @function(name, doc, _MARKED_PATH, returns=STRING)
    def reader(path: Value) -> Value:
        bare, marks = path.unmark()
        if not bare.is_known:
            return unknown(STRING).with_marks(marks)
        if name == "file":
            return string(read_text(files, bare.as_string(), marks)).with_marks(marks)
        data = _content(files, bare.as_string(), marks)
        return string(base64.b64encode(data).decode()).with_marks(marks)

    return reader


def _digest(name: str, files: FileAccess) -> Function:
    compute = DIGESTS[name]
    doc = f"The {name.removeprefix('base64')} digest of a file."

    @function(f"file{name}", doc, _PATH, returns=STRING)
    def digest(path: Value) -> Value:
        text = path.as_string()
        try:
            return string(compute(files.read_bytes(text)))
        except FileNotFoundError as error:
            raise FunctionError(f"open {text}: no such file or directory") from error
        except OSError as error:
            raise FunctionError(f"read {text}: {_reason(error)}") from error

    return digest


def _content(files: FileAccess, path: str, marks: Marks) -> bytes:
    try:
        return files.read_bytes(path)
    except FileNotFoundError:
        raise FunctionError(
            f"no file exists at {_shown(path, marks)}; this function works only with files that "
            "are distributed as part of the configuration source code, so if this file will be "
            "created by a resource in this configuration you must instead obtain this result "
            "from an attribute of that resource",
            0,
        ) from None
    except OSError as error:
        shown = _shown(path, marks, quoted=False)
        raise FunctionError(f"failed to read file: read {shown}: {_reason(error)}", 0) from error


def _reason(error: OSError) -> str:
    return (error.strerror or "it cannot be read").lower()


def _shown(path: str, marks: Marks, *, quoted: bool = True) -> str:
    if SENSITIVE in marks:
        return "(sensitive value)"
    return quote(path) if quoted else path


def _clean(path: str) -> str:
    """The shortest path that means the same, as Go's ``filepath.Clean``."""
    cleaned = posixpath.normpath(path) if path else "."
    return cleaned.removeprefix("/") if cleaned.startswith("//") else cleaned
