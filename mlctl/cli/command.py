"""The kind of command that everything here is: knows the order of its options, and how to end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import click

from mlctl.cli.errors import EXPECTED, diagnostics_of, exit_code_of
from mlctl.views import diagnostics
from mlctl.views.style import choose

_ORDER = "mlctl.order"
_BOOLS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


class Command(click.Command):
    """A command whose expected errors are told on stderr."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; see click."""
        args = _plain_flags(ctx, self.get_params(ctx), args)
        # click sorts values by option; of --var and --var-file the last one given must win.
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[_ORDER] = tuple(param.name for param in order)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; see click."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except EXPECTED as error:
            style = choose(sys.stderr, os.environ, no_color=bool(ctx.params.get("no_color")))
            sys.stdout.flush()
            sys.stderr.write(diagnostics.render_all(diagnostics_of(error), style))
            ctx.exit(exit_code_of(error))


def _plain_flags(
    ctx: click.Context, params: Iterable[click.Parameter], words: Iterable[str]
) -> list[str]:
    """The words with ``--json=true`` as ``--json``, and without ``--json=false``.

    Terraform has every flag take a value like this; of several for one flag the last one holds.
    """
    options = {name: p for p in params if isinstance(p, click.Option) for name in p.opts}
    found: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            return [*found, word, *rest]
        name, equals, value = word.partition("=")
        option = options.get(name)
        if option is None or not option.is_flag:
            found.append(word)
            if option is not None and not equals:
                found.extend([text for text in (next(rest, None),) if text is not None])
        elif not equals:
            found.append(word)
        else:
            found = [other for other in found if other != name]
            found.extend([name] if _is_on(value, option, ctx) else [])
    return found


def _is_on(text: str, option: click.Option, ctx: click.Context) -> bool:
    on = _BOOLS.get(text.lower())
    if on is None:
        raise click.BadParameter(f'"{text}" is neither true nor false.', ctx, option)
    return on


def order_of(ctx: click.Context) -> tuple[str, ...]:
    """The names of the command's parameters as they were given, repeated ones repeatedly."""
    found: tuple[str, ...] = ctx.meta.get(_ORDER, ())
    return found
