"""Files that are whole or not there at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700


def replace_file(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Put ``content`` at ``path`` so that every reader finds the old or the new content, whole.

    Raises:
        OSError: It could not be written; what was there is untouched.
    """
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        _write_through(temporary, content, mode)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def remove_leftovers(path: Path) -> None:
    """Remove temporary files that killed writers of ``path`` left behind.

    The caller holds the lock, so no writer is alive.
    """
    for temporary in path.parent.glob(f"{path.name}.tmp-*"):
        with contextlib.suppress(OSError):
            temporary.unlink()


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Some network file systems refuse to sync a folder; their renames last by themselves.
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_through(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
