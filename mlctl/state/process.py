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

    The boot, the pid namespace, and the moment at which the process began (proc(5): random/boot_id,
    ns/pid, and field 22 of stat).
    """
    try:
        return f"{_space()}/{_stat(pid)[19]}"
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
    if known_as and _is_elsewhere(known_as):
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # Somebody else's, so it is there; whether it still is the same one is looked at below.
        return _is_same(pid, known_as)
    return _is_same(pid, known_as) and not _is_zombie(pid)


def _is_same(pid: int, known_as: str) -> bool:
    now = identity(pid)
    return not now or not known_as or now == known_as


def _is_elsewhere(known_as: str) -> bool:
    """True for a process of this boot in another container, whose numbers say nothing here."""
    try:
        here = _space()
    except OSError:
        return False
    boot, _, rest = known_as.partition("/")
    space = rest.rpartition("/")[0]
    return boot == here.partition("/")[0] and space != here.partition("/")[2]


def _space() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"


def _is_zombie(pid: int) -> bool:
    try:
        return _stat(pid)[0] in ("Z", "X")
    except (OSError, IndexError):
        return False


def _stat(pid: int) -> list[str]:
    # The second field is the program's name in brackets and may hold anything, brackets too.
    text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    return text.rpartition(")")[2].split()
