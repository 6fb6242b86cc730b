"""What goes: everything, with ``--destroy``, or what is recorded and declared no more."""

from __future__ import annotations

from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.plan import ActionReason, Plan, PlanMode
from mlctl.plan.outputs import removed_outputs
from mlctl.plan.resources import ResourcePlanner, delete_order
from mlctl.plan.selection import limit_warnings, no_such, unknown_addresses, without_keys
from mlctl.plan.steps import StepPlanner
from mlctl.plan.world import World


def plan_destroy(world: World) -> tuple[Plan, Diagnostics]:
    """The plan that removes what is recorded, or what ``--target`` names and all that needs it."""
    options = world.options
    named = (*options.targets, *options.excludes)
    found: Diagnostics = [no_such(world, a) for a in unknown_addresses(world, named)]
    resources, steps = ResourcePlanner(world, found), StepPlanner(world)
    chosen = _chosen(world)
    for address, record in sorted(world.state.resources.items()):
        if address in chosen:
            _refuse_protected(world, address, found)
            resources.delete(record, ActionReason.DELETE_BECAUSE_DESTROY)
    for address in sorted(world.state.steps):
        if address in chosen:
            steps.forget(address)
    outputs = () if named else tuple(removed_outputs(world.state.outputs))
    return Plan(
        mode=PlanMode.DESTROY,
        resources=tuple(delete_order(resources.changes, world.state.resources)),
        steps=tuple(steps.changes),
        outputs=outputs,
        warnings=limit_warnings(limited=bool(named)),
        lineage=world.state.lineage,
        serial=world.state.serial,
    ), found


def _chosen(world: World) -> set[Address]:
    state, options = world.state, world.options
    everything = {*state.resources, *state.steps}
    if options.targets:
        chosen = {a for a in everything if any(t.covers(a) for t in options.targets)}
        waiting = list(chosen)
        while waiting:
            gone = waiting.pop()
            users = {a for a, r in state.resources.items() if gone in r.dependencies} - chosen
            chosen |= users
            waiting.extend(users)
        everything = chosen
    return {a for a in everything if not any(e.covers(a) for e in options.excludes)}


def _refuse_protected(world: World, address: Address, found: Diagnostics) -> None:
    evaluation = world.evaluation
    node = without_keys(address)
    if node not in world.graph.nodes or address not in evaluation.instances(node):
        return
    if evaluation.is_protected(address):
        found.append(
            Diagnostic(
                summary="Object must not be destroyed",
                detail=f"{address} has lifecycle.prevent_destroy set, but the plan calls for it "
                "to be destroyed.",
                hint="Change prevent_destroy, or leave the object out with --exclude.",
                subject=world.graph.nodes[node].span,
            )
        )


def removal_reason(world: World, address: Address) -> ActionReason:
    """Why a recorded object that is no instance of anything declared goes."""
    if without_keys(address) not in world.graph.nodes:
        return ActionReason.DELETE_BECAUSE_NOT_DECLARED
    if isinstance(address.key, int):
        return ActionReason.DELETE_BECAUSE_COUNT_INDEX
    if isinstance(address.key, str):
        return ActionReason.DELETE_BECAUSE_EACH_KEY
    return ActionReason.DELETE_BECAUSE_NOT_DECLARED
