"""Hash a file once, and know that it was one file all the while."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from mlctl.store.errors import SourceMoved
from mlctl.store.tree import Stamp

CHUNK_BYTES = 1 << 20
TRIES = 3
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe put in a file's place must not block

T = TypeVar("T")


def stamp(seen: os.stat_result) -> Stamp:
    """What of a stat tells whether a file changed."""
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_mode)


def hash_file(
    path: str, folder: int | None = None, *, follow: bool = True
) -> tuple[str, os.stat_result]:
    """The SHA-256 in hex of a file, and the stat that held before and after it was read.

    Args:
        path: Of the file; relative to ``folder`` when that is given.
        folder: An open folder.
        follow: Whether ``path`` may be a link.

    Raises:
        SourceMoved: It changed at each of three attempts.
        OSError: It cannot be read.
    """
    for _ in range(TRIES):
        digest, seen, steady = hash_once(path, folder, follow=follow)
        if steady:
            return digest, seen
    raise SourceMoved(Path(path))


def hash_once(
    path: str, folder: int | None = None, *, follow: bool = True
) -> tuple[str, os.stat_result, bool]:
    """As ``hash_file``, once; with the stat before, and whether it still held afterwards."""
    handle = os.open(path, _READ if follow else _READ | os.O_NOFOLLOW, dir_fd=folder)
    try:
        before = os.fstat(handle)
        digest = _hash_handle(handle, before.st_size)
        return digest, before, stamp(os.fstat(handle)) == stamp(before)
    finally:
        os.close(handle)


def _hash_handle(handle: int, size_bytes: int) -> str:
    # One byte more than expected, so that one read also shows the end. A large buffer for a
    # small file would cost more than the reading: its pages are given back each time.
    if size_bytes < CHUNK_BYTES:
        content = os.read(handle, size_bytes + 1)
        if len(content) == size_bytes:
            return hashlib.sha256(content).hexdigest()
        hasher = hashlib.sha256(content)
    else:
        hasher = hashlib.sha256()
    buffer = bytearray(CHUNK_BYTES)
    view = memoryview(buffer)
    with open(handle, "rb", buffering=0, closefd=False) as file:
        while count := file.readinto(buffer):
            hasher.update(view[:count])
    return hasher.hexdigest()


def on_threads(work: Callable[[T], None], items: Sequence[T], threads: int | None = None) -> None:
    """Do the work for each item, several at once; a failure is raised after those begun ended.

    Worth it only where the work leaves the interpreter lock, as hashing and copying do.
    """
    count = min(threads or os.cpu_count() or 1, len(items))
    if count <= 1:
        for item in items:
            work(item)
        return
    with ThreadPoolExecutor(count) as hands:
        begun = [hands.submit(work, item) for item in items]
        try:
            for each in begun:
                each.result()
        finally:
            hands.shutdown(wait=False, cancel_futures=True)
