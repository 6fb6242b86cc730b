"""Lines typed at a terminal, with those of earlier times to go back to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

MOST_LINES = 1000


def remembered(prompt: str) -> Iterator[str]:
    """The lines a person types, until Ctrl-D or ``exit``."""
    import readline  # changes how every question is read, so only where lines are typed

    file = _file()
    try:
        readline.read_history_file(file)
    except OSError:
        readline.clear_history()  # none is kept yet, or it cannot be read: begin without
    try:
        yield from _typed(prompt)
    finally:
        readline.set_history_length(MOST_LINES)
        file.parent.mkdir(parents=True, exist_ok=True)
        readline.write_history_file(file)


def _typed(prompt: str) -> Iterator[str]:
    while True:
        try:
            line = input(prompt)
        except EOFError:
            print()
            return
        if line.strip() in ("exit", "quit"):
            return
        if line.strip():
            yield line


def _file() -> Path:
    # specifications.freedesktop.org/basedir-spec: what should outlive the program, but no more.
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "mlctl" / "console_history"
