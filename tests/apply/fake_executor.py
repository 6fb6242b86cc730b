"""A target that runs nothing: it remembers what it was asked and ends jobs as told."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlctl.core.address import Address
from mlctl.core.digest import Json
from mlctl.core.job import (
    Absent,
    Artifact,
    Cancelled,
    DataKind,
    Exited,
    Handle,
    JobSpec,
    JobStatus,
    Layout,
    Running,
)
from mlctl.core.provider import (
    Artifacts,
    Attributes,
    Capabilities,
    Executor,
    Report,
)
from tests.apply.fake_store import FakeStore


@dataclass
class Does:
    """What a fake job does.

    Attributes:
        ends: Its last status, or one an attempt; None: it runs until it is cancelled.
        writes: Content by output; what is not named gets its own name.
        lasts_s: How long it takes.
        fails: Raised by ``submit``, one an attempt.
    """

    ends: Sequence[JobStatus | None] = (Exited(0),)
    writes: Mapping[str, str | None] = field(default_factory=dict)
    prints: bytes = b""
    lasts_s: float = 0.0
    fails: Sequence[Exception | None] = ()


class FakeExecutor:
    """Runs nothing: remembers what it was asked and ends jobs as told."""

    def __init__(self, slots: int = 4, gpus: int = 0) -> None:
        self.capabilities = Capabilities(slots=slots, gpus=gpus)
        self.does: dict[str, Does] = {}
        self.started: list[str] = []
        self.specs: dict[str, JobSpec] = {}
        self.jobs: dict[str, tuple[JobSpec, float]] = {}
        self.ended: dict[str, JobStatus] = {}
        self.forgotten: list[str] = []
        self.most_at_once = 0
        self.unreachable: list[Exception] = []
        self._tries: dict[str, int] = {}
        self._lock = threading.Lock()

    def layout(self, job_id: str) -> Layout:
        folder = f"/jobs/{job_id[:8]}"
        return Layout(f"{folder}/code", f"{folder}/in", f"{folder}/out")

    def handle(self, job_id: str) -> Handle:
        return {"job": job_id}

    def stage(self, job: JobSpec, artifacts: Artifacts, report: Report) -> None:
        self.specs[job.id] = job

    def submit(self, job: JobSpec) -> Handle:
        with self._lock:
            name = job.address
            number = self._tries[name] = self._tries.get(name, 0) + 1
            fails = self._doing(job).fails
            if number <= len(fails) and (error := fails[number - 1]) is not None:
                raise error
            self.started.append(name)
            self.jobs[job.id] = (job, time.monotonic())
            self.most_at_once = max(self.most_at_once, len(self.running()))
        return self.handle(job.id)

    def running(self) -> list[str]:
        return [name for name in tuple(self.jobs) if isinstance(self._status(name), Running)]

    def poll(self, handles: Sequence[Handle], timeout_s: float = 0.0) -> Sequence[JobStatus]:
        if self.unreachable:
            raise self.unreachable.pop(0)
        deadline = time.monotonic() + timeout_s
        while True:
            statuses = [self._status(handle["job"]) for handle in handles]
            over = time.monotonic() >= deadline
            if over or not all(isinstance(status, Running) for status in statuses):
                return statuses
            time.sleep(0.002)

    def logs(self, handle: Handle, offset: int) -> bytes:
        if handle["job"] not in self.jobs:
            return b""
        return self._doing(self.jobs[handle["job"]][0]).prints[offset:]

    def cancel(self, handle: Handle, grace_s: float) -> None:
        self.ended[handle["job"]] = Cancelled()

    def fetch(
        self, handle: Handle, outputs: Mapping[str, DataKind], artifacts: Artifacts
    ) -> Mapping[str, Artifact]:
        job = self.jobs[handle["job"]][0]
        assert isinstance(artifacts, FakeStore)
        writes = self._doing(job).writes
        texts = {name: writes.get(name, f"{name} of {job.id}") for name in outputs}
        return {n: artifacts.keep(t.encode()) for n, t in texts.items() if t is not None}

    def forget(self, handle: Handle) -> None:
        if self.jobs.pop(handle["job"], None):
            self.forgotten.append(handle["job"])
        self.ended.pop(handle["job"], None)

    def _doing(self, job: JobSpec) -> Does:
        return self.does.get(Address.parse(job.address).name, Does())

    def _status(self, name: str) -> JobStatus:
        if (ended := self.ended.get(name)) is not None:
            return ended
        started = self.jobs.get(name)
        if started is None:
            return Absent()
        job, began = started
        does = self._doing(job)
        attempt = max(1, self._tries.get(job.address, 1))
        ends = does.ends[min(attempt, len(does.ends)) - 1]
        if ends is None or time.monotonic() < began + does.lasts_s:
            return Running()
        return ends


class FakeExecutors:
    def __init__(self) -> None:
        self.by_address: dict[Address, Executor] = {}
        self.told: dict[Address, Attributes] = {}

    def get(self, address: Address) -> Executor:
        return self.by_address[address]

    def made(self, address: Address, attributes: Attributes) -> None:
        self.told[address] = attributes

    def facts(self, address: Address) -> Mapping[str, Json]:
        return {"cpus": 2}
