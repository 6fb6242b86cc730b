"""``mlctl show``."""

from __future__ import annotations

from pathlib import Path

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options
from mlctl.cli.documents import say_json
from mlctl.cli.outlet import say
from mlctl.cli.recorded import parsed, recorded, unknown
from mlctl.core.digest import Json
from mlctl.core.state import State
from mlctl.outside import saved_plan
from mlctl.views.state_json import resource_json, state_document, step_json
from mlctl.views.state_text import resource_text, state_text, step_text
from mlctl.views.style import Style


@click.command(cls=Command, short_help="Show the state, a saved plan or one object.")
@click.argument("what", metavar="[PLANFILE|ADDRESS]", required=False)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@configuration_options
def command(asked: Asked, what: str | None, as_json: bool) -> None:
    """Show the state, a saved plan or one object."""
    if what is not None and Path(what).is_file():
        saved = saved_plan.read(Path(what))
        if as_json:
            say_json(saved.document)
        else:
            say(saved.text)
        return
    with recorded(asked) as (_, state):
        if what is not None:
            show_object(state, what, asked.out, as_json=as_json)
        elif as_json:
            say_json(state_document(state))
        else:
            say(state_text(state, asked.out))


def show_object(state: State, text: str, style: Style, *, as_json: bool) -> None:
    """Show what an address names: an object, its instances, what stands in it.

    Raises:
        Refused: It names nothing that is recorded.
    """
    known = sorted({*state.resources, *state.steps})
    address = parsed(text, known)
    resources = [state.resources[a] for a in known if a in state.resources and address.covers(a)]
    steps = [state.steps[a] for a in known if a in state.steps and address.covers(a)]
    if not resources and not steps:
        raise unknown(text, known)
    if as_json:
        documents: list[Json] = [*map(resource_json, resources), *map(step_json, steps)]
        say_json(documents[0] if len(documents) == 1 else documents)
        return
    blocks = [resource_text(r, style) for r in resources] + [step_text(s, style) for s in steps]
    say("\n".join(blocks))
