"""Requirements files, read to the lines that have an effect: includes followed, comments gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname, normpath

from mlctl.environments.entry import (
    Entry,
    EntryKind,
    Include,
    InField,
    InFile,
    Origin,
    Place,
    Problem,
    parse_entry,
)
from mlctl.environments.sourcefile import SourceUnreadable, read_source


@dataclass(frozen=True, slots=True)
class RequirementsFile:
    """A requirements file together with all it includes.

    Attributes:
        path: As the configuration names it.
        entries: In the order in which a resolver would read them.
        problems: Lines that cannot be used, and files that cannot be read.
    """

    path: str
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()


def load_requirements_file(root: Path, path: str) -> RequirementsFile:
    """Read a requirements file and what it includes.

    Args:
        root: The configuration's folder; ``path`` is relative to it.
        path: As the configuration names it.
    """
    found: list[Entry] = []
    problems: list[Problem] = []
    first = _Visit(root, normpath(path), EntryKind.REQUIREMENT, InField("requirements_file"), ())
    for item in _walk(first):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            found.append(item)
    return RequirementsFile(path, tuple(found), tuple(problems))


@dataclass(frozen=True, slots=True)
class _Visit:
    root: Path
    path: str
    kind: EntryKind
    asked_by: Origin
    above: tuple[str, ...]


def _walk(visit: _Visit) -> Iterator[Entry | Problem]:
    if visit.path in visit.above:
        chain = " -> ".join((*visit.above, visit.path))
        yield Problem(visit.asked_by, visit.path, f"The file includes itself: {chain}.")
        return
    try:
        text = read_source(visit.root, visit.path)
    except SourceUnreadable as error:
        yield Problem(visit.asked_by, visit.path, str(error))
        return
    for number, line in logical_lines(text):
        yield from _line(line, InFile(visit.path, number), visit)


def _line(line: str, origin: InFile, visit: _Visit) -> Iterator[Entry | Problem]:
    parsed = parse_entry(line, Place(origin, visit.kind, dirname(visit.path)))
    match parsed:
        case Include(path, kind):
            # What a constraints file includes constrains too.
            kind = visit.kind if visit.kind is EntryKind.CONSTRAINT else kind
            above = (*visit.above, visit.path)
            yield from _walk(_Visit(visit.root, normpath(path), kind, origin, above))
        case Entry() | Problem():
            yield parsed
        case None:
            return


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    r"""Lines with ``\`` continuations joined, each with the number of its first line."""
    gathered, start = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if not gathered:
            start = number
        if line.endswith("\\"):
            gathered += line[:-1] + " "
            continue
        yield start, gathered + line
        gathered = ""
    if gathered:
        yield start, gathered
