"""``mlctl graph``."""

from __future__ import annotations

from pathlib import Path

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options, opened
from mlctl.cli.documents import say_json
from mlctl.cli.errors import NotSound
from mlctl.cli.outlet import say
from mlctl.core.diagnostic import has_errors
from mlctl.graph.draw import Drawing, as_dot, as_json, as_mermaid, drawing
from mlctl.outside import saved_plan


@click.command(cls=Command, short_help="Draw what needs what.")
@click.option(
    "--type",
    "kind",
    type=click.Choice(["dot", "mermaid", "json"]),
    default="dot",
    show_default=True,
    help="For Graphviz, for Markdown, or for programs.",
)
@click.option("--plan", "planfile", metavar="FILE", help="What a saved plan was made from.")
@configuration_options
def command(asked: Asked, kind: str, planfile: str | None) -> None:
    """Draw what needs what: an arrow goes from what is needed to what needs it."""
    drawn = _declared(asked) if planfile is None else saved_plan.read_drawing(Path(planfile))
    if kind == "json":
        say_json(as_json(drawn))
    else:
        say(as_mermaid(drawn) if kind == "mermaid" else as_dot(drawn))


def _declared(asked: Asked) -> Drawing:
    with opened(asked) as session:
        if has_errors(session.loaded.found):
            raise NotSound(session.loaded.found)
        return drawing(session.loaded.graph)
