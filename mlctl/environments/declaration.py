"""An ``environment`` block as far as software goes: what was asked for, and by which line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlctl.core.digest import Digest
from mlctl.environments.asked import Asked
from mlctl.environments.conda import CondaFile
from mlctl.environments.entry import (
    Entry,
    EntryKind,
    Include,
    InField,
    InList,
    Origin,
    Place,
    Problem,
    parse_entry,
)
from mlctl.environments.requirements import RequirementsFile

_PYTHON = re.compile(r"3\.\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What an environment asks for. Files are already read; nothing here touches a disk.

    Attributes:
        name: The environment's name; its lock is ``pylock.<name>.toml``.
        python: ``3.11`` or ``3.11.7``; None: not said.
        requirements: As written.
        requirements_file: See ``load_requirements_file``.
        conda_file: See ``load_conda_file``.
    """

    name: str
    python: str | None = None
    requirements: tuple[str, ...] = ()
    requirements_file: RequirementsFile | None = None
    conda_file: CondaFile | None = None

    @property
    def wanted_python(self) -> str | None:
        """The declared Python, else the one a conda file names, else None."""
        if self.python is None and self.conda_file is not None:
            return self.conda_file.python
        return self.python


@dataclass(frozen=True, slots=True)
class Reading:
    """A declaration, line by line.

    Attributes:
        entries: What a resolver is asked, in order.
        problems: What cannot be used; with any, nothing can be resolved.
    """

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def read_declaration(declaration: Declaration) -> Reading:
    """Take a declaration apart into its lines. Pure, so ``validate`` may use it."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    python = declaration.python
    if python is not None and _PYTHON.fullmatch(python) is None:
        why = 'A Python version is written "3.11" or "3.11.7".'
        problems.append(Problem(InField("python"), python, why))
    for index, text in enumerate(declaration.requirements):
        parsed = _list_entry(text, InList(index))
        if isinstance(parsed, Problem):
            problems.append(parsed)
        elif parsed is not None:
            entries.append(parsed)
    for file in (declaration.requirements_file, declaration.conda_file):
        if file is not None:
            entries += file.entries
            problems += file.problems
    return Reading(tuple(entries), tuple(problems))


def asked(declaration: Declaration) -> Asked:
    """The meaning of a declaration. Lines with problems are left out: they mean nothing."""
    entries = read_declaration(declaration).entries
    return Asked(
        declaration.wanted_python,
        _normal_forms(entries, EntryKind.REQUIREMENT),
        _normal_forms(entries, EntryKind.CONSTRAINT),
        tuple(dict.fromkeys(e.normal for e in entries if e.kind is EntryKind.OPTION)),
    )


def declared_digest(declaration: Declaration) -> Digest:
    """The digest of what was asked for; equal for two ways of asking for the same."""
    return asked(declaration).digest


def _list_entry(text: str, origin: Origin) -> Entry | Problem | None:
    parsed = parse_entry(text, Place(origin))
    if isinstance(parsed, Include):
        return Problem(origin, text, "A file of requirements is named by requirements_file.")
    return parsed


def _normal_forms(entries: tuple[Entry, ...], kind: EntryKind) -> tuple[str, ...]:
    return tuple(sorted({entry.normal for entry in entries if entry.kind is kind}))
