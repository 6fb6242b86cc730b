"""``python -m tests.bench``: mlctl against the tools that are installed, on the same graphs.

``SNAKEMAKE`` and ``DVC`` may name their executables, else ``PATH`` is searched; what is not found
is left out. ``--smoke`` proves in a few seconds that the benchmark itself works.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import Unexpected, measure, version
from tests.bench.report import table, write_into
from tests.bench.tools import Tool, mlctl, peers

BUSY = 1.5
"""Load average above which the figures say more of the machine than of the tools."""

SMOKE_STEPS = 20


def main() -> int:
    options = _parser().parse_args()
    if options.smoke:
        options.steps, options.rounds = [SMOKE_STEPS], 1
    tools = [mlctl(options.jobs), *([] if options.smoke else peers(options.jobs))]
    if not options.smoke and os.getloadavg()[0] > BUSY:
        _say(f"warning: the load is {os.getloadavg()[0]:.1f}; these figures will not carry")
    with tempfile.TemporaryDirectory(prefix="mlctl-bench-", ignore_cleanup_errors=True) as scratch:
        try:
            figures = _figures(tools, options, Path(scratch))
        except Unexpected as error:
            _say(str(error))
            return 1
    print(figures)
    if options.write:
        write_into(options.write, figures)
    return 0


def _figures(tools: list[Tool], options: argparse.Namespace, scratch: Path) -> str:
    versions = ", ".join(f"{tool.name} ({version(tool, scratch)})" for tool in tools)
    rows = [
        row
        for steps in options.steps
        for row in measure(tools, steps, options.rounds, scratch, _say)
    ]
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    python = f"Python {platform.python_version()}"
    return (
        f"{table(rows)}\n\n{versions}; {python}; {machine}; medians of {options.rounds}; "
        f"{options.jobs} jobs at a time."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--steps", type=int, nargs="+", default=[100, 1000], metavar="N")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time")
    parser.add_argument("--smoke", action="store_true", help="20 steps, one round, mlctl alone")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


sys.exit(main())
