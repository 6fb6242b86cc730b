"""``mlctl validate``."""

from __future__ import annotations

import click

from mlctl import workflow
from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options, to_stderr
from mlctl.cli.documents import say_json
from mlctl.cli.errors import FAILED, NotSound
from mlctl.cli.outlet import Text, say
from mlctl.core.diagnostic import has_errors
from mlctl.views.diagnostic_json import validation_json


@click.command(cls=Command, short_help="Check the configuration.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@configuration_options
def command(asked: Asked, as_json: bool) -> int:
    """Check the configuration, all of it at once, without looking at the world."""
    _, found = workflow.validate(asked.invocation(to_stderr))
    if as_json:
        say_json(validation_json(found))
        return FAILED if has_errors(found) else 0
    if has_errors(found):
        raise NotSound(found)
    Text(asked.out, asked.err).diagnostics(found)
    say(f"{asked.out.bold(asked.out.green('The configuration is valid.'))}\n")
    return 0
