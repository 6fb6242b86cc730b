"""A state as one JSON document, for ``show --json`` and ``state show --json``."""

from __future__ import annotations

from collections.abc import Mapping

from mlctl.core.digest import Json
from mlctl.core.state import OutputValue, ResourceRecord, State, StepRecord
from mlctl.state.version import mlctl_version
from mlctl.views.sealed import bare, hidden_places

FORMAT_VERSION = "1.0"


def state_document(state: State) -> dict[str, Json]:
    """The document. Sensitive values in it are null, with ``true`` in the mirror beside them."""
    return {
        "format_version": FORMAT_VERSION,
        "mlctl_version": mlctl_version(),
        "serial": state.serial,
        "lineage": state.lineage,
        "values": state_values(state),
        "checks": list(state.checks),
    }


def state_values(state: State) -> dict[str, Json]:
    """``{outputs, resources, steps}``, each in the order of its names."""
    return {
        "outputs": outputs_json(state.outputs),
        "resources": [resource_json(state.resources[a]) for a in sorted(state.resources)],
        "steps": [step_json(state.steps[a]) for a in sorted(state.steps)],
    }


def outputs_json(outputs: Mapping[str, OutputValue]) -> dict[str, Json]:
    """``{name: {sensitive, type, value}}``; the value of a sensitive one is null."""
    return {
        name: {
            "sensitive": output.sensitive,
            "type": output.type,
            "value": None if output.sensitive else bare(output.value),
        }
        for name, output in sorted(outputs.items())
    }


def resource_json(record: ResourceRecord) -> dict[str, Json]:
    """One of ``resources``."""
    body: dict[str, Json] = {
        "address": str(record.address),
        "kind": record.kind,
        "type": record.type,
        "name": record.address.name,
        "index": record.address.key,
        "provider": record.provider,
        "schema_version": record.schema_version,
        "values": bare(record.attributes),
        "sensitive_values": hidden_places(record.attributes),
        "depends_on": [str(need) for need in record.dependencies],
        "status": record.status.value,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }
    if record.address.module:
        body["module_address"] = ".".join(map(str, record.address.module))
    return body


def step_json(record: StepRecord) -> dict[str, Json]:
    """One of ``steps``. ``metrics`` holds what outputs of type ``metrics`` say, by output."""
    metrics = {name for name, output in record.outputs.items() if output.type == "metrics"}
    return {
        "address": str(record.address),
        "fingerprint": record.fingerprint,
        "run_id": record.run_id,
        "outputs": {
            name: {
                "digest": output.artifact.digest,
                "size_bytes": output.artifact.size_bytes,
                "type": output.type,
            }
            for name, output in record.outputs.items()
        },
        "metrics": {n: bare(v) for n, v in record.values.items() if n in metrics},
        "values": {n: bare(v) for n, v in record.values.items() if n not in metrics},
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "duration_seconds": record.duration_s,
        "compute": record.compute,
    }
