"""One line of a requirements list or file: what it asks for, and its normal form.

Equal normal forms mean the same to a resolver. What a line says is decided here; where lines come
from is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from posixpath import join, normpath


@dataclass(frozen=True, slots=True)
class InField:
    """An attribute of the ``environment`` block as a whole."""

    name: str


@dataclass(frozen=True, slots=True)
class InList:
    """An element of ``requirements``, counted from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class InFile:
    """A line of a file, counted from 1; the path is relative to the configuration's folder."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"


Origin = InField | InList | InFile
"""Where something was asked for, so that a message can point there."""


class EntryKind(StrEnum):
    """What a line asks."""

    REQUIREMENT = "requirement"
    CONSTRAINT = "constraint"
    OPTION = "option"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that asks for something.

    Attributes:
        text: As the resolver is to get it.
        normal: Equal for lines that mean the same; holds no credentials.
        name: The package's normalised name; None for options and unnamed wheels.
        is_source: It names a source by URL, so that resolving it runs its build code.
    """

    origin: Origin
    kind: EntryKind
    text: str
    normal: str
    name: str | None = None
    is_source: bool = False


@dataclass(frozen=True, slots=True)
class Include:
    """``-r`` or ``-c``: the lines of another file, as requirements or as constraints."""

    path: str
    kind: EntryKind


@dataclass(frozen=True, slots=True)
class Problem:
    """Something written that cannot be used.

    Attributes:
        text: The line, as written.
        why: A whole sentence.
    """

    origin: Origin
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands.

    Attributes:
        folder: Relative paths in the line start here; it is itself relative to the
            configuration's folder.
    """

    origin: Origin
    kind: EntryKind = EntryKind.REQUIREMENT
    folder: str = ""


_COMMENT = re.compile(r"(?:^|\s+)#.*$")
_HASH = re.compile(r"\s--hash[=\s]\s*(\S+)")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_LONG = {
    "-i": "--index-url",
    "-f": "--find-links",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
}
_INCLUDES = {"--requirement": EntryKind.REQUIREMENT, "--constraint": EntryKind.CONSTRAINT}
_WITH_VALUE = ("--index-url", "--extra-index-url", "--find-links", "--no-binary", "--only-binary")
_FLAGS = ("--no-index", "--pre")
# What these ask for is done always: every file is locked with its hash, wheels come first.
_ALWAYS_ON = ("--require-hashes", "--prefer-binary")
_NOT_LOCKABLE = (
    "A folder has no content a lock could pin. Build a wheel of it and name the wheel, "
    "or put it in the component's code."
)


def without_credentials(text: str) -> str:
    """The text with user and password taken out of every URL in it."""
    return _CREDENTIALS.sub("", text)


def parse_entry(line: str, place: Place) -> Entry | Include | Problem | None:
    """Read one logical line; None when it says nothing."""
    text = _COMMENT.sub("", line).strip()
    if not text:
        return None
    if text.startswith("-"):
        return _option(text, place)
    if _is_location(text):
        return _location(text, place)
    return _named(text, place)


def is_local(location: str) -> bool:
    """True for a path on this machine, as opposed to a URL."""
    return "://" not in location


def _option(text: str, place: Place) -> Entry | Include | Problem | None:
    head, _, value = text.replace("=", " ", 1).partition(" ")
    # `-rfile` is one word in pip's grammar.
    if not head.startswith("--") and len(head) > 2:
        head, value = head[:2], head[2:]
    name, value = _LONG.get(head, head), value.strip().strip("'\"")
    if name in _ALWAYS_ON:
        return None
    if name == "--editable":
        return Problem(place.origin, text, _NOT_LOCKABLE)
    if name not in (*_WITH_VALUE, *_FLAGS, *_INCLUDES):
        return Problem(place.origin, text, f"mlctl does not know the option {name}.")
    if (name in _FLAGS) == bool(value):
        wanted = "takes no value" if name in _FLAGS else "needs a value"
        return Problem(place.origin, text, f"The option {name} {wanted}.")
    if name in _INCLUDES:
        return Include(_rebased(value, place), _INCLUDES[name])
    return _known_option(name, value, place)


def _known_option(name: str, value: str, place: Place) -> Entry:
    if name == "--find-links":
        value = _rebased(value, place)
    if name in ("--no-binary", "--only-binary"):
        value = ",".join(sorted(_normal_name(part) for part in value.split(",")))
    text = f"{name} {value}".strip()
    return Entry(place.origin, EntryKind.OPTION, text, without_credentials(text))


def _is_location(text: str) -> bool:
    before_marker = text.split(";")[0].strip()
    named = " @ " in before_marker
    looks = before_marker.startswith((".", "/", "~")) or before_marker.endswith(
        (".whl", ".tar.gz", ".zip", "/")
    )
    return not named and (looks or "://" in before_marker)


def _location(text: str, place: Place) -> Entry | Problem:
    location, semicolon, marker = (part.strip() for part in text.partition(";"))
    if not location.split("#")[0].endswith(".whl"):
        if is_local(location) and not location.endswith((".tar.gz", ".zip")):
            return Problem(place.origin, text, _NOT_LOCKABLE)
        return Problem(place.origin, text, f'Say which package this is: "NAME @ {location}".')
    whole = _rebased(location, place) + (f" ; {marker}" if semicolon else "")
    return Entry(place.origin, place.kind, whole, without_credentials(whole))


def _named(text: str, place: Place) -> Entry | Problem:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    hashes = sorted(_HASH.findall(text))
    try:
        asked = Requirement(_HASH.sub("", text))
    except InvalidRequirement as error:
        return Problem(place.origin, text, f"This is not a requirement (PEP 508): {_why(error)}.")
    name = str(canonicalize_name(asked.name))
    extras = ",".join(sorted(str(canonicalize_name(extra)) for extra in asked.extras))
    parts = [name + (f"[{extras}]" if extras else "") + str(asked.specifier)]
    parts += [f"@ {without_credentials(asked.url)}"] if asked.url else []
    parts += [f"; {asked.marker}"] if asked.marker else []
    parts += [f"--hash={value}" for value in hashes]
    is_source = asked.url is not None and not asked.url.split("#")[0].endswith(".whl")
    return Entry(place.origin, place.kind, text, " ".join(parts), name, is_source)


def _why(error: Exception) -> str:
    """The first line of packaging's message; the rest draws the line again."""
    return str(error).splitlines()[0].rstrip(".")


def _normal_name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _rebased(location: str, place: Place) -> str:
    """A relative path as it reads from the configuration's folder; anything else as it is."""
    if not is_local(location) or location.startswith(("/", "~", "$")):
        return location
    path = normpath(join(place.folder, location))
    # A bare name would be taken for a package.
    return path if path.startswith((".", "/")) else f"./{path}"
