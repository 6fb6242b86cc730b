"""What apply needs of the world, as small as it can be said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from mlctl.core.address import Address
from mlctl.core.desired import Evaluation, Located
from mlctl.core.digest import Digest, Json
from mlctl.core.job import Artifact
from mlctl.core.provider import Artifacts, Attributes, Context, Executor, ResourceType
from mlctl.core.result import ResultRecord
from mlctl.core.state import State


class Store(Artifacts, Protocol):
    """The artifact store; ``mlctl.store.local.LocalStore`` is one. Safe from several threads."""

    def present(self, digests: Iterable[Digest]) -> set[Digest]:
        """Those of the digests that the store lacks, wholly or in part."""

    def read_bytes(self, digest: Digest) -> bytes:
        """The content of a file."""

    def publish(self, digest: Digest, path: Path) -> None:
        """Replace what is at ``path`` by read-only content."""


class Sources(Protocol):
    """Content at paths outside the store. Safe from several threads."""

    def take(self, content: Located) -> Artifact:
        """Copy what is there now into the store."""

    def look(self, content: Located) -> Artifact:
        """What is there now. Copies nothing."""


class Results(Protocol):
    """Results by fingerprint; ``mlctl.store.results.Results`` is one. Safe from several threads."""

    def find(self, fingerprint: Digest) -> ResultRecord | None:
        """The kept result."""

    def put(self, record: ResultRecord, *, refresh: bool = False) -> ResultRecord:
        """Keep a result; the first one stays unless ``refresh``. Returns what stays."""


class Turn(Protocol):
    """Leave to work on one fingerprint, while other processes wait."""

    def release(self) -> None:
        """Let the others have it. May be repeated."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another process works on it.

    Attributes:
        who: Its owner, for people.
    """

    who: str


class Turns(Protocol):
    """One runner a fingerprint, among all processes that share a store."""

    def acquire(self, fingerprint: Digest) -> Turn | Busy:
        """Ask for the turn; never waits for it. A turn is kept alive until it is released."""


class Executors(Protocol):
    """The ways to run jobs, one a compute target. Asked from the writing thread only."""

    def get(self, address: Address) -> Executor:
        """The way to run jobs there; the same object each time.

        Raises:
            MlctlError: The target is not there, or cannot run jobs.
        """

    def made(self, address: Address, attributes: Attributes) -> None:
        """Tell that this run made or changed the target."""

    def facts(self, address: Address) -> Mapping[str, Json]:
        """What is known of a target's hardware and system, recorded with its results."""


KindOf = Callable[[Address, str, str], ResourceType]
"""The resource type for an address, its kind and its type label. Raises MlctlError if unknown."""


class Clock(Protocol):
    """The time, in the one place where apply asks for it."""

    def now(self) -> float:
        """Unix time in seconds."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""


class SystemClock:
    """This machine's clocks."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything apply may touch.

    Attributes:
        evaluation: The configuration; it knows the state already, and is told what changes.
        state: As of now: refreshed, and with recovered journals folded in.
        seal: A keyed digest of a secret text, for records.
        context: For providers; its ``data_dir`` holds runs and published outputs.
        pipeline_outputs: Addresses as ``pipeline.p.outputs.report``, of every declared one.
    """

    run_id: str
    evaluation: Evaluation
    state: State
    store: Store
    sources: Sources
    results: Results
    turns: Turns
    executors: Executors
    kind_of: KindOf
    context: Context
    seal: Callable[[str], str]
    pipeline_outputs: tuple[Address, ...] = ()
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to go about it.

    Attributes:
        operation: ``apply``, ``destroy`` or ``run``.
        command: As it was typed, for the history.
        parallelism: Objects that are worked on at the same time, running steps included.
        grace_s: Between TERM and KILL of a cancelled step.
        patience_s: How long a target may not answer before its steps count as unreachable.
        lookup_s: How often to ask whether another process has done the same work.
        progress_s: How often to say that something is still at work.
    """

    operation: str = "apply"
    command: str = ""
    parallelism: int = 4
    grace_s: float = 10.0
    patience_s: float = 300.0
    lookup_s: float = 0.5
    progress_s: float = 10.0


def rfc3339(at: float) -> str:
    """Unix time as RFC 3339 in UTC, with milliseconds."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
