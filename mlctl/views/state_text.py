"""The state as text: ``state list``, ``state show``, ``show``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlctl.config.data import recorded_output
from mlctl.core.address import Address
from mlctl.core.result import OutputRecord
from mlctl.core.state import ResourceRecord, State, Status, StepRecord
from mlctl.core.value import Value, object_of, string
from mlctl.views.output_values import outputs_text
from mlctl.views.plan_resources import block_label
from mlctl.views.sealed import is_hidden, recorded_value
from mlctl.views.style import Style
from mlctl.views.text import duration, pad, safe, safe_line, size
from mlctl.views.value_diff import Mark
from mlctl.views.value_text import Painter, name_text, value_lines


def addresses_text(addresses: Iterable[Address]) -> str:
    """``state list``: one address a line, in order."""
    return "".join(f"{safe_line(str(address))}\n" for address in sorted(addresses))


def state_text(state: State, style: Style) -> str:
    """``show``: everything recorded, then the outputs."""
    if not state.resources and not state.steps and not state.outputs:
        return "The state is empty.\n"
    blocks = [resource_text(state.resources[a], style) for a in sorted(state.resources)]
    blocks.extend(step_text(state.steps[a], style) for a in sorted(state.steps))
    if outputs := outputs_text(state.outputs):
        blocks.append(f"Outputs:\n\n{outputs}")
    return "\n".join(blocks)


def resource_text(record: ResourceRecord, style: Style) -> str:
    """One recorded object."""
    status = "" if record.status is Status.OK else f" ({record.status.value})"
    head = style.bold(f"# {safe_line(str(record.address))}:{status}")
    label = block_label(record.kind, record.type, record.address.name)
    attributes = recorded_value(record.attributes).entries()
    inside = {n: v for n, v in attributes.items() if v.raw is not None or is_hidden(v)}
    return "\n".join([head, *_block(label, inside, style)]) + "\n"


def step_text(record: StepRecord, style: Style) -> str:
    """One recorded step: what it gave, when and where."""
    head = style.bold(f"# {safe_line(str(record.address))}:")
    facts = {
        "compute": record.compute,
        "fingerprint": record.fingerprint,
        "run_id": record.run_id,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "took": duration(record.duration_s),
    }
    inside = {name: string(text) for name, text in facts.items() if text}
    if record.outputs:
        inside["outputs"] = object_of({n: _output(o) for n, o in sorted(record.outputs.items())})
    if record.values:
        inside["values"] = object_of({n: _said(record, n) for n in sorted(record.values)})
    return (
        "\n".join([head, *_block(block_label("step", "", record.address.name), inside, style)])
        + "\n"
    )


def _said(record: StepRecord, name: str) -> Value:
    """What a value output says."""
    output = record.outputs.get(name)
    said = record.values[name]
    return recorded_output(output.type, said) if output else recorded_value(said)


def _output(output: OutputRecord) -> Value:
    artifact = output.artifact
    return object_of(
        {
            "digest": string(artifact.digest),
            "size": string(size(artifact.size_bytes)),
            "type": string(output.type),
        }
    )


def _block(label: str, attributes: Mapping[str, Value], style: Style) -> list[str]:
    painter = Painter(style)
    names = {name: name_text(name) for name in attributes}
    width = max(map(len, names.values()), default=0)
    lines = [f"{safe(label)} {{"]
    for name, value in attributes.items():
        first, *rest = value_lines(value, Mark.SAME, 0, painter)
        lines.extend([f"    {pad(names[name], width)} = {first}", *rest])
    return [*lines, "}"]
