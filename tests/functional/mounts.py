"""Small file systems for a test: full ones and read-only ones, which even root cannot write to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.capabilities import need


@contextmanager
def tmpfs(folder: Path, size: str = "4m") -> Iterator[Path]:
    """The folder as a file system of its own while the block lasts."""
    need("tmpfs")
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        # Lazily: a step that outlives its test must not make it hang.
        _run("umount", "-l", str(folder))


def make_read_only(folder: Path) -> None:
    """Refuse every further write to a file system that ``tmpfs`` made."""
    _run("mount", "-o", "remount,ro", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=20)
