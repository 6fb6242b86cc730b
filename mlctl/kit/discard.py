"""Folders that nobody needs any more: out of the way at once, removed when it disturbs nobody.

A file system may remember what was removed a moment ago and look past all of it whenever something
is made (ext4 without a journal does, for minutes). Between a thousand jobs of milliseconds each
removal would then make every later job dearer, so small folders wait until the last job is done.
"""

from __future__ import annotations

import os
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path

from mlctl.kit import trees

SMALL_BYTES, SMALL_COUNT = 64 * 1024, 64
"""What a folder may hold to be kept for a while: more is given back to the disk at once."""
KEPT = 4096
"""Folders that are kept at most."""
HANDED_OVER = 64
"""With so many left at the end, a program of the system removes them while people go on."""

_REMOVER = "/bin/rm"


@dataclass(slots=True)
class _Kept:
    folder: Path = Path()
    maker: int = 0
    count: int = 0


class Discards:
    """Takes folders away. Safe to use from several threads.

    What is kept goes when this object does, at the latest when Python ends; if it is much, a moment
    later. What a process that was killed kept is removed by the next one that takes a folder away
    in the same place.
    """

    def __init__(self, place: Path) -> None:
        """Make one; nothing is made on the disk yet.

        Args:
            place: A folder on the same file system as what will be taken away.
        """
        self._name = place / "discarded"
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._removal: weakref.finalize[[_Kept], Discards] | None = None
        self._kept = _Kept()

    def take(self, path: Path) -> None:
        """Have nothing at ``path`` any more. Nothing there: done."""
        if not _is_small(path) or not self._keep(path):
            trees.remove_whole(path)

    def empty(self) -> None:
        """Remove everything that is kept."""
        with self._lock:
            removal, self._removal = self._removal, None
            folder, self._folder = self._folder, None
        if removal is not None and folder is not None:
            removal.detach()
            trees.remove(folder)

    def _keep(self, path: Path) -> bool:
        try:
            with self._lock:
                kept = self._own_folder() / str(self._kept.count)
                self._kept.count += 1
                is_full = self._kept.count >= KEPT
                os.rename(path, kept)  # noqa: PTH104 - once a job
        except OSError:
            return False  # a full disk, another file system, or gone already: removing tells
        if is_full:
            self.empty()
        return True

    def _own_folder(self) -> Path:
        if self._folder is None:
            for left in trees.leftovers(self._name):
                trees.remove(left)
            folder = trees.sibling(self._name)
            folder.mkdir(mode=0o700)
            self._folder = folder
            self._kept = _Kept(folder, os.getpid())
            self._removal = weakref.finalize(self, _remove_at_the_end, self._kept)
        return self._folder


def _remove_at_the_end(kept: _Kept) -> None:
    # A fork that ends as Python does must not take away what its parent still fills.
    if os.getpid() == kept.maker and (kept.count < HANDED_OVER or not _handed_over(kept.folder)):
        trees.remove(kept.folder)


def _handed_over(folder: Path) -> bool:
    """True when a process of its own removes the folder from here on."""
    files = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    try:
        os.posix_spawn(
            _REMOVER, [_REMOVER, "-rf", str(folder)], {}, file_actions=files, setsid=True
        )
    except (OSError, NotImplementedError):
        return False
    return True


def _is_small(path: Path) -> bool:
    """True when little would be gained by removing it now."""
    folders, count, size_bytes = [str(path)], 0, 0
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        size_bytes += entry.stat(follow_symlinks=False).st_size
        except OSError:
            return False
        if count > SMALL_COUNT or size_bytes > SMALL_BYTES:
            return False
    return True
