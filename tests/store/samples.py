"""Outputs to store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlctl.store.hashing import CHUNK_BYTES

LARGE = b"x" * (CHUNK_BYTES + 5)
AsPlainUser = Callable[[Callable[[], None]], None]


def make_output(top: Path) -> Path:
    """A folder with everything an output may hold."""
    (top / "checkpoints" / "empty").mkdir(parents=True)
    (top / "model.bin").write_bytes(LARGE)
    (top / "twin.bin").write_bytes(LARGE)
    (top / "run").write_text("#!/bin/sh\n")
    (top / "run").chmod(0o755)
    (top / "tool.bin").write_bytes(LARGE + b"!")
    (top / "tool.bin").chmod(0o755)
    (top / "checkpoints" / "1.txt").write_text("one")
    (top / "latest").symlink_to("checkpoints/1.txt")
    return top
