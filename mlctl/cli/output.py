"""``mlctl output``."""

from __future__ import annotations

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options, to_stderr
from mlctl.cli.documents import say_json
from mlctl.cli.outlet import say
from mlctl.cli.recorded import recorded
from mlctl.core.state import State
from mlctl.views.output_values import find, output_json, output_text, outputs_text, raw_text


@click.command(cls=Command, short_help="Show outputs.")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON: all of them, or one's value.")
@click.option("--raw", is_flag=True, help="One text, number or bool as it is, without quotes.")
@configuration_options
def command(asked: Asked, name: str | None, as_json: bool, raw: bool) -> None:
    """Show the outputs as they were last applied, or one of them."""
    if raw and (as_json or name is None):
        raise click.UsageError("--raw needs the NAME of one output, and no --json")
    with recorded(asked) as (_, state):
        if as_json:
            say_json(output_json(state.outputs, name))
        elif raw and name is not None:
            say(raw_text(state.outputs, name))
        else:
            _text(state, name)


def _text(state: State, name: str | None) -> None:
    if name is not None:
        say(f"{output_text(find(state.outputs, name))}\n")
    elif state.outputs:
        say(outputs_text(state.outputs))
    else:
        to_stderr("No outputs are recorded.")
