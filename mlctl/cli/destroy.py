"""``mlctl destroy``."""

from __future__ import annotations

from dataclasses import replace

import click

from mlctl.cli.applying import Manner, apply_new
from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options
from mlctl.cli.manner import manner_options
from mlctl.cli.outlet import Form
from mlctl.cli.planning import form_options, plan_options
from mlctl.core.plan import PlanMode
from mlctl.workflow import PlanRequest


@click.command(cls=Command, short_help="Remove everything that is recorded.")
@plan_options
@form_options
@manner_options
@configuration_options
def command(asked: Asked, manner: Manner, form: Form, request: PlanRequest) -> int:
    """Remove everything that is recorded; kept results stay. The same as apply --destroy."""
    if request.options.mode is PlanMode.REFRESH_ONLY:
        raise click.UsageError("--destroy and --refresh-only exclude each other")
    options = replace(request.options, mode=PlanMode.DESTROY)
    whole = replace(request, options=options)
    return apply_new(asked, form, manner.for_operation("destroy"), lambda _session: whole)
