"""``mlctl run``."""

from __future__ import annotations

import click

from mlctl.cli.applying import Manner, apply_new, can_agree
from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options_and_inputs, opened
from mlctl.cli.errors import NotSound, Refused
from mlctl.cli.manner import manner_options
from mlctl.cli.outlet import Form
from mlctl.cli.planning import form_options
from mlctl.cli.recorded import as_recorded
from mlctl.core.address import Address
from mlctl.core.diagnostic import has_errors
from mlctl.core.suggest import did_you_mean
from mlctl.core.value import Value, string
from mlctl.outside.session import Session
from mlctl.plan.selection import without_keys
from mlctl.plan.world import Options
from mlctl.workflow import PlanRequest

KIND = "pipeline"


@click.command(cls=Command, short_help="Run a pipeline now.")
@click.argument(KIND)
@click.option("--no-reuse", is_flag=True, help="Run every step although results are kept.")
@form_options
@manner_options
@configuration_options_and_inputs
def command(
    asked: Asked,
    inputs: tuple[str, ...],
    manner: Manner,
    form: Form,
    pipeline: str,
    no_reuse: bool,
) -> int:
    """Run a pipeline now, whatever its run_on_apply says. Kept results are reused as in apply."""
    given = dict(_input(text) for text in inputs)

    def request(session: Session) -> PlanRequest:
        address = _pipeline(session, pipeline)
        return PlanRequest(
            options=Options(pipeline=address, no_reuse=no_reuse),
            inputs=_inputs(session, address, given),
        )

    if not can_agree(asked, form, manner):
        _check_name(asked, pipeline)
    return apply_new(asked, form, manner.for_operation("run"), request)


def _check_name(asked: Asked, pipeline: str) -> None:
    """Say first that a pipeline is not there: agreeing to it would not help."""
    with opened(asked) as session:
        if not has_errors(session.loaded.found):
            _pipeline(session, pipeline)


def _input(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.BadParameter(
            f'"{text}" is not NAME=VALUE.', click.get_current_context(), param_hint="'--input'"
        )
    return name.strip(), value


def _pipeline(session: Session, text: str) -> Address:
    """The pipeline somebody named, with or without its kind.

    Raises:
        NotSound: The configuration has errors, so it may well be there.
        Refused: It is not declared.
    """
    nodes = [node for node in session.loaded.graph.nodes if node.kind == KIND]
    for spelled in (f"{KIND}.{text}", text):
        try:
            address = Address.parse(spelled)
        except ValueError:
            continue
        if without_keys(address) in nodes:
            return address
    if has_errors(session.loaded.found):
        raise NotSound(session.loaded.found)
    names = [str(node).removeprefix(f"{KIND}.") for node in nodes]
    near = did_you_mean(text.removeprefix(f"{KIND}."), names)
    there = f"There are: {', '.join(names)}." if names else "The configuration declares none."
    raise Refused(f'There is no pipeline "{text}"', near or there)


def _inputs(
    session: Session, pipeline: Address, given: dict[str, str]
) -> dict[tuple[Address, str], Value]:
    if not given:
        return {}
    for name in given:
        _check_input(session, pipeline, name)
    state, _ = session.read_state()
    instances = as_recorded(session, state).instances(without_keys(pipeline))
    return {
        (instance, name): string(text)
        for instance in instances
        if pipeline.covers(instance)
        for name, text in given.items()
    }


def _check_input(session: Session, pipeline: Address, name: str) -> None:
    declared = without_keys(pipeline)
    known = [
        node.name
        for node in session.loaded.graph.nodes
        if node.kind == "inputs" and node.parent == declared
    ]
    if name not in known:
        near = did_you_mean(name, known)
        there = f"It has: {', '.join(known)}." if known else "It has none."
        raise Refused(f'{pipeline} has no input "{name}"', near or there)
