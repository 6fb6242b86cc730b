"""Runs jobs on this machine, each in a folder of its own under ``<root>/jobs``.

Everything it knows of a job it reads from the job's folder, so a second process finds the same.
What it keeps in memory only saves time: which supervisors are its own children.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlctl.core.errors import Rejected
from mlctl.core.job import Artifact, DataKind, Handle, JobSpec, JobStatus, Layout, Running
from mlctl.core.provider import Artifacts, Capabilities, Report
from mlctl.kit import build, jobdir, staging
from mlctl.kit.discard import Discards
from mlctl.kit.jobdir import Place
from mlctl_local import jobs, processes
from mlctl_local.gpus import Gpus
from mlctl_local.interpreter import search_folder

_SHELL = "/bin/sh"
_PATH = "/usr/bin:/bin:/usr/local/bin"
"""For the supervisor itself: what it needs is found at the first look."""

_LOG_CHUNK = 16 * 1024 * 1024
_WATCH_AFTER_S = 2.0
"""Age at which a job gets a watcher for its beat. Most jobs end before and never pay for one."""


@dataclass(frozen=True, slots=True)
class Target:
    """What an executor needs to know of its compute block.

    Attributes:
        root: Holds ``jobs``, ``envs`` and what else is ours.
        python: The interpreter of jobs without an environment of their own.
        slots: Jobs at the same time.
        cpus: Processors of the machine.
        memory_bytes: Its main memory; None: unknown.
    """

    root: Path
    python: Path
    slots: int
    cpus: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class _Child:
    """A supervisor we started: its number, which nobody else gets before we reap it."""

    pid: int
    descriptor: int | None
    since: float

    def is_young(self) -> bool:
        """True while nobody can measure a beat yet."""
        return time.monotonic() - self.since < _WATCH_AFTER_S

    def close(self) -> None:
        """Let go of the descriptor."""
        if self.descriptor is not None:
            os.close(self.descriptor)


class LocalExecutor:
    """Jobs as processes of this machine; see ``mlctl.core.provider.Executor``.

    A log of which more than 16 MiB are new is answered in parts: ask again from where it ended.
    """

    def __init__(self, target: Target, gpus: Gpus) -> None:
        self._target = target
        self._gpus = gpus
        self._jobs = target.root / "jobs"
        self._discards = Discards(self._jobs)
        self._lock = threading.Lock()
        self._children: dict[Path, _Child] = {}
        self._helpers: set[int] = set()
        self._supervisor_env = {"PATH": _PATH}

    @property
    def capabilities(self) -> Capabilities:
        """What this machine can do."""
        return Capabilities(
            slots=self._target.slots,
            gpus=self._gpus.count,
            cpus=self._target.cpus,
            memory_bytes=self._target.memory_bytes,
        )

    def layout(self, job_id: str) -> Layout:
        """Where a job's things will be."""
        return jobdir.layout(str(self._folder(job_id)))

    def handle(self, job_id: str) -> Handle:
        """How the job is found again: by its folder."""
        return {"job": job_id, "folder": str(self._folder(job_id))}

    def stage(self, job: JobSpec, artifacts: Artifacts, report: Report) -> None:
        """Make the job's folder; build its environment first, if nobody has."""
        folder = self._folder(job.id)
        if staging.was_started(folder):
            return
        if job.software is None:
            search = search_folder(self._target.root, self._target.python)
        else:
            search = build.build(job.software, self._target.root, report) / "bin"
        place = Place(str(folder), (str(search),), self._gpus.hidden())
        staging.stage_folder(job, folder, place, artifacts)

    def submit(self, job: JobSpec) -> Handle:
        """Start the staged job, or attach to it when it was started before.

        Raises:
            Rejected: It was not staged.
            NoCapacity: Other jobs have the GPUs it asks for.
        """
        folder = self._folder(job.id)
        with self._lock:
            self._reap()
            if folder not in self._children and not staging.was_started(folder):
                self._start(job, folder)
        return self.handle(job.id)

    def poll(self, handles: Sequence[Handle], timeout_s: float = 0.0) -> Sequence[JobStatus]:
        """The status of each job; waits while all of them run, and wakes when one ends."""
        folders = [Path(handle["folder"]) for handle in handles]
        deadline = time.monotonic() + timeout_s
        while True:
            with self._lock:
                self._reap()
                ours = {f: self._children[f] for f in folders if f in self._children}
            statuses = [_status(folder, ours.get(folder)) for folder in folders]
            left = deadline - time.monotonic()
            running = [f for f, s in zip(folders, statuses, strict=True) if isinstance(s, Running)]
            young = [folder for folder in running if self._is_young(folder, ours.get(folder))]
            if left <= 0 or len(running) < len(folders):
                return statuses
            self._wait(folders, min(left, _WATCH_AFTER_S / 2) if young else left)

    def logs(self, handle: Handle, offset: int) -> bytes:
        """Log bytes from ``offset``, at most 16 MiB at once."""
        try:
            with (Path(handle["folder"]) / jobdir.LOG).open("rb") as log:
                log.seek(offset)
                return log.read(_LOG_CHUNK)
        except FileNotFoundError:
            return b""

    def cancel(self, handle: Handle, grace_s: float) -> None:
        """TERM to the job's group now; the supervisor's script sees to the KILL."""
        folder = Path(handle["folder"])
        with self._lock:
            if folder not in self._children and not staging.was_started(folder):
                return
            # The step looks for this file before it begins, so one not begun never does.
            (folder / jobdir.CANCEL).touch()
        asked = self._supervise("cancel", folder, jobdir.grace_argument(grace_s))
        with suppress(ChildProcessError):  # a host program may have its children reaped for it
            os.waitpid(asked, 0)

    def fetch(
        self, handle: Handle, outputs: Mapping[str, DataKind], artifacts: Artifacts
    ) -> Mapping[str, Artifact]:
        """Take the job's outputs into the store."""
        return jobs.fetch(Path(handle["folder"]), outputs, artifacts)

    def forget(self, handle: Handle) -> None:
        """Remove the job's folder, and end what still runs in it."""
        folder = Path(handle["folder"])
        if folder.exists():
            jobs.end(folder)
            self._discards.take(folder)
        self._gpus.release(handle["job"])
        with self._lock:
            child = self._children.pop(folder, None)
            if child is not None:
                # It ends about now; it is nobody's supervisor any more, only to be reaped.
                self._helpers.add(child.pid)
                child.close()
            self._reap()

    def _folder(self, job_id: str) -> Path:
        return self._jobs / jobdir.relative_folder(job_id)

    def _start(self, job: JobSpec, folder: Path) -> None:
        if not (folder / jobdir.RUN).exists():
            raise Rejected(f"the start of {job.address}", "it was not staged")
        chosen = self._gpus.claim(job.id, job.limits.gpus, self._is_over)
        if chosen:
            jobs.add_env(folder, chosen)
        pid = self._supervise("supervise", folder, "lazy")
        self._children[folder] = _Child(pid, processes.watch_child(pid), time.monotonic())

    def _is_over(self, job_id: str) -> bool:
        folder = self._folder(job_id)
        self._reap()
        return not isinstance(_status(folder, self._children.get(folder)), Running)

    def _supervise(self, verb: str, folder: Path, *arguments: str) -> int:
        argv = (_SHELL, str(jobdir.SUPERVISOR), verb, str(folder), *arguments)
        return processes.spawn(argv, self._supervisor_env)

    def _is_young(self, folder: Path, child: _Child | None) -> bool:
        """True while the job is too young for a watcher; gives it one once it is old enough."""
        if child is not None and child.is_young():
            return True
        age = jobs.unwatched_age_s(folder)
        if age is None or age < _WATCH_AFTER_S:
            return age is not None
        pid = self._supervise("watch", folder)
        with self._lock:
            self._helpers.add(pid)
        return False

    def _wait(self, folders: Sequence[Path], timeout_s: float) -> None:
        watched = [self._watch(folder) for folder in folders]
        try:
            processes.wait_for_any(watched, timeout_s)
        finally:
            for descriptor in watched:
                if descriptor is not None:
                    os.close(descriptor)

    def _watch(self, folder: Path) -> int | None:
        with self._lock:
            child = self._children.get(folder)
            if child is not None and child.descriptor is not None:
                # A copy: another thread may reap the child, and the number go to another file.
                return os.dup(child.descriptor)
        return jobs.watch(folder)

    def _reap(self) -> None:
        """Let go of children that ended. Call with the lock held."""
        self._helpers = {pid for pid in self._helpers if not processes.reap(pid)}
        for folder, child in list(self._children.items()):
            if processes.reap(child.pid):
                del self._children[folder]
                child.close()


def _status(folder: Path, child: _Child | None) -> JobStatus:
    """The status of a job.

    Args:
        folder: Of the job.
        child: Its supervisor, which a moment ago had not ended; None: not started by us.
    """
    if child is None:
        return jobs.status(folder)
    return Running() if child.is_young() else jobs.running(folder)
