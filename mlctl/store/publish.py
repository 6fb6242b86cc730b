"""Outputs where people look for them: swapped in whole, and known again by their stat."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from mlctl.core.digest import Digest, is_tree
from mlctl.store import process
from mlctl.store.errors import StoreError
from mlctl.store.files import exchange, refusals
from mlctl.store.index import Index
from mlctl.store.scan import Scanner

_MARK = ".mlctl-new"

Make = Callable[[Digest, Path], None]
"""Puts read-only content at a path where nothing is."""


class Publisher:
    """Keeps content at paths that are not the store's."""

    def __init__(self, index: Index, make: Make) -> None:
        """Make one.

        Args:
            index: Remembers what was published.
            make: Gets content out of the store.
        """
        self._index = index
        self._make = make
        self._swept: set[Path] = set()

    def publish(self, digest: Digest, path: Path) -> None:
        """Replace what is at ``path``; in one step, where the system can swap two names.

        Raises:
            MissingContent: The store lacks some of it; what was there is still there.
            StoreFull: The disk is full; what was there is still there.
            StoreUnwritable: The folder cannot be written.
        """
        label = process.current().label()
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.{label}{_MARK}")
        with refusals(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._sweep(path.parent)
            try:
                self._make(digest, beside)
                _swap(beside, path)
            finally:
                _remove(beside)
        self._remember(digest, path)

    def is_published(self, digest: Digest, path: Path) -> bool:
        """True when ``path`` holds this content, by its stat or else by its bytes."""
        now = _signature(path)
        if now is None:
            return False
        if self._index.published(path) == (digest, now):
            return True
        if _found_at(path, digest) != digest:
            return False
        self._remember(digest, path)
        return True

    def _remember(self, digest: Digest, path: Path) -> None:
        found = _signature(path)
        if found is not None:
            self._index.put_published(path, digest, found)

    def _sweep(self, folder: Path) -> None:
        """Remove what killed processes left in a folder; once, for it may hold thousands."""
        if folder in self._swept:
            return
        self._swept.add(folder)
        for other in list(folder.iterdir()):
            if other.name.endswith(_MARK) and _is_abandoned(other.name):
                _remove(other)


def _is_abandoned(name: str) -> bool:
    # The published name may hold dots itself; the label has four parts, the last may hold more.
    parts = name.removesuffix(_MARK).split(".")
    labels = (".".join(parts[start:]) for start in range(len(parts)))
    owners = (process.Process.from_label(label) for label in labels)
    return any(owner is not None and owner.is_gone() for owner in owners)


def _found_at(path: Path, like: Digest) -> Digest | None:
    if path.is_symlink() or path.is_dir() != is_tree(like):
        return None
    try:
        return Scanner().tree(path).digest if is_tree(like) else Scanner().file(path).digest
    except (StoreError, OSError):
        return None  # a pipe, or somebody is at work there: not what was published


def _signature(path: Path) -> str | None:
    """A digest over the stats of everything at ``path``; None when something is not there.

    The ctime of a file with several names is left out: it moves whenever the blob it shares is
    linked to another place.
    """
    hasher = hashlib.sha256()
    try:
        for line in _stats(str(path), "", os.lstat(path)):
            hasher.update(line.encode("utf-8", "surrogateescape"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return hasher.hexdigest()


def _stats(path: str, below: str, seen: os.stat_result) -> Iterator[str]:
    ctime_ns = seen.st_ctime_ns if seen.st_nlink == 1 else 0
    if stat.S_ISDIR(seen.st_mode):
        yield f"{below}\0{seen.st_mode}\n"
        for name in sorted(os.listdir(path)):  # noqa: PTH208
            inner = f"{path}/{name}"
            yield from _stats(inner, f"{below}/{name}", os.lstat(inner))
    else:
        numbers = (seen.st_mode, seen.st_ino, seen.st_size, seen.st_mtime_ns, ctime_ns)
        yield f"{below}\0{numbers}\n"


def _swap(beside: Path, path: Path) -> None:
    if not os.path.lexists(path) or (_is_plain(beside) and _is_plain(path)):
        beside.replace(path)
    elif not exchange(beside, path):
        # Here, for a moment, there is nothing at the path.
        old = beside.with_name("." + beside.name)
        path.rename(old)
        beside.rename(path)
        _remove(old)


def _is_plain(path: Path) -> bool:
    return path.is_symlink() or not path.is_dir()


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
