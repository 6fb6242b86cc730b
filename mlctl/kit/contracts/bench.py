"""What the executor contract works with: jobs made short, and run to their end."""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypedDict, Unpack

from mlctl.core.digest import Digest
from mlctl.core.job import (
    Artifact,
    DataKind,
    Handle,
    JobSpec,
    JobStatus,
    Limits,
    Queued,
    Running,
    SoftwareLock,
)
from mlctl.core.provider import Executor
from mlctl.core.secret import Secret
from mlctl.kit.contracts.artifacts import FolderArtifacts

PATIENCE_S = 40.0
"""Longer than anything may take, so that a hang fails instead of hanging."""


class JobFields(TypedDict, total=False):
    """Fields of a ``JobSpec`` a test may set."""

    id: str
    argv: tuple[str, ...] | None
    env: Mapping[str, str | Secret]
    code: Digest | None
    inputs: Mapping[str, Artifact | Mapping[str, Artifact]]
    outputs: Mapping[str, DataKind]
    software: SoftwareLock | None
    limits: Limits
    timeout_s: float | None
    grace_s: float


@dataclass(frozen=True, slots=True)
class Bench:
    """An executor, a store, and short words for what is done with them."""

    executor: Executor
    artifacts: FolderArtifacts

    def job(self, script: str | None = None, **fields: Unpack[JobFields]) -> JobSpec:
        """A job with an id of its own; without anything said, one that does nothing."""
        if script is None and "argv" not in fields:
            script = ":"
        fields.setdefault("id", secrets.token_hex(32))
        return JobSpec(address="pipeline.test.step.job", script=script, **fields)

    def start(self, job: JobSpec) -> Handle:
        """Stage and submit."""
        self.executor.stage(job, self.artifacts, silent)
        return self.executor.submit(job)

    def finish(self, handle: Handle) -> JobStatus:
        """The status the job ends with."""
        return finish(self.executor, handle)

    def run(self, job: JobSpec) -> tuple[JobStatus, str]:
        """Run a job to its end: its status and its log."""
        handle = self.start(job)
        status = self.finish(handle)
        return status, self.log(handle)

    def log(self, handle: Handle) -> str:
        """The whole log so far."""
        return self.executor.logs(handle, 0).decode("utf-8")

    def await_log(self, handle: Handle, text: str) -> None:
        """Wait until the log holds ``text``."""
        eventually(lambda: text in self.log(handle), f"{text!r} in the log")

    def output(self, job: JobSpec, name: str) -> str:
        """The text of an output that is a file."""
        taken = self.executor.fetch(self.executor.handle(job.id), job.outputs, self.artifacts)
        return self.artifacts.text(taken[name])


def finish(executor: Executor, handle: Handle) -> JobStatus:
    """Wait for a job to end; its last status."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        (status,) = executor.poll([handle], timeout_s=5.0)
        if not isinstance(status, Running | Queued):
            return status
    raise AssertionError(f"the job did not end within {PATIENCE_S:.0f} s")


def eventually(holds: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:.0f} s: {what}")
        time.sleep(0.02)


def on_this_machine(script: str) -> str:
    """Run a shell script here; its output. What a provider's tests give for ``on_target``."""
    done = subprocess.run(  # noqa: S603 - a test's own script
        ["/bin/sh", "-c", script], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return done.stdout


def silent(_line: str) -> None:
    """A report nobody reads."""
