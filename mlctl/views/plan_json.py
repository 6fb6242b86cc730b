"""A plan as one JSON document, for ``show --json PLANFILE``."""

from __future__ import annotations

from mlctl.core.address import Address
from mlctl.core.digest import Json
from mlctl.core.plan import Action, Drift, OutputChange, Plan, ResourceChange, StepChange
from mlctl.core.state import State
from mlctl.core.value import Value
from mlctl.state.version import mlctl_version
from mlctl.views.reason_json import reason_json
from mlctl.views.state_json import state_values
from mlctl.views.value_json import clear_json, sensitive_places, unknown_places

FORMAT_VERSION = "1.0"

_ACTIONS: dict[Action, list[str]] = {
    Action.NO_OP: ["no-op"],
    Action.CREATE: ["create"],
    Action.READ: ["read"],
    Action.UPDATE: ["update"],
    Action.REPLACE: ["delete", "create"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
}


def plan_document(
    plan: Plan, prior: State, configuration: Json = None, *, errored: bool = False
) -> dict[str, Json]:
    """The document. Sensitive values in it are null, with ``true`` in the mirror beside them.

    Args:
        plan: What would be done.
        prior: The state the plan was made from.
        configuration: The configuration in plain data, as far as the caller has it.
        errored: Planning stopped before it was complete.
    """
    return {
        "format_version": FORMAT_VERSION,
        "mlctl_version": mlctl_version(),
        "mode": plan.mode.value,
        "variables": {name: _variable(value) for name, value in plan.variables.items()},
        "resource_drift": [_drift(drift) for drift in plan.drift],
        "resource_changes": [resource_change(change) for change in plan.resources],
        "step_changes": [step_change(change) for change in plan.steps],
        "output_changes": {change.name: _output_change(change) for change in plan.outputs},
        "deferred": [str(address) for address in plan.deferred],
        "republish": [str(address) for address in plan.republish],
        "warnings": list(plan.warnings),
        "prior_state": {
            "format_version": FORMAT_VERSION,
            "serial": prior.serial,
            "lineage": prior.lineage,
            "values": state_values(prior),
        },
        "configuration": configuration,
        "errored": errored,
        "applyable": not errored and not plan.is_empty,
    }


def resource_change(change: ResourceChange) -> dict[str, Json]:
    """One of ``resource_changes``."""
    replaced: dict[str, Json] = (
        {"replace_paths": list(change.replace_paths)} if change.replace_paths else {}
    )
    body = {**_change(change.action, change.before, change.after), **replaced}
    return {
        **identity_of(change.address),
        "kind": change.kind,
        "type": change.type,
        "change": body,
        "action_reason": change.reason.value or None,
    }


def step_change(change: StepChange) -> dict[str, Json]:
    """One of ``step_changes``. What is up to date is a reuse of what the state has."""
    address = change.address
    pipeline = address.parent
    return {
        "address": str(address),
        "pipeline": pipeline.name if pipeline is not None else None,
        "step": address.name,
        "index": address.key,
        "action": step_action(change.action),
        "reasons": [reason_json(reason) for reason in change.reasons],
        "fingerprint": change.fingerprint,
        "reused_from": change.reused_from,
        "estimated_seconds": change.estimated_s,
        "compute": change.compute or None,
        "depends_on": [str(need) for need in change.needs],
        "forced": change.forced,
        "non_reproducible": list(change.non_reproducible),
    }


def step_action(action: Action) -> str:
    """``run``, ``reuse`` or ``forget``."""
    return "reuse" if action is Action.NO_OP else action.value


def identity_of(address: Address) -> dict[str, Json]:
    """How an object is named: address, name, instance key, and the module it stands in."""
    named: dict[str, Json] = {"address": str(address), "name": address.name, "index": address.key}
    if address.module:
        named["module_address"] = ".".join(map(str, address.module))
    return named


def _change(action: Action, before: Value | None, after: Value | None) -> dict[str, Json]:
    return {
        "actions": _ACTIONS[action],
        "before": clear_json(before),
        "after": clear_json(after),
        "after_unknown": unknown_places(after),
        "before_sensitive": sensitive_places(before),
        "after_sensitive": sensitive_places(after),
    }


def _output_change(change: OutputChange) -> dict[str, Json]:
    body = _change(change.action, change.before, change.after)
    if not change.sensitive:
        return body
    hidden: dict[str, Json] = {
        "before": None,
        "after": None,
        "before_sensitive": change.before is not None,
        "after_sensitive": change.after is not None,
    }
    return {**body, **hidden}


def _drift(drift: Drift) -> dict[str, Json]:
    action = Action.DELETE if drift.after is None else Action.UPDATE
    return {
        **identity_of(drift.address),
        "kind": drift.kind,
        "type": drift.type,
        "change": _change(action, drift.before, drift.after),
    }


def _variable(value: Value) -> dict[str, Json]:
    body: dict[str, Json] = {"value": clear_json(value)}
    if places := sensitive_places(value):
        body["sensitive"] = places
    return body
