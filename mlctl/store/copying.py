"""Make a file with given content, or with another's, and know that it got what was meant."""

from __future__ import annotations

import hashlib
import os

from mlctl.store.files import clone
from mlctl.store.hashing import CHUNK_BYTES, hash_file

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def write_new(path: str, content: bytes, mode: int) -> None:
    """Make a file, with exactly this mode whatever the umask; on an error, none.

    Raises:
        FileExistsError: Something is there.
    """
    handle = os.open(path, _NEW, 0o600)
    done = False
    try:
        write_all(handle, content)
        os.fchmod(handle, mode)
        done = True
    finally:
        os.close(handle)
        if not done:
            os.unlink(path)  # noqa: PTH108


def copy_checked(source: str, target: str, name: str, mode: int) -> bool:
    """Copy a file whose SHA-256 should be ``name``; False, and no copy, when it is another.

    Large files share their bytes with the source where the file system can do that.

    Raises:
        FileExistsError: Something is at ``target``.
        OSError: The source cannot be read, or the copy not be written.
    """
    reading = os.open(source, _READ)
    try:
        size_bytes = os.fstat(reading).st_size
        if size_bytes < CHUNK_BYTES:
            content = os.read(reading, size_bytes + 1)
            if hashlib.sha256(content).hexdigest() != name:
                return False
            write_new(target, content, mode)
            return True
        return _copy_large(reading, target, name, mode)
    finally:
        os.close(reading)


def _copy_large(reading: int, target: str, name: str, mode: int) -> bool:
    writing = os.open(target, _NEW, 0o600)
    done = False
    try:
        # The clone is hashed, not the source: that may be written to in between.
        found = hash_file(target)[0] if clone(reading, writing) else _pump(reading, writing)
        os.fchmod(writing, mode)
        done = found == name
    finally:
        os.close(writing)
        if not done:
            os.unlink(target)  # noqa: PTH108
    return done


def _pump(reading: int, writing: int) -> str:
    hasher = hashlib.sha256()
    buffer = bytearray(CHUNK_BYTES)
    view = memoryview(buffer)
    with open(reading, "rb", buffering=0, closefd=False) as file:
        while count := file.readinto(buffer):
            hasher.update(view[:count])
            write_all(writing, view[:count])
    return hasher.hexdigest()


def write_all(handle: int, content: bytes | memoryview) -> None:
    """Write it all; a full disk may take part of it before it says so."""
    done = 0
    while done < len(content):
        done += os.write(handle, content[done:])
