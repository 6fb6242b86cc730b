"""``mlctl apply``."""

from __future__ import annotations

from pathlib import Path

import click

from mlctl.cli.applying import Manner, apply_new, apply_saved
from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options
from mlctl.cli.manner import manner_options
from mlctl.cli.outlet import Form
from mlctl.cli.planning import form_options, plan_options
from mlctl.core.plan import PlanMode
from mlctl.workflow import PlanRequest


@click.command(cls=Command, short_help="Carry out a plan.")
@click.argument("planfile", required=False)
@plan_options
@form_options
@manner_options
@configuration_options
def command(
    asked: Asked, manner: Manner, form: Form, request: PlanRequest, planfile: str | None
) -> int:
    """Carry out a plan: the one saved in PLANFILE, or one made now and agreed to."""
    if planfile is None:
        destroys = request.options.mode is PlanMode.DESTROY
        how = manner.for_operation("destroy" if destroys else "apply")
        return apply_new(asked, form, how, lambda _session: request)
    if request != PlanRequest():
        raise click.UsageError("A saved plan says itself what to do; it takes no options of plan")
    return apply_saved(asked, form, manner, Path(planfile))
