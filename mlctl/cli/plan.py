"""``mlctl plan``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from mlctl import plan_files, workflow
from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options, opened
from mlctl.cli.errors import NotSound
from mlctl.cli.outlet import Form, Outlet, outlet_for, say
from mlctl.cli.planning import does_something, form_options, plan_options, watched
from mlctl.views import plan_text
from mlctl.workflow import Planned, PlanRequest

CHANGES = 2
"""The exit code of ``--detailed-exitcode`` with changes."""


@click.command(cls=Command, short_help="Show what apply would make and run, and why.")
@plan_options
@form_options
@click.option("--out", metavar="FILE", help="Save the plan for: mlctl apply FILE.")
@click.option("--markdown", is_flag=True, help="As Markdown, for a comment on a change.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@configuration_options
def command(
    asked: Asked,
    form: Form,
    request: PlanRequest,
    out: str | None,
    markdown: bool,
    detailed_exitcode: bool,
) -> int:
    """Show what apply would make and run, and why. Runs no code of yours."""
    form = replace(form, markdown=markdown)
    with outlet_for(asked, form, "plan") as outlet, opened(asked, outlet.notice) as session:
        planned = made(workflow.plan(session, watched(request, outlet)), outlet)
        outlet.plan(planned.plan)
        if out is not None:
            plan_files.save_plan(planned, Path(out))
        if not form.as_json and not markdown:
            advice = plan_text.advice(planned.plan, asked.out, out or "")
            say(f"\n{advice}" if advice else "")
    changes = does_something(planned.plan) or bool(planned.plan.deferred)
    return CHANGES if detailed_exitcode and changes else 0


def made(planned: Planned, outlet: Outlet) -> Planned:
    """The plan, once what was found on the way has been told.

    Raises:
        NotSound: It has errors.
    """
    for notice in planned.notices:
        outlet.notice(notice)
    if not planned.is_sound:
        raise NotSound(planned.diagnostics)
    outlet.diagnostics(planned.diagnostics)
    return planned
