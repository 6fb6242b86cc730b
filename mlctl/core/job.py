"""A job: one execution of a step, as pure data that any executor can carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mlctl.core.digest import Digest
from mlctl.core.secret import Secret


class DataKind(StrEnum):
    """The shape of data on disk."""

    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Artifact:
    """Content in the store.

    Attributes:
        digest: Of the bytes, or of the folder's manifest.
        size_bytes: Of all files together.
    """

    digest: Digest
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a job's things are on its target, as absolute paths.

    ``code`` is the working folder; an input stands at ``inputs/<name>``, an output is expected
    at ``outputs/<name>``.
    """

    code: str
    inputs: str
    outputs: str

    def input(self, name: str) -> str:
        """The path of a staged input."""
        return f"{self.inputs}/{name}"

    def output(self, name: str) -> str:
        """The path an output is written to."""
        return f"{self.outputs}/{name}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a job may use.

    Attributes:
        cpus: Processors, possibly a fraction. None: not stated.
        memory_bytes: Main memory. None: not stated.
        gpus: Whole GPUs.
        shm_size_bytes: Shared memory, for targets that bound it.
        instance_count: Machines that work together on the one job.
    """

    cpus: float | None = None
    memory_bytes: int | None = None
    gpus: int = 0
    shm_size_bytes: int | None = None
    instance_count: int = 1


@dataclass(frozen=True, slots=True)
class SoftwareLock:
    """A resolved environment: everything an executor needs to build it anywhere.

    Attributes:
        digest: Of the lock's meaning; the environment's name on every target.
        python: Version of the interpreter, as ``3.11`` or ``3.11.7``.
        text: The lock itself, a ``pylock.toml`` (PEP 751).
    """

    digest: Digest
    python: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What to execute.

    Attributes:
        id: Name of the job's folder on its target; 64 hex digits. The same work has the same
            id, so that starting it twice attaches instead of starting it twice.
        address: Of the step, for labels and messages.
        script: A shell text, run by ``sh -eu -c`` in the code folder; or None.
        argv: The program and its arguments, run without a shell; or None. One of the two is set.
        env: Variables beyond the clean base of ``PATH HOME LANG TMPDIR``.
        code: The tree to work in; None for an empty folder.
        inputs: What stands at ``inputs/<name>``. A mapping instead of an artifact is a folder
            with one entry a member.
        outputs: What is expected at ``outputs/<name>``.
        software: The environment to run in; None: the target's own interpreter.
        timeout_s: Enforced beside the job, not by whoever started it. None: no limit.
        grace_s: Between TERM and KILL.
    """

    id: str
    address: str
    script: str | None = None
    argv: tuple[str, ...] | None = None
    env: Mapping[str, str | Secret] = field(default_factory=dict)
    code: Digest | None = None
    inputs: Mapping[str, Artifact | Mapping[str, Artifact]] = field(default_factory=dict)
    outputs: Mapping[str, DataKind] = field(default_factory=dict)
    software: SoftwareLock | None = None
    limits: Limits = Limits()
    timeout_s: float | None = None
    grace_s: float = 10.0


Handle = Mapping[str, str]
"""How an executor finds a job again: plain JSON, journaled before work starts."""


@dataclass(frozen=True, slots=True)
class Absent:
    """No such job: never started, or forgotten."""


@dataclass(frozen=True, slots=True)
class Queued:
    """Accepted, waiting for room."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """At work.

    Attributes:
        beat_s: Seconds since the job last showed life, by its target's clock; None: unknown.
    """

    beat_s: float | None = None


@dataclass(frozen=True, slots=True)
class Exited:
    """Ended by itself, by its timeout, or by somebody else's signal.

    Attributes:
        code: As a shell gives it: 128 + signal for a killed process.
        timed_out: The job's own timeout ended it.
        oom_suspected: Killed by a signal nobody of us sent.
        lowest_free_memory_bytes: Seen while it ran, when the target can tell.
        started_at: Unix time in seconds, by the target's clock.
        finished_at: Likewise.
    """

    code: int
    timed_out: bool = False
    oom_suspected: bool = False
    lowest_free_memory_bytes: int | None = None
    started_at: float | None = None
    finished_at: float | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Ended because ``cancel`` was asked for."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Can never end by itself: its process or its machine is gone without a result."""

    why: str


JobStatus = Absent | Queued | Running | Exited | Cancelled | Lost
