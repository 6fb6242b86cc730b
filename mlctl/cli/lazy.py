"""Commands by name, imported when they are asked for, so that each costs only what it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import click


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is.

    Attributes:
        module: In this package; its ``command`` is the command.
        help: One line for the list of commands.
    """

    module: str
    help: str


class UnknownCommand(click.UsageError):
    """A group has no command of this name.

    Attributes:
        name: As it was typed.
        known: The names there are.
    """

    def __init__(self, name: str, known: Sequence[str], ctx: click.Context) -> None:
        super().__init__(f'{ctx.command_path} has no command "{name}"', ctx)
        self.name = name
        self.known = known


class Commands(click.Group):
    """A group of commands; without one it shows its help and fails."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; see click."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit(1)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words name; see click."""
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise UnknownCommand(args[0], known, ctx)
        return super().resolve_command(ctx, args)


class LazyCommands(Commands):
    """A group that imports a command when it is asked for.

    Attributes:
        table: Every command by its name, in the order in which help lists them.
    """

    table: Mapping[str, Entry] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names; see click."""
        return list(self.table)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The command of a name; see click."""
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        command = import_module(f"mlctl.cli.{entry.module}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """The list in the help, without importing a command; see click."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])
