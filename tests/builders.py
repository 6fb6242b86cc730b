"""Short ways to say the domain in a test."""

from __future__ import annotations

from collections.abc import Mapping

from mlctl.core.address import Address
from mlctl.core.digest import Digest, Json, digest, of_bytes
from mlctl.core.job import Artifact
from mlctl.core.result import OutputRecord, ResultRecord
from mlctl.core.state import ResourceRecord, State, Status, StepRecord

AT = "2024-05-06T07:08:09.123Z"


def step_address(name: str, key: str | int | None = None, pipeline: str = "p") -> Address:
    return Address.of("pipeline", pipeline).child("step", name, key)


def compute_address(name: str = "here") -> Address:
    return Address.of("compute", name)


def artifact(content: str = "") -> Artifact:
    return Artifact(of_bytes(content.encode()), len(content))


def output(content: str = "", kind: str = "uri_file") -> OutputRecord:
    return OutputRecord(artifact(content), kind)


def fingerprint(text: str = "f") -> Digest:
    return digest("test", text)


def step_record(
    name: str = "train", *, content: str = "model", values: Mapping[str, Json] | None = None
) -> StepRecord:
    return StepRecord(
        address=step_address(name),
        fingerprint=fingerprint(name + content),
        parts={"format": 1, "command": {"shell": name}},
        run_id="r1",
        outputs={"model": output(content), "metrics": output("{}", "metrics")},
        values=values if values is not None else {"metrics": {"accuracy": 0.5}},
        started_at=AT,
        finished_at=AT,
        duration_s=1.5,
        compute="compute.here",
    )


def result_record(name: str = "train", *, content: str = "model") -> ResultRecord:
    record = step_record(name, content=content)
    return ResultRecord(
        fingerprint=record.fingerprint,
        key=record.parts,
        run_id=record.run_id,
        address=str(record.address),
        outputs=record.outputs,
        values=record.values,
        started_at=AT,
        finished_at=AT,
        duration_s=1.5,
        compute="compute.here",
    )


def resource_record(
    name: str = "here", *, status: Status = Status.OK, token: str = "t", **attributes: Json
) -> ResourceRecord:
    return ResourceRecord(
        address=compute_address(name),
        kind="compute",
        type="fake",
        provider="fake",
        attributes={"name": name, **attributes},
        status=status,
        token=token,
        created_at=AT,
        updated_at=AT,
    )


def state_of(
    *records: ResourceRecord | StepRecord, lineage: str = "a-lineage", serial: int = 3
) -> State:
    return State(
        lineage=lineage,
        serial=serial,
        resources={r.address: r for r in records if isinstance(r, ResourceRecord)},
        steps={r.address: r for r in records if isinstance(r, StepRecord)},
    )
