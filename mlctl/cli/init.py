"""``mlctl init``."""

from __future__ import annotations

from pathlib import Path

import click

from mlctl import workflow
from mlctl.cli import examples
from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options, to_stderr
from mlctl.cli.errors import NotSound
from mlctl.cli.outlet import Text, say
from mlctl.core.diagnostic import has_errors


@click.command(cls=Command, short_help="Look whether there is a configuration, or write a starter.")
@click.option("--example", metavar="NAME", help="Write this starter configuration here.")
@configuration_options
def command(asked: Asked, example: str | None) -> None:
    """Look whether there is a configuration here that makes sense, or write a starter.

    It may be repeated without harm and overwrites nothing. Other commands do not need it.
    """
    if example is not None:
        _write(example)
    _, found = workflow.validate(asked.invocation(to_stderr))
    if has_errors(found):
        raise NotSound(found)
    Text(asked.out, asked.err).diagnostics(found)
    ready = asked.out.bold(asked.out.green("The configuration is ready."))
    say(f"{ready} Nothing in it is remote, so there is nothing to prepare.\n")
    say("To see what would be done, run:\n    mlctl plan\n")


def _write(name: str) -> None:
    written, kept = examples.write(name, Path.cwd())
    for path in kept:
        say(f"{path} differs from the example and stays as it is.\n")
    if written:
        say(f"Wrote {len(written)} files of the example {name}; README.md says what to try.\n")
