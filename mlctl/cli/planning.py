"""The options of a plan, shared by every command that makes one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from mlctl.cli.outlet import Form, Outlet
from mlctl.core.address import Address
from mlctl.core.plan import Action, Plan, PlanMode
from mlctl.plan.world import Options
from mlctl.workflow import PlanRequest

P = ParamSpec("P")
R = TypeVar("R")


def _read(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> tuple[Address, ...]:
    try:
        return tuple(Address.parse(text) for text in texts)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", ctx, param) from error


_ADDRESSES: Mapping[str, str] = {
    "target": "Only this and what it needs. May be repeated.",
    "exclude": "All but this and what needs it. May be repeated.",
    "replace": "Make it anew, or run the step although a result is kept. May be repeated.",
}


def plan_options(function: Callable[Concatenate[PlanRequest, P], R]) -> Callable[P, R]:
    """Give a command the options that say what to plan; it takes them as its first argument."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        mode = _mode(destroy=bool(kwargs.pop("destroy")), only=bool(kwargs.pop("refresh_only")))
        options = Options(
            mode=mode,
            targets=_addresses(kwargs.pop("target")),
            excludes=_addresses(kwargs.pop("exclude")),
            replace=_addresses(kwargs.pop("replace")),
        )
        refresh = bool(kwargs.pop("refresh"))
        if mode is PlanMode.REFRESH_ONLY and not refresh:
            raise click.UsageError("--refresh-only and --refresh=false leave nothing to do")
        return function(PlanRequest(options=options, refresh=refresh), *args, **kwargs)

    decorated: Callable[P, R] = wrapped
    for name, text in reversed(list(_ADDRESSES.items())):
        option = click.option(
            f"--{name}", multiple=True, metavar="ADDRESS", callback=_read, help=text
        )
        decorated = option(decorated)
    for flag, text in _FLAGS.items():
        decorated = click.option(flag, is_flag=True, help=text)(decorated)
    return click.option(
        "--refresh",
        type=bool,
        default=True,
        metavar="BOOL",
        help="With false: do not ask the world.",
    )(decorated)


_FLAGS: Mapping[str, str] = {
    "--refresh-only": "Only take note of what changed outside of mlctl.",
    "--destroy": "Plan to remove everything that is recorded.",
}


def form_options(function: Callable[Concatenate[Form, P], R]) -> Callable[P, R]:
    """Give a command the options that say how to show a plan; they come first."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        into = kwargs.pop("json_into")
        form = Form(
            as_json=bool(kwargs.pop("as_json")),
            json_into=Path(str(into)) if into else None,
        )
        return function(form, *args, **kwargs)

    decorated = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")(
        wrapped
    )
    return click.option(
        "--json-into", metavar="FILE", help="The JSON lines into a file, beside the text."
    )(decorated)


def does_something(plan: Plan) -> bool:
    """True when carrying the plan out would do anything that people are to agree to."""
    actions = [
        *(change.action for change in plan.resources),
        *(change.action for change in plan.steps),
        *(change.action for change in plan.outputs),
    ]
    return any(action is not Action.NO_OP for action in actions) or records_drift(plan)


def records_drift(plan: Plan) -> bool:
    """True when the plan changes the record and nothing else."""
    return plan.mode is PlanMode.REFRESH_ONLY and bool(plan.drift)


def watched(request: PlanRequest, outlet: Outlet) -> PlanRequest:
    """The same request, whose looking around is told."""
    return PlanRequest(
        options=request.options,
        refresh=request.refresh,
        inputs=request.inputs,
        on_refresh=outlet.refreshing,
    )


def _mode(*, destroy: bool, only: bool) -> PlanMode:
    if destroy and only:
        raise click.UsageError("--destroy and --refresh-only exclude each other")
    return PlanMode.DESTROY if destroy else PlanMode.REFRESH_ONLY if only else PlanMode.NORMAL


def _addresses(given: object) -> tuple[Address, ...]:
    assert isinstance(given, tuple)
    return given
