"""The state: what was made and what was run, as of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mlctl.core.address import Address
from mlctl.core.digest import Digest, Json
from mlctl.core.result import OutputRecord, ResultRecord


class Status(StrEnum):
    """How far an object is."""

    OK = "ok"
    CREATING = "creating"
    TAINTED = "tainted"
    DEPOSED = "deposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRecord:
    """One object that was made.

    Attributes:
        kind: The block it is declared by, such as ``compute``.
        type: The block's type label, empty for kinds without one.
        provider: Who made it; empty for what mlctl keeps itself.
        schema_version: Of ``attributes``.
        attributes: As the provider gave them; sensitive ones sealed.
        dependencies: What it needs, so that it can be destroyed before it when both go.
        token: Given to the provider at creation; the same over retries.
        created_at: RFC 3339, UTC.
        updated_at: RFC 3339, UTC.
    """

    address: Address
    kind: str
    type: str = ""
    provider: str = ""
    schema_version: int = 1
    attributes: Mapping[str, Json] = field(default_factory=dict)
    dependencies: tuple[Address, ...] = ()
    status: Status = Status.OK
    token: str = ""
    created_at: str = ""
    updated_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """The result a step's address stands for now.

    Attributes:
        parts: The whole typed key (``StepKey.to_json``), so that a later plan can say what differs.
        values: What literal and metrics outputs say.
        started_at: RFC 3339, UTC.
        finished_at: RFC 3339, UTC.
        compute: Address of the target it ran on.
    """

    address: Address
    fingerprint: Digest
    parts: Json
    run_id: str
    outputs: Mapping[str, OutputRecord]
    values: Mapping[str, Json] = field(default_factory=dict)
    started_at: str = ""
    finished_at: str = ""
    duration_s: float = 0.0
    compute: str = ""

    @classmethod
    def of(cls, address: Address, result: ResultRecord) -> StepRecord:
        """The record of a step that stands for ``result``."""
        return cls(
            address=address,
            fingerprint=result.fingerprint,
            parts=result.key,
            run_id=result.run_id,
            outputs=result.outputs,
            values=result.values,
            started_at=result.started_at,
            finished_at=result.finished_at,
            duration_s=result.duration_s,
            compute=result.compute,
        )


@dataclass(frozen=True, slots=True)
class OutputValue:
    """A root output as last applied.

    Attributes:
        value: In plain data; sealed when sensitive.
        type: cty's JSON form of its type.
    """

    value: Json
    type: Json
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything recorded.

    Attributes:
        lineage: Drawn once, when the state is first saved; two states of one lineage are two
            moments of one history.
        serial: Counts saved changes.
    """

    lineage: str = ""
    serial: int = 0
    outputs: Mapping[str, OutputValue] = field(default_factory=dict)
    resources: Mapping[Address, ResourceRecord] = field(default_factory=dict)
    steps: Mapping[Address, StepRecord] = field(default_factory=dict)
    checks: tuple[Json, ...] = ()
