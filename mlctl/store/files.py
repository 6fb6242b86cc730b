"""What the operating system offers beyond the standard library, and how it says no."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mlctl.store.errors import StoreError, StoreFull, StoreUnwritable

_FICLONE = 0x40049409  # <linux/fs.h>: share the other file's extents
_RENAME_EXCHANGE = 2  # <linux/fs.h>: renameat2 swaps the two names
_AT_FDCWD = -100
_FULL = {errno.ENOSPC, errno.EDQUOT}
_UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}
_SYNC_EACH = 32
"""Up to here an fsync each is cheaper than ``syncfs``, which also waits for other people's data."""


@contextmanager
def refusals(place: Path, needed_bytes: int | None = None) -> Iterator[None]:
    """Turn the system's refusal to write below ``place`` into one that names the trouble.

    Raises:
        StoreFull: The disk or the quota is used up.
        StoreUnwritable: Permissions or a read-only mount are in the way.
    """
    try:
        yield
    except OSError as error:
        refusal = _refusal(error, place, needed_bytes)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: OSError, place: Path, needed_bytes: int | None) -> StoreError | None:
    if error.errno in _FULL:
        mount = mount_of(place)
        return StoreFull(mount, free_bytes(mount), needed_bytes)
    if error.errno in _UNWRITABLE:
        return StoreUnwritable(place, os.strerror(error.errno or 0))
    return None


def mount_of(path: Path) -> Path:
    """Where the file system that holds ``path``, or will hold it, is mounted."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow a link away
    for place in (absolute, *absolute.parents):
        if os.path.ismount(place):
            return place
    return Path(absolute.anchor)


def free_bytes(path: Path) -> int | None:
    """What an unprivileged user may still write there; None when it cannot be asked."""
    try:
        seen = os.statvfs(path)
    except OSError:
        return None
    return seen.f_bavail * seen.f_frsize


def clone(source: int, target: int) -> bool:
    """Let the open file ``target`` share the bytes of ``source``; False when it cannot be done."""
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False  # another file system, or one that shares nothing: the caller copies
    return True


def exchange(one: Path, other: Path) -> bool:
    """Swap two names at once; False, and nothing done, where the system cannot."""
    rename = getattr(_libc(), "renameat2", None)
    if rename is None:
        return False
    names = os.fsencode(one), os.fsencode(other)
    status: int = rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    return status == 0


def sync_file(path: Path | str) -> None:
    """Have a file's bytes, or a folder's names, on the disk before this returns."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(paths: Iterable[Path | str], file_system: Path) -> None:
    """Have all these on the disk; they are on the file system that holds ``file_system``."""
    wanted = list(paths)
    if len(wanted) <= _SYNC_EACH or not _sync_file_system(file_system):
        for path in wanted:
            sync_file(path)


def _sync_file_system(place: Path) -> bool:
    sync = getattr(_libc(), "syncfs", None)
    if sync is None:
        return False
    handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if sync(handle) == 0:
            return True
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(place))
    finally:
        os.close(handle)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
