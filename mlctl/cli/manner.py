"""The options of every command that carries out a plan."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import click

from mlctl.cli.applying import Manner

P = ParamSpec("P")
R = TypeVar("R")


def manner_options(function: Callable[Concatenate[Manner, P], R]) -> Callable[P, R]:
    """Give a command the options of carrying out; it takes them as its first argument."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        parallelism = kwargs.pop("parallelism")
        manner = Manner(
            auto_approve=bool(kwargs.pop("auto_approve")),
            parallelism=parallelism if isinstance(parallelism, int) else None,
            detach=bool(kwargs.pop("detach_on_interrupt")),
        )
        return function(manner, *args, **kwargs)

    decorated: Callable[P, R] = wrapped
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


_OPTIONS = (
    click.option("--auto-approve", is_flag=True, help="Do it without a question."),
    click.option(
        "--parallelism",
        type=click.IntRange(min=1),
        metavar="N",
        help="Work on so many objects at the same time. By default the cores, at least 4.",
    ),
    click.option("--detach-on-interrupt", is_flag=True, help="Ctrl-C leaves running steps alone."),
)
