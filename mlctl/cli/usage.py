"""A command line that makes no sense, told like any other problem."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator

import click

from mlctl.cli.lazy import UnknownCommand
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.suggest import nearest
from mlctl.views import diagnostics
from mlctl.views.style import choose


def report(error: click.ClickException, root: click.Group) -> int:
    """Say what is wrong on stderr.

    Args:
        error: What click found.
        root: The command all others are in, to look for what was meant.

    Returns:
        The exit code.
    """
    found = Diagnostic(summary=_summary(error), hint=_hint(error, root))
    style = choose(sys.stderr, os.environ, no_color="--no-color" in sys.argv)
    sys.stderr.write(diagnostics.render_all([found], style))
    return 1


def _summary(error: click.ClickException) -> str:
    match error:
        case click.NoSuchOption():
            return f'{_path(error)} has no option "{error.option_name}"'
        case click.BadParameter():
            return error.format_message().rstrip(".")
        case _:
            return error.message.rstrip(".")


def _hint(error: click.ClickException, root: click.Group) -> str:
    help_line = f"{_path(error)} --help tells more."
    offer = None
    match error:
        case click.NoSuchOption(ctx=ctx) if ctx is not None:
            offer = _option(error.option_name, ctx, root)
        case UnknownCommand(name=name, known=known):
            near = nearest(name, known) or next((k for k in known if k.startswith(name)), None)
            offer = f'"{near}"' if near else None
        case _:
            pass
    return f"Did you mean {offer}? {help_line}" if offer else help_line


def _path(error: click.ClickException) -> str:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return ctx.command_path if ctx is not None else "mlctl"


def _option(given: str, ctx: click.Context, root: click.Group) -> str | None:
    """The option that was meant: of this command, else of another."""
    near = nearest(given, sorted(_options(ctx.command.get_params(ctx))))
    if near is not None:
        return f'"{near}"'
    for path, params in _other_commands(root, click.Context(root, info_name="mlctl")):
        near = nearest(given, sorted(_options(params)))
        if near is not None:
            return f'"{near}" of "{path}"'
    return None


def _options(params: Iterable[click.Parameter]) -> Iterator[str]:
    for param in params:
        if isinstance(param, click.Option):
            yield from (name for name in param.opts if name.startswith("--"))


def _other_commands(
    group: click.Group, ctx: click.Context
) -> Iterator[tuple[str, list[click.Parameter]]]:
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        inside = click.Context(command, parent=ctx, info_name=name)
        yield inside.command_path, command.get_params(inside)
        if isinstance(command, click.Group):
            yield from _other_commands(command, inside)
