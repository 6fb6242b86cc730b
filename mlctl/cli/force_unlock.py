"""``mlctl force-unlock``."""

from __future__ import annotations

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options
from mlctl.cli.outlet import say
from mlctl.cli.recorded import recorded


@click.command(cls=Command, short_help="Remove somebody's lock on the state.")
@click.argument("lock_id", metavar="ID")
@configuration_options
def command(asked: Asked, lock_id: str) -> None:
    """Remove the lock with this ID from the state. Whoever holds it can save no more.

    Seldom needed: a lock whose holder is gone is taken over, and one that is not renewed ends.
    """
    with recorded(asked) as (session, _):
        holder = session.backend.force_unlock(lock_id)
        say(f"The lock of {holder} is removed.\n")
