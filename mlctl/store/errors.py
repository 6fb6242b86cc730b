"""What a store can refuse."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlctl.core.errors import MissingContent, MlctlError


class StoreError(MlctlError):
    """The store, or what was to go into it, is not as it must be."""


@dataclass(eq=False)
class StoreFull(StoreError):
    """The disk has no room. What was in the store before is still there and whole.

    Attributes:
        mount: Where the full file system, or the one with the used-up quota, is mounted.
        free_bytes: What an unprivileged user could still write; None when it cannot be asked.
        needed_bytes: Of what was to be written; None when unknown.
    """

    mount: Path
    free_bytes: int | None
    needed_bytes: int | None

    hint = "Free some space there, or move the store to a larger disk."

    def __str__(self) -> str:
        needed = "" if self.needed_bytes is None else f", {_size(self.needed_bytes)} needed"
        free = "" if self.free_bytes is None else f" ({_size(self.free_bytes)} free{needed})"
        return f"no space left on {self.mount}{free}"


@dataclass(eq=False)
class StoreUnwritable(StoreError):
    """The store can be read at best: its folder, or its file system, is read-only."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path} cannot be written: {self.why}"


@dataclass(eq=False)
class CorruptContent(MissingContent):
    """A blob's bytes are not what its name says. It was moved away and counts as missing.

    Attributes:
        quarantined: Where it is now; None when it could not be moved.
    """

    quarantined: Path | None

    def __str__(self) -> str:
        where = f"; it was moved to {self.quarantined}" if self.quarantined else ""
        return f"the stored content of {self.digest} is damaged{where}"


@dataclass(eq=False)
class Unstorable(StoreError):
    """Something that has no content that could be kept, such as a socket."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path} cannot be stored: {self.why}"


@dataclass(eq=False)
class Unreadable(StoreError):
    """A file or folder that must be read cannot be."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path} cannot be read: {self.why}"


@dataclass(eq=False)
class SourceMoved(StoreError):
    """A file or folder changed while it was being read."""

    path: Path

    hint = "Wait until nothing writes there, then try again."

    def __str__(self) -> str:
        return f"{self.path} changed while it was being read"


def _size(count: int) -> str:
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
