"""A plan: the actions that would bring the world to what the configuration says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mlctl.core.address import Address
from mlctl.core.digest import Digest
from mlctl.core.reason import Reason
from mlctl.core.state import StepRecord
from mlctl.core.step import StepKey
from mlctl.core.value import Value


class Action(StrEnum):
    """What apply will do to one object. Steps use RUN, REUSE, FORGET and NO_OP."""

    NO_OP = "no-op"
    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"
    RUN = "run"
    REUSE = "reuse"


class ActionReason(StrEnum):
    """Why a resource's action is more than its attributes show."""

    NONE = ""
    REPLACE_BECAUSE_CANNOT_UPDATE = "replace_because_cannot_update"
    REPLACE_BECAUSE_TAINTED = "replace_because_tainted"
    REPLACE_BY_REQUEST = "replace_by_request"
    REPLACE_BY_TRIGGERS = "replace_by_triggers"
    DELETE_BECAUSE_NOT_DECLARED = "delete_because_no_resource_config"
    DELETE_BECAUSE_COUNT_INDEX = "delete_because_count_index"
    DELETE_BECAUSE_EACH_KEY = "delete_because_each_key"
    DELETE_BECAUSE_DESTROY = "delete_because_destroy"
    CREATE_BECAUSE_GONE = "create_because_gone"
    RESUME_CREATION = "resume_creation"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange:
    """One row of the plan about something that is made.

    Attributes:
        before: The recorded and refreshed attributes, an object; None when there is none.
        after: The wanted attributes, an object with unknowns for what only apply will tell and
            sensitive marks; None when it goes.
        replace_paths: The attributes that force a replacement.
        needs: What must be there first.
    """

    address: Address
    kind: str
    type: str
    action: Action
    before: Value | None = None
    after: Value | None = None
    reason: ActionReason = ActionReason.NONE
    replace_paths: tuple[str, ...] = ()
    needs: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChange:
    """One row of the plan about a step.

    Attributes:
        key: What its result is kept under, perhaps with pending parts; None for FORGET.
        fingerprint: Of the key, or None when it is known only after apply.
        reasons: Why it will run. Empty for REUSE, NO_OP and FORGET, never for RUN.
        record: REUSE: what the state will say; NO_OP: what it says.
        reused_from: REUSE and NO_OP: the run whose outputs are taken.
        estimated_s: How long it took last time, in seconds, if it ever ran.
        compute: The address of the target.
        needs: What must be done first.
        forced: The cached result must not be used.
        non_reproducible: Two runs of this fingerprint gave different outputs: their run ids.
    """

    address: Address
    action: Action
    key: StepKey | None = None
    fingerprint: Digest | None = None
    reasons: tuple[Reason, ...] = ()
    record: StepRecord | None = None
    reused_from: str | None = None
    estimated_s: float | None = None
    compute: str = ""
    needs: tuple[Address, ...] = ()
    forced: bool = False
    non_reproducible: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputChange:
    """One root output.

    Attributes:
        before: As recorded; None when it is new.
        after: As wanted, unknown when only apply will tell; None when it goes.
    """

    name: str
    action: Action
    before: Value | None
    after: Value | None
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """Something changed outside of mlctl since the last apply.

    Attributes:
        after: As found; None when it is gone.
    """

    address: Address
    kind: str
    type: str
    before: Value
    after: Value | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of a plan or of an apply."""

    add: int = 0
    change: int = 0
    remove: int = 0
    imported: int = 0
    run: int = 0
    reuse: int = 0


class PlanMode(StrEnum):
    """What the plan is for."""

    NORMAL = "normal"
    DESTROY = "destroy"
    REFRESH_ONLY = "refresh-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything apply does and every view shows.

    Attributes:
        resources: In an order that apply may follow from first to last; NO_OP rows included.
        steps: Likewise.
        republish: Pipeline outputs whose copy under ``.mlctl/outputs`` is missing or was changed.
        deferred: Declarations whose instances are known only after a first round of apply.
        warnings: Sentences about the plan itself, such as that it was limited to targets.
    """

    mode: PlanMode = PlanMode.NORMAL
    resources: tuple[ResourceChange, ...] = ()
    steps: tuple[StepChange, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    drift: tuple[Drift, ...] = ()
    republish: tuple[Address, ...] = ()
    deferred: tuple[Address, ...] = ()
    warnings: tuple[str, ...] = ()
    lineage: str = ""
    serial: int = 0
    variables: Mapping[str, Value] = field(default_factory=dict)

    @property
    def summary(self) -> Summary:
        """The counts. A replacement counts as one to add and one to destroy."""
        made = [c.action for c in self.resources]
        done = [c.action for c in self.steps]
        return Summary(
            add=sum(a in (Action.CREATE, Action.REPLACE) for a in made),
            change=made.count(Action.UPDATE),
            remove=sum(a in (Action.DELETE, Action.REPLACE) for a in made),
            run=done.count(Action.RUN),
            reuse=sum(a in (Action.REUSE, Action.NO_OP) for a in done),
        )

    @property
    def is_empty(self) -> bool:
        """True when applying would change nothing that is recorded."""
        return (
            all(c.action is Action.NO_OP for c in self.resources)
            and all(c.action is Action.NO_OP for c in self.steps)
            and all(c.action is Action.NO_OP for c in self.outputs)
            and not self.deferred
        )
