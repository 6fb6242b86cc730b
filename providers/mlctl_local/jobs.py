"""A job of this machine, known by its folder alone: its status, its outputs, its end."""

from __future__ import annotations

import os
import shlex
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mlctl.core.errors import Rejected
from mlctl.core.job import Absent, Artifact, DataKind, JobStatus, Running
from mlctl.core.provider import Artifacts
from mlctl.kit import jobdir, records
from mlctl.kit.records import Ended
from mlctl.kit.staging import was_started
from mlctl_local import processes
from mlctl_local.processes import Process

_LINE_BYTES = 256

_CLAIM_TO_PROCESS_S = 30.0
"""How long a claimed job may name no process before it counts as lost; it takes a millisecond."""


def status(folder: Path) -> JobStatus:
    """What the job's folder says."""
    if not was_started(folder):
        return Absent()
    found = _ended(folder)
    if found is not None:
        return found
    if _supervisor_lives(folder):
        return running(folder)
    # It may have ended between the first look and the second.
    return _ended(folder) or _without_supervisor(folder)


def running(folder: Path) -> Running:
    """The status of a job that is known to run."""
    return Running(beat_s=_beat_s(folder))


def watch(folder: Path) -> int | None:
    """A descriptor that becomes readable when the job's supervisor ends; None: sleep instead."""
    process = _supervisor(folder)
    return None if process is None else processes.watch(process)


def unwatched_age_s(folder: Path) -> float | None:
    """Seconds since the job began, while nobody measures its beat; None: somebody does."""
    if (folder / "watcher").exists():
        return None
    try:
        return time.time() - (folder / jobdir.CLAIM).stat().st_mtime
    except FileNotFoundError:
        return 0.0


def add_env(folder: Path, env: Mapping[str, str]) -> None:
    """Give a job that was not started more variables; said twice, they are as said once."""
    lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in env.items())
    descriptor = os.open(
        folder / jobdir.ENV, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
    )
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(lines)


def fetch(
    folder: Path, outputs: Mapping[str, DataKind], artifacts: Artifacts
) -> Mapping[str, Artifact]:
    """Take outputs into the store; those that are not there are left out.

    Raises:
        Rejected: An output is a file where a folder was declared, or the other way round.
    """
    taken = {}
    for name, kind in outputs.items():
        with suppress(FileNotFoundError):
            taken[name] = _ingest(folder / jobdir.OUTPUTS / name, name, kind, artifacts)
    return taken


def end(folder: Path) -> None:
    """End whatever of the job still runs: its supervisor, then what it looked after."""
    if _ended(folder) is not None:
        return
    process = _supervisor(folder)
    if process is None or process.boot != processes.boot_id():
        return
    with suppress(ProcessLookupError):
        if processes.is_alive(process):
            os.kill(process.pid, signal.SIGKILL)
    group = _read(folder, jobdir.STEP).strip()
    if group.isdecimal():
        processes.kill_group_of(int(group), mark=str(folder))


def _ingest(path: Path, name: str, kind: DataKind, artifacts: Artifacts) -> Artifact:
    try:
        return artifacts.ingest(path, kind)
    except NotADirectoryError as error:
        raise Rejected(f'the output "{name}"', "it is declared a folder, but is a file") from error
    except IsADirectoryError as error:
        raise Rejected(f'the output "{name}"', "it is declared a file, but is a folder") from error


def _ended(folder: Path) -> JobStatus | None:
    record: Ended | None = records.parse_exit(_read(folder, jobdir.EXIT))
    if record is None:
        return None
    try:
        # The times of the files are finer than the supervisor's hundredths of a second.
        began, ended = ((folder / name).stat().st_mtime for name in (jobdir.CLAIM, jobdir.EXIT))
    except FileNotFoundError:
        return None  # forgotten while we looked
    return record.status(began, ended)


def _supervisor(folder: Path) -> Process | None:
    return processes.parse_process(_read(folder, jobdir.PROC))


def _supervisor_lives(folder: Path) -> bool:
    process = _supervisor(folder)
    return process is not None and processes.is_alive(process)


def _without_supervisor(folder: Path) -> JobStatus:
    try:
        claimed_at = (folder / jobdir.CLAIM).stat().st_mtime
    except FileNotFoundError:
        return Absent()
    if _supervisor(folder) is None and time.time() - claimed_at < _CLAIM_TO_PROCESS_S:
        return Running()
    return records.lost()


def _beat_s(folder: Path) -> float | None:
    beat = records.parse_beat(_read(folder, jobdir.BEAT))
    if beat is None:
        return None
    return max(0.0, (processes.uptime_hundredths() - beat) / 100)


def _read(folder: Path, name: str) -> str:
    """The text of a small file of the job's; empty when it is not there."""
    try:
        # Unbuffered: these are a line each, and looked at many times in a short job's life.
        handle = os.open(f"{folder}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    try:
        return os.read(handle, _LINE_BYTES).decode()
    finally:
        os.close(handle)
