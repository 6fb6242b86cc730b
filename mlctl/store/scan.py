"""From files to digests: what is there now, reading only what changed.

Knows the disk and the stat cache; knows no store.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.core.digest import FILE, Digest
from mlctl.core.job import Artifact
from mlctl.store.clock import racy_window_ns
from mlctl.store.errors import SourceMoved, StoreError, Unreadable, Unstorable
from mlctl.store.hashing import CHUNK_BYTES, hash_file, on_threads, stamp
from mlctl.store.ignore import Ignore
from mlctl.store.statcache import Known, StatCache
from mlctl.store.tree import Entry, EntryKind, Stamp, Tree, encode, in_order, tree_digest

MAX_DEPTH = 200
"""Folders in folders; each level holds a file handle while it is walked."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_EXECUTABLE = 0o111

Adopt = Callable[[str], Artifact | None]
"""The file that a link stands for, by the link's text; None: it is a link like any other."""


class Scanner:
    """Gives files and folders their digests. Safe to use from several threads.

    Files of 1 MiB and more are hashed on one thread a processor, smaller ones on the way: for
    those the threads would only wait for each other.
    """

    def __init__(self, cache: StatCache | None = None, adopt: Adopt | None = None) -> None:
        """Make one.

        Args:
            cache: What is known from earlier scans; None: read everything.
            adopt: Sees links for which the file they lead to is to be taken.
        """
        self._cache = cache or StatCache(None)
        self._adopt = adopt

    def tree(self, path: Path, ignore: Ignore | None = None) -> Tree:
        """The folder at ``path``, which may be a link to one.

        Args:
            path: The folder.
            ignore: What to leave out; None: nothing at all.

        Raises:
            FileNotFoundError: Nothing is there.
            NotADirectoryError: It is no folder.
            Unstorable: It holds a socket, a pipe or a device, or is too deep.
            Unreadable: Something in it may not be read.
            SourceMoved: It changes all the time.
        """
        return _Scan(self._cache, ignore, self._adopt).run(os.path.abspath(path))  # noqa: PTH100

    def file(self, path: Path) -> Artifact:
        """The file at ``path``, which may be a link to one.

        Raises:
            FileNotFoundError: Nothing is there.
            IsADirectoryError: It is a folder.
            Unstorable: It is a socket, a pipe or a device.
            Unreadable: It may not be read.
            SourceMoved: It changes all the time.
        """
        place = os.path.abspath(path)  # noqa: PTH100
        seen = os.stat(place)  # noqa: PTH116
        if stat.S_ISDIR(seen.st_mode):
            raise IsADirectoryError(place)
        _refuse_special(seen.st_mode, place)
        known = self._cache.file(place)
        if known is not None and known[0] == stamp(seen):
            return Artifact(_file_digest(known[1]), seen.st_size)
        started_ns = time.time_ns()
        try:
            found, seen = hash_file(place)
        except OSError as error:
            raise _trouble(path, error) from error
        if _is_settled(seen, started_ns):
            self._cache.put_file(place, (stamp(seen), found))
        return Artifact(_file_digest(found), seen.st_size)


@dataclass(slots=True)
class _Folder:
    """A folder on the way to its manifest.

    Attributes:
        path: Absolute.
        below: Relative to the root, ending in ``/``; empty for the root.
        known: From the cache.
        fresh: For the cache: what holds now.
        left_out: The rules left something in it out.
    """

    path: str
    below: str
    known: dict[str, Known]
    fresh: dict[str, Known] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    folders: dict[str, _Folder] = field(default_factory=dict)
    left_out: bool = False


