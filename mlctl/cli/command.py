"""The kind of command that everything here is: knows the order of its options, and how to end."""

from __future__ import annotations

import os
import sys

import click

from mlctl.cli.errors import EXPECTED, diagnostics_of, exit_code_of
from mlctl.views import diagnostics
from mlctl.views.style import choose

_ORDER = "mlctl.order"


class Command(click.Command):
    """A command whose expected errors are told on stderr."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; see click."""
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


def order_of(ctx: click.Context) -> tuple[str, ...]:
    """The names of the command's parameters as they were given, repeated ones repeatedly."""
    found: tuple[str, ...] = ctx.meta.get(_ORDER, ())
    return found
