"""The command ``mlctl``: the list of its commands, and what each way to end means.

Light on purpose: ``mlctl --version`` loads nothing but this and click.
"""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import NoReturn

import click

from mlctl.cli.folder import chdir_option
from mlctl.cli.lazy import Entry, LazyCommands
from mlctl.cli.spelling import two_dashes
from mlctl.cli.streams import mute_stdout, open_closed
from mlctl.state.version import mlctl_version

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the number of SIGINT, as shells have it."""


class Root(LazyCommands):
    """Every command of mlctl."""

    table = {  # noqa: RUF012 - a table that nobody changes
        "init": Entry("init", "Look whether there is a configuration, or write a starter."),
        "validate": Entry("validate", "Check the configuration."),
        "plan": Entry("plan", "Show what apply would make and run, and why."),
        "apply": Entry("apply", "Carry out a plan."),
        "destroy": Entry("destroy", "Remove everything that is recorded."),
        "run": Entry("run", "Run a pipeline now."),
        "show": Entry("show", "Show the state, a saved plan or one object."),
        "output": Entry("output", "Show outputs."),
        "explain": Entry("explain", "Show why a step would run or be reused."),
        "runs": Entry("runs", "List earlier runs, show one, print logs."),
        "get": Entry("get", "Copy an output out of the store."),
        "graph": Entry("graph", "Draw what needs what."),
        "console": Entry("console", "Evaluate expressions."),
        "state": Entry("state", "List and show what is recorded."),
        "env": Entry("env", "List environments, lock them anew."),
        "lock": Entry("lock", "Show who works on the state."),
        "force-unlock": Entry("force_unlock", "Remove somebody's lock on the state."),
        "providers": Entry("providers", "List providers and what uses them."),
        "completion": Entry("completion", "Print a script that completes commands in a shell."),
        "version": Entry("version", "Print the version."),
    }


@click.group(
    cls=Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@chdir_option
@click.version_option(mlctl_version(), prog_name="mlctl", message="%(prog)s %(version)s")
def root() -> None:
    """Declare data, environments, compute and pipelines, and run only what changed.

    Options may be written with one dash or with two.
    """


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit with its code."""
    # A command makes many small objects that live until it ends. Looking for circles among them
    # every 700 took a quarter of the time of a plan of 1,000 steps.
    gc.set_threshold(100_000, 50, 100)
    open_closed()
    raise SystemExit(run(sys.argv[1:] if words is None else words))


def run(words: Sequence[str]) -> int:
    """Run a command.

    Args:
        words: The command line after the program's name.

    Returns:
        The exit code.
    """
    spelled = two_dashes(words)
    try:
        with _termination_as_interrupt():
            code = root.main(spelled, "mlctl", standalone_mode=False, obj=tuple(spelled))
            sys.stdout.flush()
    except click.ClickException as error:
        # Loaded only now: what renders a problem is more than most commands need to start.
        return int(import_module("mlctl.cli.usage").report(error, root))
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        mute_stdout()
        return 1
    return code if isinstance(code, int) else 0


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM unwind like Ctrl-C, so that a lock is let go of."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
