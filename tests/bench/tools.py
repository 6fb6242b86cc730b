"""The tools that are measured: how each is found, prepared and asked."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.bench.dag import write_dvc, write_mlctl, write_snakemake


class Case(StrEnum):
    """What is timed, in the order in which one round does it."""

    START = "start"
    FULL = "full run"
    CHECK = "check, nothing to do"
    AGAIN = "run again, nothing to do"


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, and a text it must print for its time to count."""

    arguments: tuple[str, ...]
    prints: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool.

    Attributes:
        path: Its executable.
        write: Writes the graph of so many steps into a folder.
        prepare: Run before the first timing in a folder, such as a tool's own init.
        commands: By case, for a graph of so many steps.
        most_steps: Larger graphs are left out, because a full run would take too long.
    """

    name: str
    path: str
    write: Callable[[Path, int], None]
    commands: Callable[[int], Mapping[Case, Command]]
    prepare: tuple[tuple[str, ...], ...] = ()
    most_steps: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    def measures(self, steps: int) -> bool:
        """True when the tool is given a graph of this size."""
        return self.most_steps is None or steps <= self.most_steps


def mlctl(jobs: int) -> Tool:
    """The command of this checkout's environment, or the one ``MLCTL`` names.

    Raises:
        FileNotFoundError: There is none.
    """
    beside_python = shutil.which("mlctl", path=Path(sys.executable).parent)
    path = os.environ.get("MLCTL") or beside_python or shutil.which("mlctl")
    if path is None:
        raise FileNotFoundError("mlctl is not installed; set MLCTL to its path")

    def commands(steps: int) -> Mapping[Case, Command]:
        apply = ("apply", "--auto-approve", f"--parallelism={jobs}")
        return {
            Case.START: Command(("--version",), "mlctl"),
            Case.FULL: Command(apply, f"{steps} run"),
            Case.CHECK: Command(("plan",), "No changes."),
            Case.AGAIN: Command(apply, "No changes."),
        }

    return Tool(name="mlctl", path=path, write=write_mlctl, commands=commands)


def peers(jobs: int) -> list[Tool]:
    """The other tools that ``SNAKEMAKE``, ``DVC`` or ``PATH`` name. Nothing is installed."""
    makers = {"snakemake": _snakemake, "dvc": _dvc}
    found = {name: os.environ.get(name.upper()) or shutil.which(name) for name in makers}
    return [makers[name](path, jobs) for name, path in found.items() if path]


def _snakemake(path: str, jobs: int) -> Tool:
    def commands(steps: int) -> Mapping[Case, Command]:
        del steps
        nothing = "Nothing to be done"
        return {
            Case.START: Command(("--version",), ""),
            Case.FULL: Command(("--quiet", "all", f"--cores={jobs}"), ""),
            Case.CHECK: Command(("--dry-run",), nothing),
            Case.AGAIN: Command((f"--cores={jobs}",), nothing),
        }

    return Tool(
        name="snakemake",
        path=path,
        write=write_snakemake,
        commands=commands,
        # Its jobs start with $SHELL; the plainest one is the fairest.
        env={"SHELL": "/bin/sh"},
    )


def _dvc(path: str, jobs: int) -> Tool:
    del jobs  # it runs one stage at a time

    def commands(steps: int) -> Mapping[Case, Command]:
        del steps
        return {
            Case.START: Command(("--version",), ""),
            Case.FULL: Command(("repro", "--quiet"), ""),
            Case.CHECK: Command(("status",), "up to date"),
            Case.AGAIN: Command(("repro",), "up to date"),
        }

    return Tool(
        name="dvc",
        path=path,
        write=write_dvc,
        commands=commands,
        prepare=(
            ("init", "--quiet", "--no-scm"),
            ("config", "core.analytics", "false"),
            ("config", "core.check_update", "false"),
        ),
        # It rewrites dvc.lock after every stage: a full run of 1,000 takes more than nine minutes.
        most_steps=100,
    )
