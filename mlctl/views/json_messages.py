"""Every line of ``plan --json`` and ``apply --json`` as data: what kind it is, what it says.

The keys that start with ``@`` are for people and log collectors, the rest is for programs. An
object about one thing has that thing's ``address`` at the top level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic, Severity
from mlctl.core.digest import Json
from mlctl.core.plan import Action, Drift, OutputChange, Plan, ResourceChange, StepChange, Summary
from mlctl.core.secret import Secret
from mlctl.core.state import OutputValue
from mlctl.state.version import mlctl_version
from mlctl.views.diagnostic_json import diagnostic_json
from mlctl.views.diagnostics import headline
from mlctl.views.messages import drift_action, drift_sentence, plan_sentence, planned_sentence
from mlctl.views.plan_json import identity_of, step_action, step_change
from mlctl.views.state_json import outputs_json
from mlctl.views.value_json import clear_json

Message = dict[str, Json]
"""One line but for its time."""

UI_VERSION = "1.0"
"""Of these shapes; raised when a key changes its meaning."""


def message(kind: str, text: str, payload: Mapping[str, Json], level: str = "info") -> Message:
    """A line of some kind."""
    return {"@level": level, "@message": text, "type": kind, **payload}


def version_message() -> Message:
    """The first line of every stream."""
    version = mlctl_version()
    return message("version", f"mlctl {version}", {"mlctl": version, "ui": UI_VERSION})


def refresh_started(address: Address, known_id: str | None = None) -> Message:
    """An object is about to be asked for its present attributes."""
    return _refresh("refresh_start", "Refreshing state...", address, known_id)


def refresh_completed(address: Address, known_id: str | None = None) -> Message:
    """An object has been asked for its present attributes."""
    return _refresh("refresh_complete", "Refresh complete", address, known_id)


def plan_messages(plan: Plan) -> Iterator[Message]:
    """What a plan says: drift, changes, the counts, and the root outputs."""
    for drift in plan.drift:
        yield _drift(drift)
    for resource in plan.resources:
        if resource.action is not Action.NO_OP:
            yield _planned_resource(resource)
    for step in plan.steps:
        yield _planned_step(step)
    for warning in plan.warnings:
        yield diagnostic_message(Diagnostic(severity=Severity.WARNING, summary=warning))
    yield summary_message(plan.summary, "plan", plan_sentence(plan.summary))
    if plan.outputs:
        yield _planned_outputs(plan.outputs)


def summary_message(
    summary: Summary, operation: str, text: str, more: Mapping[str, Json] | None = None
) -> Message:
    """The counts of a plan or of an apply."""
    changes: Message = {
        "add": summary.add,
        "change": summary.change,
        "remove": summary.remove,
        "import": summary.imported,
        "run": summary.run,
        "reuse": summary.reuse,
        "operation": operation,
    }
    return message("change_summary", text, {"changes": changes, **(more or {})})


def outputs_message(outputs: Mapping[str, OutputValue]) -> Message:
    """The root outputs after an apply."""
    return message("outputs", f"Outputs: {len(outputs)}", {"outputs": outputs_json(outputs)})


def diagnostic_message(found: Diagnostic) -> Message:
    """A problem."""
    is_error = found.severity is Severity.ERROR
    payload: Message = {"diagnostic": diagnostic_json(found)}
    if found.address:
        payload["address"] = found.address
    return message("diagnostic", headline(found), payload, "error" if is_error else "warn")


def object_id(attributes: Mapping[str, Json | Secret]) -> dict[str, Json]:
    """``{id_key, id_value}`` of an object that has an ``id``."""
    found = attributes.get("id")
    return {"id_key": "id", "id_value": found} if isinstance(found, str) else {}


def _refresh(kind: str, verb: str, address: Address, known_id: str | None) -> Message:
    named: Message = {} if known_id is None else {"id_key": "id", "id_value": known_id}
    tail = f" [id={known_id}]" if known_id else ""
    payload: Message = {"address": str(address), "hook": named}
    return message(kind, f"{address}: {verb}{tail}", payload)


def _drift(drift: Drift) -> Message:
    change: Message = {"action": drift_action(drift).value, "kind": drift.kind, "type": drift.type}
    payload: Message = {**identity_of(drift.address), "change": change}
    return message("resource_drift", drift_sentence(drift), payload)


def _planned_resource(planned: ResourceChange) -> Message:
    change: Message = {
        "action": planned.action.value,
        "kind": planned.kind,
        "type": planned.type,
    }
    if planned.reason:
        change["reason"] = planned.reason.value
    payload: Message = {**identity_of(planned.address), "change": change}
    return message("planned_change", planned_sentence(planned), payload)


def _planned_step(planned: StepChange) -> Message:
    # A step that is up to date reuses what the state has; the counts say so too.
    payload: Message = {"address": str(planned.address), "change": step_change(planned)}
    verb = {"run": "Plan to run", "reuse": "Plan to reuse", "forget": "Plan to forget"}
    text = f"{planned.address}: {verb[step_action(planned.action)]}"
    return message("planned_change", text, payload)


def _planned_outputs(changes: tuple[OutputChange, ...]) -> Message:
    outputs: Message = {
        change.name: {
            "sensitive": change.sensitive,
            "action": change.action.value,
            **({} if change.sensitive else {"value": clear_json(change.after)}),
        }
        for change in changes
        if change.after is not None
    }
    return message("outputs", f"Outputs: {len(outputs)}", {"outputs": outputs})
