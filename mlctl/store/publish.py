"""Outputs where people look for them: swapped in whole, and known again by their stat."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from mlctl.store import process
from mlctl.store.files import exchange

_MARK = ".mlctl-new"


def swap_in(path: Path, make: Callable[[Path], None]) -> None:
    """Have at ``path`` what ``make`` makes at the place it is given, in one step where possible.

    What was there is removed. What a killed process left beside it is removed, too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in _leftovers(path):
        remove(left)
    beside = path.with_name(
        f".{path.name}.{secrets.token_hex(4)}.{process.current().label()}{_MARK}"
    )
    try:
        make(beside)
        _swap(beside, path)
    finally:
        remove(beside)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def signature(path: Path) -> str | None:
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


def _swap(beside: Path, path: Path) -> None:
    if not os.path.lexists(path) or (_is_plain(beside) and _is_plain(path)):
        beside.replace(path)
    elif not exchange(beside, path):
        # Here, for a moment, there is nothing at the path.
        old = beside.with_name(beside.name.replace(_MARK, f".old{_MARK}"))
        path.rename(old)
        beside.rename(path)
        remove(old)


def _is_plain(path: Path) -> bool:
    return path.is_symlink() or not path.is_dir()


def _leftovers(path: Path) -> Iterator[Path]:
    start = f".{path.name}."
    for other in path.parent.iterdir():
        if other.name.startswith(start) and other.name.endswith(_MARK):
            label = other.name.removeprefix(start).removesuffix(_MARK).partition(".")[2]
            owner = process.Process.from_label(label)
            if owner is not None and owner.is_gone():
                yield other


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
