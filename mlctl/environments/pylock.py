"""The text of a ``pylock.toml`` (PEP 751) to packages, by typed getters.

Reads what uv and mlctl write: direct packages with wheels, an sdist, an archive or a commit.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from mlctl.environments.entry import without_credentials
from mlctl.environments.markers import MarkerInvalid, check_marker
from mlctl.environments.packages import Artifact, FileKind, LockedCommit, LockedFile, LockedPackage

Table = Mapping[str, object]

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class PylockInvalid(ValueError):
    """The text is no usable lock.

    Attributes:
        line: Where, counted from 1; None: cannot be said.
        why: A whole sentence.
    """

    def __init__(self, why: str, line: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.line = line


@dataclass(frozen=True, slots=True)
class Pylock:
    """A lock as it stands in a file.

    Attributes:
        packages: In the file's order.
        tool: The table ``[tool.mlctl]``; None: mlctl did not make this file.
    """

    packages: tuple[LockedPackage, ...]
    tool: Table | None


def parse_pylock(text: str) -> Pylock:
    """Read a lock's text.

    Raises:
        PylockInvalid: It is damaged, or has a part that mlctl does not know.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        why = "It holds a merge conflict." if "\n<<<<<<< " in f"\n{text}" else f"{error}."
        raise PylockInvalid(why, int(at[1]) if at else None) from error
    version = text_of(raw, "lock-version")
    if not version.startswith("1."):
        raise PylockInvalid(f"Its lock-version is {version}; this mlctl reads 1.x.", 1)
    return Pylock(tuple(_packages(raw, text)), _tool(raw))


def text_of(table: Table, key: str) -> str:
    """A required text.

    Raises:
        PylockInvalid: It is missing or something else.
    """
    value = table.get(key)
    if not isinstance(value, str):
        raise PylockInvalid(f'"{key}" must be a text{"" if key in table else ", but is missing"}.')
    return value


def optional_text_of(table: Table, key: str) -> str | None:
    """A text that may be missing."""
    return text_of(table, key) if key in table else None


def texts_of(table: Table, key: str) -> tuple[str, ...]:
    """A list of texts; missing is empty."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PylockInvalid(f'"{key}" must be a list of texts.')
    return tuple(value)


def table_of(table: Table, key: str) -> Table:
    """A required table."""
    value = table.get(key)
    if not isinstance(value, dict):
        raise PylockInvalid(f'"{key}" must be a table.')
    return value


def _tool(raw: Table) -> Table | None:
    tool = table_of(raw, "tool") if "tool" in raw else {}
    return table_of(tool, "mlctl") if "mlctl" in tool else None


def _tables_of(table: Table, key: str) -> Sequence[Table]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise PylockInvalid(f'"{key}" must be a list of tables.')
    return value


def _packages(raw: Table, text: str) -> Iterator[LockedPackage]:
    if "packages" not in raw:
        raise PylockInvalid('"packages" is missing.')
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == "[[packages]]"]
    for index, table in enumerate(_tables_of(raw, "packages")):
        try:
            yield _package(table)
        except PylockInvalid as error:
            where = f"Package {table.get('name', f'number {index + 1}')}: "
            line = lines[index] if index < len(lines) else None
            raise PylockInvalid(where + error.why, line) from error


def _package(table: Table) -> LockedPackage:
    name = text_of(table, "name")
    marker = optional_text_of(table, "marker")
    if marker is not None:
        try:
            check_marker(marker)
        except MarkerInvalid as error:
            raise PylockInvalid(f"The marker {marker!r} cannot be read: {error}.") from error
    artifacts = tuple(_artifacts(table))
    if not artifacts:
        raise PylockInvalid("It names no file that could be installed.")
    return LockedPackage(name, optional_text_of(table, "version") or "", marker, artifacts)


def _artifacts(table: Table) -> Iterator[Artifact]:
    if "directory" in table:
        raise PylockInvalid("It is a folder, whose content no lock can pin.")
    for wheel in _tables_of(table, "wheels"):
        yield _file(wheel, FileKind.WHEEL)
    for kind in (FileKind.SDIST, FileKind.ARCHIVE):
        if kind.value in table:
            yield _file(table_of(table, kind.value), kind)
    if "vcs" in table:
        yield _commit(table_of(table, "vcs"))


def _file(table: Table, kind: FileKind) -> LockedFile:
    url, path = optional_text_of(table, "url"), optional_text_of(table, "path")
    if url is None and path is None:
        raise PylockInvalid('A file has neither "url" nor "path".')
    name = optional_text_of(table, "name") or _base_name(path if url is None else url)
    sha256 = text_of(table_of(table, "hashes"), "sha256")
    if _SHA256.fullmatch(sha256) is None:
        raise PylockInvalid(f"The sha256 of {name} is not 64 hex digits.")
    size = table.get("size")
    return LockedFile(
        kind=kind,
        name=name,
        sha256=sha256,
        url=None if url is None else without_credentials(url),
        path=path if url is None else None,
        size_bytes=size if isinstance(size, int) else None,
        subdirectory=optional_text_of(table, "subdirectory"),
    )


def _commit(table: Table) -> LockedCommit:
    return LockedCommit(
        vcs=text_of(table, "type"),
        url=without_credentials(optional_text_of(table, "url") or text_of(table, "path")),
        commit=text_of(table, "commit-id"),
        subdirectory=optional_text_of(table, "subdirectory"),
    )


def _base_name(location: str | None) -> str:
    return unquote(urlsplit(location or "").path.replace("\\", "/").rpartition("/")[2])
