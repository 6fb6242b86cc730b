"""What can go wrong between mlctl and its own records, in whole sentences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlctl.core.errors import MlctlError


@dataclass
class StateDamaged(MlctlError):
    """A state, as stored, is not one.

    Attributes:
        where: The file or object.
        why: What is wrong, with line or offset where known.
        hint: What can be put in its place, if anything.
    """

    where: str
    why: str
    hint: str = ""

    def __str__(self) -> str:
        return f"the state {self.where} is damaged: {self.why}"


@dataclass
class StateTooNew(MlctlError):
    """A state was written by a later mlctl."""

    where: str
    version: int
    known: int
    mlctl_version: str

    hint = "Use that version of mlctl or a later one. Nothing was changed."

    def __str__(self) -> str:
        by = f" by mlctl {self.mlctl_version}" if self.mlctl_version else ""
        return (
            f"the state {self.where} has format {self.version}, written{by}; "
            f"this mlctl knows formats up to {self.known}"
        )


@dataclass
class StateUnreadable(MlctlError):
    """A state is there but cannot be read."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"the state {self.where} cannot be read: {self.why}"


@dataclass
class StateNotSaved(MlctlError):
    """A state could not be replaced; the old one is untouched."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"the state {self.where} could not be saved: {self.why}"


@dataclass
class StateMoved(MlctlError):
    """Somebody else saved the state since it was read."""

    where: str
    expected: str
    found: str

    hint = "Run the command again: it starts from the state as it now is."

    def __str__(self) -> str:
        return f"the state {self.where} was changed meanwhile: {self.found}, not {self.expected}"


@dataclass
class JournalFull(MlctlError):
    """An event could not be written to the journal; the lines before it are whole."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"the journal {self.path} cannot be written: {self.why}"


@dataclass
class JournalDamaged(MlctlError):
    """A line of a journal, not its last, is not an event."""

    path: Path
    line: int
    why: str

    def __str__(self) -> str:
        return f"the journal {self.path} is damaged in line {self.line}: {self.why}"


@dataclass
class LockUnusable(MlctlError):
    """A lock can neither be taken nor be found taken."""

    where: str
    why: str

    hint = "Where nobody else works on this state, --lock=false does without the lock."

    def __str__(self) -> str:
        return f"the lock {self.where} cannot be used: {self.why}"
