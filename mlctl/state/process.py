"""Whether a process that once wrote its name down still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def this_host() -> str:
    """The name of this machine, as lock holders write it."""
    return socket.gethostname()


def identity(pid: int) -> str:
    """What tells a process from a later one with the same number; empty when it cannot be told.

    The boot and the moment within it at which the process began (proc(5): random/boot_id, and
    field 22 of stat).
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{_stat(pid)[19]}"
    except (OSError, IndexError):
        return ""


def is_alive(pid: int, known_as: str) -> bool:
    """True unless the process is surely gone; a zombie is gone.

    Args:
        pid: Its number on this host.
        known_as: Its ``identity`` when it wrote its name down; empty: not known.
    """
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    now = identity(pid)
    if now and known_as and now != known_as:
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return _stat(pid)[0] in ("Z", "X")
    except (OSError, IndexError):
        return False


def _stat(pid: int) -> list[str]:
    # The second field is the program's name in brackets and may hold anything, brackets too.
    text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    return text.rpartition(")")[2].split()
