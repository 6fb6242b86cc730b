"""Records to plain data and back, under the names that the state file and the journal use."""

from __future__ import annotations

from collections.abc import Mapping

from mlctl.core.digest import Json
from mlctl.core.result import OutputRecord
from mlctl.core.state import OutputValue, ResourceRecord, StepRecord
from mlctl.state.plain import from_plain, to_plain

METRICS = "metrics"
"""The output type whose value is an object of numbers."""


def resource_to_json(record: ResourceRecord) -> dict[str, Json]:
    """Every field, written also where it has its default: people read this."""
    return {
        "address": str(record.address),
        "kind": record.kind,
        "type": record.type,
        "provider": record.provider,
        "schema_version": record.schema_version,
        "attributes": record.attributes,
        "dependencies": [str(address) for address in record.dependencies],
        "status": record.status.value,
        "token": record.token,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def resource_from_json(raw: Json) -> ResourceRecord:
    """The inverse.

    Raises:
        ValueError: It does not spell one.
    """
    return from_plain(ResourceRecord, raw)


def step_to_json(record: StepRecord) -> dict[str, Json]:
    """Every field; values of metrics outputs stand apart from values of literal outputs."""
    metrics = {n: v for n, v in record.values.items() if _is_metrics(record, n)}
    return {
        "address": str(record.address),
        "fingerprint": record.fingerprint,
        "parts": record.parts,
        "run_id": record.run_id,
        "outputs": {name: output_to_json(output) for name, output in record.outputs.items()},
        "metrics": metrics,
        "values": {n: v for n, v in record.values.items() if n not in metrics},
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "duration_seconds": record.duration_s,
        "compute": record.compute,
    }


def step_from_json(raw: Json) -> StepRecord:
    """The inverse.

    Raises:
        ValueError: It does not spell one.
    """
    if not isinstance(raw, Mapping):
        raise ValueError(f"not a StepRecord: {raw!r}")
    fields = dict(raw)
    fields["outputs"] = {n: _nested(o) for n, o in _object(fields.get("outputs")).items()}
    fields["values"] = {**_object(fields.pop("metrics", None)), **_object(fields.get("values"))}
    if "duration_seconds" in fields:
        fields["duration_s"] = fields.pop("duration_seconds")
    return from_plain(StepRecord, fields)


def output_to_json(output: OutputRecord) -> dict[str, Json]:
    """Digest, size and type of one output, as every JSON view shows it."""
    return {
        "digest": output.artifact.digest,
        "size_bytes": output.artifact.size_bytes,
        "type": output.type,
    }


def output_value_to_json(output: OutputValue) -> dict[str, Json]:
    """One root output."""
    return to_plain(output)


def output_value_from_json(raw: Json) -> OutputValue:
    """The inverse.

    Raises:
        ValueError: It does not spell one.
    """
    return from_plain(OutputValue, raw)


def _nested(raw: Json) -> Json:
    output = _object(raw)
    artifact = {name: output[name] for name in ("digest", "size_bytes") if name in output}
    return {"artifact": artifact, "type": output.get("type")}


def _is_metrics(record: StepRecord, name: str) -> bool:
    output = record.outputs.get(name)
    return output is not None and output.type == METRICS


def _object(raw: Json) -> Mapping[str, Json]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise ValueError(f"expected an object, found {raw!r}")
    return raw