class _Scan:
    """One pass over one tree."""

    def __init__(self, cache: StatCache, ignore: Ignore | None, adopt: Adopt | None) -> None:
        self._cache = cache
        self._ignore = ignore
        self._adopt = adopt
        self._large: list[tuple[_Folder, str]] = []
        self._stale: dict[str, dict[str, Known]] = {}
        self._manifests: dict[Digest, tuple[Entry, ...]] = {}
        self._stamps: dict[str, Stamp] = {}
        self._file_count = 0

    def run(self, path: str) -> Tree:
        handle = os.open(path, _FOLDER)
        try:
            root = self._walk(handle, path, "", 0)
        finally:
            os.close(handle)
        on_threads(self._hash_large, self._large)
        self._gather_stale(root)
        top = self._finish(root, "")
        self._cache.put_folders(self._stale)
        return Tree(
            digest=Digest(top.target),
            size_bytes=top.size_bytes,
            file_count=self._file_count,
            folders=self._manifests,
            large=self._stamps,
        )

    def _walk(self, handle: int, path: str, below: str, depth: int) -> _Folder:
        if depth > MAX_DEPTH:
            raise Unstorable(Path(path), f"folders are more than {MAX_DEPTH} deep")
        folder = _Folder(path, below, self._cache.folder(path))
        for name in os.listdir(handle):
            try:
                self._look(handle, folder, name, depth)
            except OSError as error:
                raise _trouble(Path(path, name), error) from error
        return folder

    def _look(self, handle: int, folder: _Folder, name: str, depth: int) -> None:
        seen = os.stat(name, dir_fd=handle, follow_symlinks=False)
        is_folder = stat.S_ISDIR(seen.st_mode)
        if self._ignore is not None and self._ignore.leaves_out(
            folder.below + name, is_folder=is_folder
        ):
            folder.left_out = True
            # The same folder may be scanned without these rules, too.
            if name in folder.known:
                folder.fresh[name] = folder.known[name]
        elif stat.S_ISREG(seen.st_mode):
            self._look_at_file(handle, folder, name, seen)
        elif is_folder:
            inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=handle)
            try:
                below = f"{folder.below}{name}/"
                folder.folders[name] = self._walk(inner, f"{folder.path}/{name}", below, depth + 1)
            finally:
                os.close(inner)
        elif stat.S_ISLNK(seen.st_mode):
            self._look_at_link(folder, name, os.readlink(name, dir_fd=handle))
        else:
            _refuse_special(seen.st_mode, f"{folder.path}/{name}")

    def _look_at_file(self, handle: int, folder: _Folder, name: str, seen: os.stat_result) -> None:
        known = folder.known.get(name)
        if known is not None and known[0] == stamp(seen):
            folder.fresh[name] = known
            self._add_file(folder, name, known[1], seen)
        elif seen.st_size >= CHUNK_BYTES:
            self._large.append((folder, name))
        else:
            self._hash(folder, name, name, handle)

    def _hash_large(self, item: tuple[_Folder, str]) -> None:
        folder, name = item
        try:
            self._hash(folder, name, f"{folder.path}/{name}", None)
        except OSError as error:
            raise _trouble(Path(folder.path, name), error) from error

    def _hash(self, folder: _Folder, name: str, path: str, handle: int | None) -> None:
        started_ns = time.time_ns()
        found, seen = hash_file(path, handle, follow=False)
        if _is_settled(seen, started_ns):
            folder.fresh[name] = (stamp(seen), found)
        self._add_file(folder, name, found, seen)

    def _look_at_link(self, folder: _Folder, name: str, text: str) -> None:
        content = self._adopt(text) if self._adopt is not None else None
        if content is None:
            folder.entries.append(Entry(name, EntryKind.LINK, text, 0))
            return
        program = os.stat(text).st_mode & _EXECUTABLE  # noqa: PTH116
        kind = EntryKind.PROGRAM if program else EntryKind.FILE
        folder.entries.append(Entry(name, kind, content.digest, content.size_bytes))

    def _add_file(self, folder: _Folder, name: str, found: str, seen: os.stat_result) -> None:
        kind = EntryKind.PROGRAM if seen.st_mode & _EXECUTABLE else EntryKind.FILE
        folder.entries.append(Entry(name, kind, _file_digest(found), seen.st_size))
        if seen.st_size >= CHUNK_BYTES:
            self._stamps[folder.below + name] = stamp(seen)

    def _finish(self, folder: _Folder, name: str) -> Entry:
        inner = [self._finish(inside, name) for name, inside in self._kept(folder)]
        ordered = in_order([*folder.entries, *inner])
        found = tree_digest(encode(ordered))
        self._manifests[found] = ordered
        self._file_count += sum(entry.kind is not EntryKind.LINK for entry in folder.entries)
        size_bytes = sum(entry.size_bytes for entry in ordered)
        return Entry(name, EntryKind.FOLDER, found, size_bytes)

    def _gather_stale(self, folder: _Folder) -> None:
        if folder.fresh != folder.known:
            self._stale[folder.path] = folder.fresh
        for inside in folder.folders.values():
            self._gather_stale(inside)

    def _kept(self, folder: _Folder) -> list[tuple[str, _Folder]]:
        return [item for item in folder.folders.items() if not self._is_left_out(item[1])]

    def _is_left_out(self, folder: _Folder) -> bool:
        """True when all that a folder has is left out, such as ``old_package/__pycache__``.

        A folder that has nothing in it is content like any other.
        """
        had_more = folder.left_out or bool(folder.folders)
        return had_more and not folder.entries and not self._kept(folder)


def _file_digest(found: str) -> Digest:
    return Digest(f"{FILE}:{found}")


def _is_settled(seen: os.stat_result, started_ns: int) -> bool:
    """True when any later write must show in the stat.

    Every write moves ctime, which only the kernel sets. Unless it is older than the clock is
    coarse, a write right after the hashing could leave it as it is.
    """
    return seen.st_ctime_ns < started_ns - racy_window_ns(seen.st_dev)


def _trouble(path: Path, error: OSError) -> StoreError:
    """What it means that something that was listed a moment ago cannot be read."""
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
        return SourceMoved(path)
    return Unreadable(path, os.strerror(error.errno or 0))


def _refuse_special(mode: int, path: str) -> None:
    kinds = {
        stat.S_IFSOCK: "it is a socket",
        stat.S_IFIFO: "it is a pipe",
        stat.S_IFCHR: "it is a device",
        stat.S_IFBLK: "it is a device",
    }
    why = kinds.get(stat.S_IFMT(mode))
    if why is not None:
        raise Unstorable(Path(path), why)
