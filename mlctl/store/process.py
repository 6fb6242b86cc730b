"""Who a process is, beyond a number that is given out again: host, boot, pid and start time."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """One process, told apart from any later one that gets its number.

    Attributes:
        host: Its machine, or the container on it.
        boot: Which boot of the machine; empty where the system does not say.
        pid: Its number.
        start: When it started, in the kernel's ticks; empty where the system does not say.
    """

    host: str
    boot: str
    pid: int
    start: str

    def label(self) -> str:
        """All of it as one file name, from which ``from_label`` reads it again."""
        return f"{self.pid}.{self.start}.{self.boot}.{self.host}"

    @classmethod
    def from_label(cls, label: str) -> Process | None:
        """Read what ``label`` wrote; None when it is something else."""
        parts = label.split(".", 3)
        if len(parts) != 4 or not parts[0].isdecimal():
            return None
        pid, start, boot_id, host_name = parts
        return cls(host_name, boot_id, int(pid), start)

    def is_gone(self) -> bool:
        """True when it certainly runs no more; of another host nothing is certain."""
        if self.host != host():
            return False
        if self.boot != boot():
            return True
        if not _exists(self.pid):
            return True
        return bool(self.start) and _start(self.pid) not in {"", self.start}


def current() -> Process:
    """The process that asks; right also after a fork."""
    return _own(os.getpid())


@functools.cache
def _own(pid: int) -> Process:
    return Process(host(), boot(), pid, _start(pid))


@functools.cache
def host() -> str:
    """Where a process number means a process: this machine, or this container on it."""
    try:
        space = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        space = ""
    return f"{os.uname().nodename}{space}"


@functools.cache
def boot() -> str:
    """A name for the time since this machine was started; empty where the system has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The second field is the program's name in parentheses and may hold anything, even ")".
    fields = text.rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""
