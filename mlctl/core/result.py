"""A step's result: what is kept under a fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlctl.core.digest import Digest, Json
from mlctl.core.job import Artifact


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """One output of a run.

    Attributes:
        artifact: Its content in the store.
        type: As declared, such as ``uri_folder``.
    """

    artifact: Artifact
    type: str


@dataclass(frozen=True, slots=True)
class OtherRun:
    """A run of the same fingerprint that gave other outputs.

    Attributes:
        run_id: Of the apply it was part of.
        outputs: Digest by output name.
    """

    run_id: str
    outputs: Mapping[str, Digest]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """What one successful run of a step gave, and what it was given.

    Attributes:
        fingerprint: Of the key; the record's name.
        key: The whole typed key, so that two can be laid side by side.
        run_id: Of the apply that ran it.
        address: Of the step then; others may share the result.
        outputs: By name.
        values: Outputs that are values, parsed: literals and metrics.
        started_at: RFC 3339 in UTC.
        finished_at: RFC 3339 in UTC.
        duration_s: The step's own time, without staging and collecting.
        compute: Address of the target it ran on.
        host: Facts of that machine, for people.
        also: Runs of the same fingerprint that gave other outputs, oldest first.
    """

    fingerprint: Digest
    key: Json
    run_id: str
    address: str
    outputs: Mapping[str, OutputRecord]
    values: Mapping[str, Json]
    started_at: str
    finished_at: str
    duration_s: float
    compute: str
    host: Mapping[str, Json] = field(default_factory=dict)
    also: tuple[OtherRun, ...] = ()

    @property
    def non_reproducible(self) -> bool:
        """True when the same key has given different outputs."""
        return bool(self.also)

    @property
    def output_digests(self) -> dict[str, Digest]:
        """Digest by output name: what makes two results the same."""
        return {name: output.artifact.digest for name, output in self.outputs.items()}
