"""From the rows of a plan to what waits for what. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mlctl.core.address import Address
from mlctl.core.plan import Action, Plan, ResourceChange, StepChange
from mlctl.core.state import ResourceRecord

Row = ResourceChange | StepChange

RESOURCE_S = 1.0
"""Thought for an object nobody has timed."""
STEP_S = 10.0
"""Thought for a step that never ran."""

_GOES = (Action.DELETE, Action.REPLACE)


def rows(plan: Plan) -> dict[Address, Row]:
    """Every row of the plan by address, in its order."""
    changes: tuple[Row, ...] = (*plan.resources, *plan.steps)
    return {change.address: change for change in changes}


def needs(plan: Plan, recorded: Mapping[Address, ResourceRecord]) -> dict[Address, set[Address]]:
    """What must end well before each row.

    Making follows the references; removing goes against them: what used something is changed or
    removed before it.

    Args:
        plan: The plan.
        recorded: The objects of the state, which know what they needed when they were made.
    """
    all_rows = rows(plan)
    place = {address: number for number, address in enumerate(all_rows)}
    found: dict[Address, set[Address]] = {address: set() for address in place}
    going = {c.address: c.action for c in plan.resources if c.action in _GOES}
    for change in all_rows.values():
        for need in change.needs:
            if need in found:
                removal = Action.DELETE in (going.get(change.address), going.get(need))
                against = removal and place[need] > place[change.address]
                waits, first = (need, change.address) if against else (change.address, need)
                found[waits].add(first)
    for resource in plan.resources:
        record = recorded.get(resource.address)
        for used in record.dependencies if record else ():
            if used in going and _goes_first(resource.action, going[used]):
                found[used].add(resource.address)
    return found


def cost_s(plan: Plan) -> dict[Address, float]:
    """How long each row is thought to take, in seconds."""
    costs: dict[Address, float] = {}
    for change in plan.resources:
        costs[change.address] = 0.0 if change.action is Action.NO_OP else RESOURCE_S
    for step in plan.steps:
        guess_s = STEP_S if step.estimated_s is None else step.estimated_s
        costs[step.address] = guess_s if step.action is Action.RUN else 0.0
    return costs


def _goes_first(user: Action, used: Action) -> bool:
    """True when what used an object must be dealt with before that object goes."""
    return user is Action.DELETE or (used is Action.DELETE and user is not Action.NO_OP)
