"""Folders as values: manifests, their digests, and what differs between two of them.

A manifest is the canonical JSON list of a folder's entries, sorted by the names' bytes. This
module knows no disk.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mlctl.core.digest import TREE, Digest, Json, canonical

Manifests = Callable[[Digest], tuple["Entry", ...]]
"""The entries of a folder, by its digest."""


Stamp = tuple[int, int, int, int, int]
"""Inode, size, mtime and ctime in ns, and mode: equal stamps, equal content, with the caveats of
``mlctl.store.clock``."""


class EntryKind(StrEnum):
    """What a name in a folder stands for."""

    FILE = "file"
    PROGRAM = "program"
    FOLDER = "folder"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder.

    Attributes:
        name: Bytes that are not UTF-8 stand in it as lone surrogates (``surrogateescape``).
        kind: ``program`` is a file with an executable bit.
        target: The digest of a file or folder; the text of a link.
        size_bytes: Of the file, or of all files in the folder; 0 for a link.
    """

    name: str
    kind: EntryKind
    target: str
    size_bytes: int

    @property
    def digest(self) -> Digest | None:
        """The content it names; None for a link, which has none."""
        return None if self.kind is EntryKind.LINK else Digest(self.target)


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder as it was found.

    Attributes:
        digest: Of its manifest.
        size_bytes: Of all files together.
        file_count: Files at any depth; links and folders are not counted.
        folders: The entries of this folder and of every one below, by digest.
        large: Stat stamps, when they were hashed, of the files of 1 MiB and more, by path.
    """

    digest: Digest
    size_bytes: int
    file_count: int
    folders: Mapping[Digest, tuple[Entry, ...]]
    large: Mapping[str, Stamp] = field(default_factory=dict, compare=False)

    def listing(self) -> dict[str, Entry]:
        """Every leaf by its relative path: files, links, and folders that are empty."""
        return dict(leaves(self.digest, self.folders.__getitem__))


@dataclass(frozen=True, slots=True)
class TreeDiff:
    """Relative paths of leaves that differ, each list in byte order.

    A leaf is a file, a link, or an empty folder; the path of the last ends in ``/``. A file in
    whose place there is now a folder is removed, and the folder's leaves are added.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def name_bytes(name: str) -> bytes:
    """A name or path as the bytes it has on a POSIX disk."""
    return name.encode("utf-8", "surrogateescape")


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries as a manifest has them: sorted by the names' bytes."""
    return tuple(sorted(entries, key=lambda entry: name_bytes(entry.name)))


def encode(entries: Iterable[Entry]) -> bytes:
    """The one spelling of a folder's manifest, whatever order the entries come in."""
    rows: list[Json] = [
        [entry.name, entry.kind.value, entry.target, entry.size_bytes]
        for entry in in_order(entries)
    ]
    return canonical(rows)


def decode(manifest: bytes) -> tuple[Entry, ...]:
    """Read what ``encode`` wrote.

    Raises:
        ValueError: It is not a manifest.
    """
    try:
        rows = json.loads(manifest.decode("utf-8", "surrogatepass"))
        return tuple(
            Entry(name, EntryKind(kind), target, size) for name, kind, target, size in rows
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"not a folder's manifest: {error}") from error


def tree_digest(manifest: bytes) -> Digest:
    """The digest of the folder that has this manifest."""
    return Digest(f"{TREE}:{hashlib.sha256(manifest).hexdigest()}")


def leaves(of: Digest, manifests: Manifests, prefix: str = "") -> Iterator[tuple[str, Entry]]:
    """Files, links and empty folders (``path/``) of a tree, depth first in byte order.

    The folder itself is no leaf of its own, even when it is empty.
    """
    for entry in manifests(of):
        yield from _leaves_of(entry, manifests, prefix)


def diff_trees(before: Digest, after: Digest, manifests: Manifests) -> TreeDiff:
    """What differs between two folders. Equal subfolders are not looked into."""
    found = _Differences(manifests)
    found.compare(before, after, "")
    return TreeDiff(
        added=tuple(sorted(found.added, key=name_bytes)),
        removed=tuple(sorted(found.removed, key=name_bytes)),
        changed=tuple(sorted(found.changed, key=name_bytes)),
    )


def _leaves_of(entry: Entry, manifests: Manifests, prefix: str) -> Iterator[tuple[str, Entry]]:
    path = prefix + entry.name
    if entry.kind is not EntryKind.FOLDER:
        yield path, entry
    elif manifests(Digest(entry.target)):
        yield from leaves(Digest(entry.target), manifests, path + "/")
    else:
        yield path + "/", entry


class _Differences:
    """Paths that differ, gathered on the way down."""

    def __init__(self, manifests: Manifests) -> None:
        self._manifests = manifests
        self.added: list[str] = []
        self.removed: list[str] = []
        self.changed: list[str] = []

    def compare(self, before: Digest, after: Digest, prefix: str) -> None:
        if before == after:
            return
        old = {entry.name: entry for entry in self._manifests(before)}
        new = {entry.name: entry for entry in self._manifests(after)}
        for name in old.keys() | new.keys():
            self._compare_entries(old.get(name), new.get(name), prefix)

    def _compare_entries(self, old: Entry | None, new: Entry | None, prefix: str) -> None:
        if old == new:
            return
        if old is None or new is None or self._is_branch(old) != self._is_branch(new):
            self._gather(old, prefix, self.removed)
            self._gather(new, prefix, self.added)
        elif self._is_branch(old):
            self.compare(Digest(old.target), Digest(new.target), f"{prefix}{new.name}/")
        elif EntryKind.FOLDER in {old.kind, new.kind}:
            self._gather(old, prefix, self.removed)
            self._gather(new, prefix, self.added)
        else:
            self.changed.append(prefix + new.name)

    def _gather(self, entry: Entry | None, prefix: str, into: list[str]) -> None:
        if entry is not None:
            into.extend(path for path, _ in _leaves_of(entry, self._manifests, prefix))

    def _is_branch(self, entry: Entry) -> bool:
        """True for a folder that has something in it."""
        return entry.kind is EntryKind.FOLDER and bool(self._manifests(Digest(entry.target)))
