"""``mlctl lock``: who works on the state."""

from __future__ import annotations

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options
from mlctl.cli.documents import say_json
from mlctl.cli.lazy import Commands
from mlctl.cli.outlet import say
from mlctl.cli.recorded import recorded
from mlctl.views.text import safe_line, table


@click.group(cls=Commands, short_help="Show who works on the state.")
def command() -> None:
    """Show who works on the state."""


@command.command("show", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object; null when not locked.")
@configuration_options
def show(asked: Asked, as_json: bool) -> None:
    """Show who holds the lock on the state."""
    with recorded(asked) as (session, _):
        holder = session.backend.holder()
        if as_json:
            say_json(holder.to_json() if holder is not None else None)
            return
        if holder is None:
            say(f"{session.backend.where} is not locked.\n")
            return
        facts = [
            ("id", holder.id),
            ("user", f"{holder.user}@{holder.host}"),
            ("process", str(holder.pid)),
            ("command", holder.command),
            ("created", str(holder.to_json()["created"])),
            ("expires", str(holder.to_json()["expires"])),
        ]
        say("\n".join(table((name, safe_line(value)) for name, value in facts)) + "\n")
