"""``mlctl version``."""

from __future__ import annotations

import json
import platform

import click

from mlctl.state.version import mlctl_version


@click.command(short_help="Print the version.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def command(as_json: bool) -> None:
    """Print the version."""
    version = mlctl_version()
    here = f"{platform.system().lower()}/{platform.machine()}"
    if as_json:
        python = platform.python_version()
        document = {"mlctl_version": version, "platform": here, "python_version": python}
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(f"mlctl {version}\non {here}")
