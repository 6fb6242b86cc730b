"""Timing: every tool in turn, round after round, so that a busy moment hits all of them alike."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.tools import Case, Command, Tool

TIMEOUT_S = 1800


@dataclass(frozen=True, slots=True)
class Timing:
    """One run of one command.

    Attributes:
        wall_s: From start to end.
        cpu_s: User and system time of the processes the tool waited for. mlctl's jobs are
            detached from it, so their time is missing from its full runs.
    """

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Row:
    """The timings of one tool in one case."""

    steps: int
    case: Case
    tool: str
    timings: tuple[Timing, ...]

    @property
    def wall_s(self) -> float:
        """The median."""
        return statistics.median(t.wall_s for t in self.timings)

    @property
    def cpu_s(self) -> float:
        """The median."""
        return statistics.median(t.cpu_s for t in self.timings)


class Unexpected(Exception):
    """A command failed or did not say what it should, so its time means nothing."""


def measure(
    tools: Sequence[Tool], steps: int, rounds: int, scratch: Path, report: Callable[[str], None]
) -> list[Row]:
    """Time every case of every tool that takes a graph of this size.

    Raises:
        Unexpected: A command did not do what is timed.
    """
    tools = [tool for tool in tools if tool.measures(steps)]
    found: dict[tuple[Case, str], list[Timing]] = defaultdict(list)
    for number in range(rounds):
        folders = {
            tool.name: _prepared(tool, steps, scratch / f"{steps}-{number}") for tool in tools
        }
        for case in Case:
            for tool in tools:
                timing = _time(tool, tool.commands(steps)[case], folders[tool.name])
                found[case, tool.name].append(timing)
                report(
                    f"{steps} steps, round {number + 1}: {tool.name} {case}: {timing.wall_s:.2f} s"
                )
    return [Row(steps, case, tool, tuple(timings)) for (case, tool), timings in found.items()]


def version(tool: Tool, scratch: Path) -> str:
    """What the tool says of itself, in one line."""
    return _run(tool, ("--version",), scratch).stdout.strip().splitlines()[0]


def _prepared(tool: Tool, steps: int, scratch: Path) -> Path:
    folder = scratch / tool.name
    folder.mkdir(parents=True)
    tool.write(folder, steps)
    for arguments in tool.prepare:
        _run(tool, arguments, folder)
    return folder


def _time(tool: Tool, command: Command, folder: Path) -> Timing:
    cpu_before, started = _cpu_s(), time.perf_counter()
    done = _run(tool, command.arguments, folder)
    timing = Timing(time.perf_counter() - started, _cpu_s() - cpu_before)
    if command.prints not in done.stdout:
        raise Unexpected(
            f"{tool.name} {command.arguments} does not say {command.prints!r}:\n{done.stdout}"
        )
    return timing


def _run(tool: Tool, arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    # A home of its own: no tool may be slowed down or sped up by what the user keeps in theirs.
    home = folder / ".home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [tool.path, *arguments],
        cwd=folder,
        env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home), **tool.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise Unexpected(f"{tool.name} {arguments}: exit {done.returncode}\n{done.stdout[-3000:]}")
    return done


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
