"""``mlctl explain``."""

from __future__ import annotations

import click

from mlctl import workflow
from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options, opened, to_stderr
from mlctl.cli.documents import say_json
from mlctl.cli.errors import NotSound, Refused
from mlctl.cli.outlet import say
from mlctl.cli.recorded import parsed, unknown
from mlctl.core.address import Address
from mlctl.core.digest import Json
from mlctl.core.state import State
from mlctl.core.step import StepKey
from mlctl.outside.session import Session
from mlctl.plan.selection import without_keys
from mlctl.plan.world import Options
from mlctl.views.explain import explain_json, explain_text
from mlctl.workflow import Planned, PlanRequest


@click.command(cls=Command, short_help="Show why a step would run or be reused.")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@configuration_options
def command(asked: Asked, address: str, as_json: bool) -> None:
    """Show every part of a step's key, then and now, and why it would run or be reused."""
    with opened(asked) as session:
        named = parsed(address, session.loaded.graph.nodes)
        planned = _planned(session, named)
        steps = [step for step in planned.plan.steps if named.covers(step.address)]
        if not steps:
            raise _no_step(named, session, planned)
        keys = {step.address: _then(planned.state, step.address) for step in steps}
        if as_json:
            documents: list[Json] = [explain_json(s, keys[s.address]) for s in steps]
            say_json(documents[0] if len(documents) == 1 else documents)
        else:
            say("\n".join(explain_text(s, keys[s.address], asked.out) for s in steps))


def _planned(session: Session, named: Address) -> Planned:
    node = without_keys(named)
    pipeline = next((p for p in _and_parents(named) if p.kind == "pipeline"), None)
    # So that a step is explained, too, which only mlctl run runs.
    is_declared = node in session.loaded.graph.nodes
    options = Options(pipeline=pipeline) if pipeline is not None and is_declared else Options()
    planned = workflow.plan(session, PlanRequest(options=options, refresh=False))
    for notice in planned.notices:
        to_stderr(notice)
    if not planned.is_sound:
        raise NotSound(planned.diagnostics)
    return planned


def _and_parents(address: Address) -> list[Address]:
    parent = address.parent
    return [address, *(_and_parents(parent) if parent is not None else [])]


def _no_step(named: Address, session: Session, planned: Planned) -> Refused:
    if without_keys(named) in session.loaded.graph.nodes and named.kind not in ("step", "pipeline"):
        return Refused(
            f"{named} is not a step",
            "mlctl plan says what would be done about other objects, and why.",
        )
    return unknown(str(named), (step.address for step in planned.plan.steps))


def _then(state: State, address: Address) -> StepKey | None:
    record = state.steps.get(address)
    try:
        return StepKey.from_json(record.parts) if record is not None else None
    except ValueError:
        # Recorded by another version, whose keys cannot be read; the reasons say so.
        return None
