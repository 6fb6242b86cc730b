"""Processes of this machine: which one wrote a record, whether it runs, when it ends.

A process is believed by its number, its start time and the boot together, since numbers are used
again; a zombie is dead. The supervisor writes such records and checks them the same way.
"""

from __future__ import annotations

import errno
import functools
import math
import os
import select
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_RESET = [s for s in signal.valid_signals() if s not in {signal.SIGKILL, signal.SIGSTOP}]
_SHORT_NAP_S = 0.01
_DEAD = {"Z", "X"}


@dataclass(frozen=True, slots=True)
class Process:
    """One process, in one boot of the machine."""

    pid: int
    start: str
    boot: str


def parse_process(record: str) -> Process | None:
    """The process a supervisor's record names; None while it is not written."""
    fields = record.split()
    if len(fields) < 3 or not fields[0].isdecimal():
        return None
    return Process(int(fields[0]), fields[1], fields[2])


def is_alive(process: Process) -> bool:
    """True when exactly this process runs."""
    if process.boot != boot_id():
        return False
    fields = stat_fields(process.pid)
    return fields is not None and fields[0] not in _DEAD and fields[19] == process.start


def stat_fields(pid: int) -> list[str] | None:
    """Fields of ``/proc/PID/stat`` from the third, the state, on; None when there is no such.

    The name before them may hold blanks and brackets, so it is cut at its last bracket.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


@functools.cache
def boot_id() -> str:
    """Names this boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def uptime_hundredths() -> int:
    """Hundredths of a second since boot, as the supervisor counts."""
    return int(Path("/proc/uptime").read_text("ascii").split()[0].replace(".", ""))


def spawn(argv: Sequence[str], env: dict[str, str]) -> int:
    """Start a program in a session of its own, with nothing of ours but ``env``; its number.

    Signals are as a fresh login has them: Python ignores some, and its children would too.
    """
    null = "/dev/null"
    files = [(os.POSIX_SPAWN_OPEN, fd, null, os.O_RDWR, 0) for fd in (0, 1, 2)]
    return os.posix_spawn(
        argv[0],
        list(argv),
        env,
        file_actions=files,
        setsid=True,
        setsigmask=[],
        setsigdef=_RESET,
    )


def reap(pid: int) -> bool:
    """Take a child's status from the process table, if it ended. True when nothing is left."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def watch(process: Process) -> int | None:
    """A descriptor that becomes readable when the process ends; None: it ended, or no such thing.

    The caller closes it.
    """
    descriptor = watch_child(process.pid)
    # Only now is it certain that the number was not given to another between the two looks.
    if descriptor is None or is_alive(process):
        return descriptor
    os.close(descriptor)
    return None


def watch_child(pid: int) -> int | None:
    """As ``watch``, for a child not reaped yet, so that its number is certainly its own."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    except (AttributeError, OSError) as error:
        # No such call on this system, or forbidden to us: sleeping does instead.
        if isinstance(error, OSError) and error.errno not in {errno.ENOSYS, errno.EPERM}:
            raise
        return None


def wait_for_any(descriptors: Sequence[int | None], timeout_s: float) -> None:
    """Sleep until a descriptor is readable, at most ``timeout_s``; a moment where one lacks."""
    if None in descriptors:
        timeout_s = min(timeout_s, _SHORT_NAP_S)
    poller = select.poll()
    for descriptor in descriptors:
        if descriptor is not None:
            poller.register(descriptor, select.POLLIN)
    # Whole milliseconds, rounded up, or the end of the wait would be spent spinning.
    poller.poll(math.ceil(max(0.0, timeout_s) * 1000))


def group_members(group: int) -> Iterator[int]:
    """Processes of a process group that are more than zombies."""
    for folder in Path("/proc").glob("[0-9]*"):
        fields = stat_fields(int(folder.name))
        if fields is not None and fields[2] == str(group) and fields[0] not in _DEAD:
            yield int(folder.name)


def kill_group_of(group: int, mark: str) -> None:
    """Kill what is left of a process group, when it shows that it is the one meant.

    Args:
        group: The number of the group.
        mark: A text that each member has in its environment or among its arguments, and no other
            process has. A step's own shell has it among its arguments, and so has what it forked a
            moment ago.
    """
    for pid in group_members(group):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if any(
                mark.encode() in Path(f"/proc/{pid}/{said}").read_bytes()
                for said in ("environ", "cmdline")
            ):
                os.kill(pid, signal.SIGKILL)
