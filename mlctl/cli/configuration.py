"""The options of every command that works on a configuration, and what they open."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from mlctl.cli.command import order_of
from mlctl.cli.folder import chdir_option
from mlctl.cli.typed import typed_command
from mlctl.config.given import OnCommandLine
from mlctl.config.units import duration_s
from mlctl.outside.session import Invocation, Loaded, Session, load_configuration
from mlctl.views.style import Style, choose
from mlctl.views.text import safe

P = ParamSpec("P")
R = TypeVar("R")


def _seconds(ctx: click.Context, param: click.Parameter, text: str) -> float:
    try:
        return duration_s(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", ctx, param) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The common options of one command.

    Attributes:
        asks: People may be asked; False with ``--input=false``.
        words: The command line, for messages that repeat it.
    """

    given: tuple[OnCommandLine, ...] = ()
    state: Path | None = None
    lock: bool = True
    lock_timeout_s: float = 0.0
    no_color: bool = False
    asks: bool = True
    words: tuple[str, ...] = ()

    @property
    def out(self) -> Style:
        """How text on stdout is dressed."""
        return choose(sys.stdout, os.environ, no_color=self.no_color)

    @property
    def err(self) -> Style:
        """How text on stderr is dressed."""
        return choose(sys.stderr, os.environ, no_color=self.no_color)

    def invocation(self, report: Callable[[str], None]) -> Invocation:
        """What a session needs to know; ``report`` is told what takes its time."""
        return Invocation(
            root=Path.cwd(),
            state=self.state.absolute() if self.state else None,
            given=self.given,
            environment=os.environ,
            lock=self.lock,
            lock_timeout_s=self.lock_timeout_s,
            command="mlctl",
            report=report,
        )


def configuration_options(function: Callable[Concatenate[Asked, P], R]) -> Callable[P, R]:
    """Give a command the common options; it takes them as its first argument."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        asks = bool(kwargs.pop("asks"))
        return function(_asked(_taken(kwargs), asks=asks), *args, **kwargs)

    return _with_options(wrapped, (*_OPTIONS, _ASKS))


def configuration_options_and_inputs(
    function: Callable[Concatenate[Asked, tuple[str, ...], P], R],
) -> Callable[P, R]:
    """The same for a command whose ``--input`` also gives values: ``--input rate=2``.

    It takes those as its second argument.
    """

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        texts = _texts(kwargs.pop("inputs"))
        asks = "false" not in texts
        values = tuple(text for text in texts if text not in ("true", "false"))
        return function(_asked(_taken(kwargs), asks=asks), values, *args, **kwargs)

    return _with_options(wrapped, (*_OPTIONS, _INPUTS))


Option = Callable[[Callable[P, R]], Callable[P, R]]


def _with_options(function: Callable[P, R], options: Sequence[Option[P, R]]) -> Callable[P, R]:
    for option in reversed(options):
        function = option(function)
    return function


def _taken(kwargs: dict[str, object]) -> Mapping[str, object]:
    return {name: kwargs.pop(name) for name in _NAMES}


_NAMES = ("var", "var_file", "state", "lock", "lock_timeout", "no_color")

_OPTIONS = (
    chdir_option,
    click.option("--var", multiple=True, metavar="NAME=VALUE", help="A variable's value."),
    click.option("--var-file", multiple=True, metavar="FILE", help="A file of variables."),
    click.option("--state", metavar="FILE", help="Another state file."),
    click.option(
        "--lock",
        type=bool,
        default=True,
        metavar="BOOL",
        help="With false: do without the state's lock.",
    ),
    click.option(
        "--lock-timeout",
        default="0s",
        callback=_seconds,
        metavar="TIME",
        help="Wait this long for the lock: 30s.",
    ),
    click.option("--no-color", is_flag=True, help="No colour."),
)
_ASKS = click.option(
    "--input", "asks", type=bool, default=True, metavar="BOOL", help="With false: ask nothing."
)
_INPUTS = click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE",
    help="An input's value. May be repeated. With false alone: ask nothing.",
)


def _asked(taken: Mapping[str, object], *, asks: bool) -> Asked:
    ctx = click.get_current_context()
    state, lock_timeout_s = taken["state"], taken["lock_timeout"]
    assert isinstance(lock_timeout_s, float)
    return Asked(
        given=_given(ctx, taken),
        state=Path(str(state)) if state else None,
        lock=bool(taken["lock"]),
        lock_timeout_s=lock_timeout_s,
        no_color=bool(taken["no_color"]),
        asks=asks,
        words=ctx.find_root().obj or (),
    )


def _given(ctx: click.Context, taken: Mapping[str, object]) -> tuple[OnCommandLine, ...]:
    waiting = {name: iter(_texts(taken[name])) for name in ("var", "var_file")}
    return tuple(
        _variable(next(waiting[name]), ctx)
        if name == "var"
        else OnCommandLine("", next(waiting[name]))
        for name in order_of(ctx)
        if name in waiting
    )


def _texts(values: object) -> tuple[str, ...]:
    assert isinstance(values, tuple)
    return tuple(map(str, values))


def _variable(text: str, ctx: click.Context) -> OnCommandLine:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.BadParameter(f'"{text}" is not NAME=VALUE.', ctx, param_hint="'--var'")
    return OnCommandLine(name.strip(), value)


@contextmanager
def opened(asked: Asked, report: Callable[[str], None] | None = None) -> Iterator[Session]:
    """The configuration in this folder, with its stores and its state.

    What is wrong with it is in ``session.loaded.found``.
    """
    invocation = asked.invocation(report or to_stderr)
    loaded = load_configuration(invocation)
    # Named only now, since only the configuration tells which variables are secret.
    session = Session(replace(invocation, command=_command(asked, loaded)), loaded)
    try:
        yield session
    finally:
        session.close()


def _command(asked: Asked, loaded: Loaded) -> str:
    variables = loaded.configuration.root.variables.items()
    return typed_command(asked.words, {name for name, v in variables if not v.sensitive})


def to_stderr(text: str) -> None:
    """Say a sentence to whoever waits."""
    sys.stderr.write(f"{safe(text)}\n")
    sys.stderr.flush()
