"""``mlctl graph``."""

from __future__ import annotations

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options, opened
from mlctl.cli.documents import say_json
from mlctl.cli.errors import NotSound
from mlctl.cli.outlet import say
from mlctl.core.diagnostic import has_errors
from mlctl.graph.draw import as_dot, as_json, as_mermaid, drawing


@click.command(cls=Command, short_help="Draw what needs what.")
@click.option(
    "--type",
    "kind",
    type=click.Choice(["dot", "mermaid", "json"]),
    default="dot",
    show_default=True,
    help="For Graphviz, for Markdown, or for programs.",
)
@configuration_options
def command(asked: Asked, kind: str) -> None:
    """Draw what needs what: an arrow goes from what is needed to what needs it."""
    with opened(asked) as session:
        if has_errors(session.loaded.found):
            raise NotSound(session.loaded.found)
        drawn = drawing(session.loaded.graph)
    if kind == "json":
        say_json(as_json(drawn))
    else:
        say(as_mermaid(drawn) if kind == "mermaid" else as_dot(drawn))
