"""``mlctl state``: what is recorded."""

from __future__ import annotations

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options
from mlctl.cli.documents import say_json
from mlctl.cli.lazy import Commands
from mlctl.cli.outlet import say
from mlctl.cli.recorded import parsed, recorded, unknown
from mlctl.cli.show import show_object
from mlctl.views.state_text import addresses_text


@click.group(cls=Commands, short_help="List and show what is recorded.")
def command() -> None:
    """List and show what is recorded."""


@command.command("list", cls=Command)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--json", "as_json", is_flag=True, help="As one JSON array.")
@configuration_options
def list_(asked: Asked, addresses: tuple[str, ...], as_json: bool) -> None:
    """List the addresses of what is recorded: all, or those that ADDRESS names."""
    with recorded(asked) as (_, state):
        known = sorted({*state.resources, *state.steps})
        wanted = [parsed(text, known) for text in addresses]
        for one in wanted:
            if not any(one.covers(a) for a in known):
                raise unknown(str(one), known)
        shown = [a for a in known if not wanted or any(one.covers(a) for one in wanted)]
        if as_json:
            say_json([str(a) for a in shown])
        else:
            say(addresses_text(shown))


@command.command("show", cls=Command)
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@configuration_options
def show(asked: Asked, address: str, as_json: bool) -> None:
    """Show what is recorded of one object."""
    with recorded(asked) as (_, state):
        show_object(state, address, asked.out, as_json=as_json)
