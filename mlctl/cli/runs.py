"""``mlctl runs``: what earlier runs did."""

from __future__ import annotations

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options
from mlctl.cli.documents import say_json
from mlctl.cli.lazy import Commands
from mlctl.cli.log_files import follow, print_logs
from mlctl.cli.outlet import say
from mlctl.cli.recorded import data_dir
from mlctl.state import history
from mlctl.views.runs import run_detail_json, run_text, runs_json, runs_text


@click.group(cls=Commands, short_help="List earlier runs, show one, print logs.")
def command() -> None:
    """List earlier runs, show one, print the logs of its steps."""


@command.command("list", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="As one JSON array.")
@configuration_options
def list_(asked: Asked, as_json: bool) -> None:
    """List the runs that are kept here, the newest first."""
    found = history.runs(data_dir())
    if as_json:
        say_json(runs_json(found))
    else:
        say(runs_text(found, asked.out))


@command.command("show", cls=Command)
@click.argument("run_id", metavar="[RUN]", default="latest")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@configuration_options
def show(asked: Asked, run_id: str, as_json: bool) -> None:
    """Show a run and what it did about each step. RUN may be the start of an id, or latest."""
    detail = history.run(data_dir(), run_id)
    if as_json:
        say_json(run_detail_json(detail))
    else:
        say(run_text(detail, asked.out))


@command.command("logs", cls=Command)
@click.argument("run_id", metavar="[RUN]", default="latest")
@click.option("--step", metavar="ADDRESS", help="Of this step only.")
@click.option("--follow", "-f", "follows", is_flag=True, help="Go on until the run has ended.")
@configuration_options
def logs(asked: Asked, run_id: str, step: str | None, follows: bool) -> None:
    """Print what the steps of a run printed. RUN may be the start of an id, or latest."""
    if follows:
        follow(data_dir(), run_id, step, asked.out)
    else:
        print_logs(data_dir(), run_id, step, asked.out)
