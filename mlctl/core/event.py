"""Events: everything a run has to say, said once, for every reader.

The journal keeps them, the state folds them, the screens show them. ``StepLog`` alone is not
journaled: its bytes are in the step's log file before it is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlctl.core.address import Address
from mlctl.core.digest import Digest
from mlctl.core.plan import Action, Summary
from mlctl.core.state import OutputValue, ResourceRecord, StepRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run began.

    Attributes:
        operation: ``apply``, ``destroy`` or ``run``.
        lineage: Of the state it works on.
        serial: Of that state at the start.
        total: Objects that will be worked on.
    """

    run_id: str
    operation: str
    lineage: str
    serial: int
    total: int = 0
    command: str = ""


@dataclass(frozen=True, slots=True)
class ResourceStarted:
    """Work on an object begins; for a creation this is the intent, recorded before the effect.

    Attributes:
        record: A creation: what is intended, with its token.
        deposed: The older object that the new one takes the place of, under the address where it
            stays recorded until it is removed.
    """

    address: Address
    action: Action
    record: ResourceRecord | None = None
    deposed: ResourceRecord | None = None


@dataclass(frozen=True, slots=True)
class ResourceIdentified:
    """The object exists and its identity is known; it may not be ready yet."""

    address: Address
    record: ResourceRecord


@dataclass(frozen=True, slots=True)
class ResourceProgress:
    """Still at work on an object."""

    address: Address
    action: Action
    elapsed_s: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class ResourceCompleted:
    """Done with an object; ``record`` is None when it is gone."""

    address: Address
    action: Action
    record: ResourceRecord | None
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class ResourceFailed:
    """Work on an object failed; what was made of it stays recorded."""

    address: Address
    action: Action
    error: str
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step was handed to its target.

    Attributes:
        attempt: Counts from 1.
        attached: It was running already, started by a run that is gone.
        handle: How the executor finds it again.
        log: Where its output is kept, relative to mlctl's own folder.
    """

    address: Address
    fingerprint: Digest
    compute: str
    attempt: int = 1
    attached: bool = False
    handle: Mapping[str, str] = field(default_factory=dict)
    log: str = ""


@dataclass(frozen=True, slots=True)
class StepLog:
    """Lines a step printed; control characters escaped, secrets masked."""

    address: Address
    text: str


@dataclass(frozen=True, slots=True)
class StepProgress:
    """A step is still at work, or still waits."""

    address: Address
    elapsed_s: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class StepSucceeded:
    """A step ended well and its outputs are stored.

    Attributes:
        published: False when a source moved while it ran, so that the result is kept for this
            state only and is not the answer for its key.
    """

    address: Address
    record: StepRecord
    elapsed_s: float
    published: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class StepReused:
    """A step takes a kept result.

    Attributes:
        early_cutoff: It was not planned to be reused, but its inputs turned out the same.
    """

    address: Address
    record: StepRecord
    early_cutoff: bool = False


@dataclass(frozen=True, slots=True)
class StepRetrying:
    """An attempt failed and another will follow."""

    address: Address
    attempt: int
    error: str
    delay_s: float


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step failed for good; whatever needs it is skipped.

    Attributes:
        error: A whole sentence: what ended it and, where known, what to do.
        exit_code: Of its process, if it got that far.
        log: Where its output is kept, relative to mlctl's own folder.
        tail: The last lines it printed.
    """

    address: Address
    error: str
    exit_code: int | None = None
    log: str = ""
    tail: tuple[str, ...] = ()
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StepInterrupted:
    """The run was told to stop, and the step with it.

    Attributes:
        detached: Nobody waited for the step's end.
        asked: It was asked to stop before it was left alone; else it runs on.
    """

    address: Address
    detached: bool
    asked: bool = False


@dataclass(frozen=True, slots=True)
class StepForgotten:
    """The state no longer says anything of a step that is not declared any more."""

    address: Address


@dataclass(frozen=True, slots=True)
class Skipped:
    """Work on an object never began."""

    address: Address
    action: Action
    because: str


@dataclass(frozen=True, slots=True)
class OutputsSet:
    """The root outputs as they now are."""

    outputs: Mapping[str, OutputValue]


@dataclass(frozen=True, slots=True)
class OutputPublished:
    """A pipeline output stands under ``.mlctl/outputs``."""

    address: Address
    path: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something people should know that is no object's own news."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A run ended.

    Attributes:
        status: ``succeeded``, ``failed``, ``interrupted``, or ``died``: a later run found its
            journal without an end and folded it in.
    """

    run_id: str
    status: str
    summary: Summary
    failed: int = 0
    skipped: int = 0


Event = (
    RunStarted
    | ResourceStarted
    | ResourceIdentified
    | ResourceProgress
    | ResourceCompleted
    | ResourceFailed
    | StepStarted
    | StepLog
    | StepProgress
    | StepSucceeded
    | StepReused
    | StepRetrying
    | StepFailed
    | StepInterrupted
    | StepForgotten
    | Skipped
    | OutputsSet
    | OutputPublished
    | Notice
    | RunFinished
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event with when and where it was said.

    Attributes:
        run_id: Of the run.
        seq: Position in the run, from 1, without gaps among journaled events.
        at: RFC 3339, UTC, milliseconds.
    """

    run_id: str
    seq: int
    at: str
    event: Event
