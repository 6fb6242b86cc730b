"""How finely a file system's clock ticks: within one tick a write leaves no trace in the stat."""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path

_COARSE_NS = 2_000_000_000
"""FAT ticks every two seconds, and a server's clock may lag behind ours."""

_FINE_NS = 50_000_000
"""A local Linux file system stamps with the kernel's own clock, which ticks every 1 to 10 ms."""

_LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "f2fs"})


def racy_window_ns(device: int) -> int:
    """How old a file on this device must be before an equal stat proves equal content, in ns."""
    return _FINE_NS if _types().get(device) in _LOCAL else _COARSE_NS


@functools.cache
def _types() -> dict[int, str]:
    """File system type by device number; empty where the system does not tell."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    found: dict[int, str] = {}
    for line in lines.splitlines():
        match = re.match(r"\S+ \S+ (\d+):(\d+) .* - (\S+) ", line)
        if match:
            found[os.makedev(int(match[1]), int(match[2]))] = match[3]
    return found
