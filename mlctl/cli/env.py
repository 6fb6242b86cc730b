"""``mlctl env``: environments and their locks."""

from __future__ import annotations

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options, to_stderr
from mlctl.cli.documents import say_json
from mlctl.cli.environments import Found, environments
from mlctl.cli.errors import Refused
from mlctl.cli.lazy import Commands
from mlctl.cli.outlet import say
from mlctl.cli.recorded import recorded
from mlctl.core.digest import Json
from mlctl.core.suggest import did_you_mean
from mlctl.environments.resolve import Mode
from mlctl.outside.locks import LockFiles
from mlctl.views.text import plural, safe_line, table


@click.group(cls=Commands, short_help="List environments, lock them anew.")
def command() -> None:
    """List environments, lock them anew."""


@command.command("list", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="As one JSON array.")
@configuration_options
def list_(asked: Asked, as_json: bool) -> None:
    """List the environments and whether their locks answer what is declared."""
    with recorded(asked) as (session, state):
        found = environments(session, state)
        locks = LockFiles(session.invocation.root)
        rows = [(one, one.lock_status(locks)) for one in found]
    if as_json:
        say_json([_json(one, status) for one, status in rows])
        return
    if not rows:
        say("No environment is declared.\n")
        return
    head, *lines = table(
        [
            ("ENVIRONMENT", "LOCK", "FILE"),
            *((safe_line(str(one.address)), safe_line(s), one.file) for one, s in rows),
        ]
    )
    say("\n".join([asked.out.bold(head), *lines]) + "\n")


@command.command("lock", cls=Command)
@click.argument("name", required=False)
@click.option("--upgrade", is_flag=True, help="Let go of the versions that were locked before.")
@configuration_options
def lock(asked: Asked, name: str | None, upgrade: bool) -> None:
    """Resolve an environment, or all, and write the lock file beside the configuration."""
    with recorded(asked) as (session, state):
        locks = LockFiles(session.invocation.root)
        chosen = _chosen(environments(session, state), name)
        for one in chosen:
            if one.requested is None:
                say(f"{one.address} is not managed, so there is nothing to lock.\n")
                continue
            mode = Mode(upgrade=upgrade)
            software = locks.renew(one.requested, to_stderr, mode)
            packages = plural(len(software.packages), "package")
            say(f"{one.address}: {packages} locked in {one.file}\n")


def _chosen(found: tuple[Found, ...], name: str | None) -> tuple[Found, ...]:
    if name is None:
        return found
    wanted = {name, f"environment.{name}"}
    chosen = tuple(
        one for one in found if wanted & {str(one.address), str(one.address.declaration)}
    )
    if not chosen:
        names = [str(one.address).removeprefix("environment.") for one in found]
        near = did_you_mean(name.removeprefix("environment."), names)
        raise Refused(f'There is no environment "{name}"', near)
    return chosen


def _json(one: Found, status: str) -> Json:
    return {"address": str(one.address), "lock": status, "file": one.file or None}
