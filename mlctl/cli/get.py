"""``mlctl get``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options
from mlctl.cli.errors import Refused
from mlctl.cli.outlet import say
from mlctl.cli.recorded import as_recorded, parsed, recorded, unknown
from mlctl.core.address import Address
from mlctl.core.digest import Digest
from mlctl.core.errors import MissingContent
from mlctl.core.state import State
from mlctl.outside.session import Session
from mlctl.plan.selection import without_keys


@click.command(cls=Command, short_help="Copy an output out of the store.")
@click.argument("address")
@click.argument("destination", metavar="DEST")
@configuration_options
def command(asked: Asked, address: str, destination: str) -> None:
    """Copy an output's bytes to DEST, which must not be there, or is a folder to put it into.

    ADDRESS is pipeline.P.step.S.outputs.NAME or pipeline.P.outputs.NAME.
    """
    with recorded(asked) as (session, state):
        known = sorted(_outputs(session, state))
        named = _one_of(parsed(address, known), state)
        digest = _digest(session, state, named)
        if digest is None:
            raise _no_output(session, address, named, known)
        target = Path(destination)
        if target.is_dir():
            target = target / named.name
        try:
            session.store.copy_out(digest, target.absolute())
        except FileExistsError as error:
            raise Refused(
                f"{target} is there already", "mlctl get overwrites nothing; name another place."
            ) from error
        except MissingContent as error:
            raise Refused(f"{named} cannot be copied: {error}", _made_again(named)) from error
        say(f"{named} is now at {target}\n")


def _no_output(session: Session, text: str, named: Address, known: list[Address]) -> Refused:
    """Why what somebody named cannot be copied."""
    inside = [one for one in known if named.covers(one)]
    own = [one for one in inside if one.parent is not None and without_keys(one.parent) == named]
    listed = own if named.kind == "pipeline" and own else inside
    if listed:
        several = "is not one output but several" if len(listed) > 1 else "is not an output"
        return Refused(f"{named} {several}", f"Name one: {', '.join(map(str, listed))}.")
    if _waits_for_its_step(session, named, known):
        return Refused(f"{named} was not made yet", _made_again(named))
    return unknown(text, known)


def _waits_for_its_step(session: Session, named: Address, known: list[Address]) -> bool:
    """True for a declared step of which nothing is recorded, and for what it would give."""
    step = named.parent if named.kind == "outputs" else named
    if step is None or step.kind != "step" or any(step.covers(one) for one in known):
        return False
    return without_keys(step) in session.loaded.graph.nodes


def _made_again(output: Address) -> str:
    """How to come by content that is not kept."""
    pipeline = next((part.name for part in output.parts if part.kind == "pipeline"), "NAME")
    return f"mlctl apply makes it, or mlctl run {pipeline} where apply does not run its pipeline."


def _outputs(session: Session, state: State) -> Iterator[Address]:
    for address, record in state.steps.items():
        yield from (address.child("outputs", name) for name in record.outputs)
    yield from (node for node in session.loaded.graph.nodes if _is_pipeline_output(node))


def _is_pipeline_output(address: Address) -> bool:
    parent = address.parent
    return address.kind == "outputs" and parent is not None and parent.kind == "pipeline"


def _one_of(address: Address, state: State) -> Address:
    """The one output of a step that has no other, where the step is named."""
    record = state.steps.get(address)
    if record is None or len(record.outputs) != 1:
        return address
    return address.child("outputs", next(iter(record.outputs)))


def _digest(session: Session, state: State, output: Address) -> Digest | None:
    """The content; None where there is no such output.

    Raises:
        Refused: There is, and it has no content.
    """
    owner = output.parent
    if owner is not None and owner in state.steps and output.kind == "outputs":
        found = state.steps[owner].outputs.get(output.name)
        return found.artifact.digest if found is not None else None
    if owner is None or without_keys(output) not in session.loaded.graph.nodes:
        return None
    if not _is_pipeline_output(output):
        return None
    evaluation = as_recorded(session, state)
    if owner not in evaluation.instances(without_keys(owner)):
        return None
    digest = evaluation.output_digest(output)
    if digest is None:
        raise Refused(
            f"{output} has no content to copy: it is a value, or was not made yet",
            "mlctl apply makes it; mlctl output shows values.",
        )
    return digest
