"""The command as it is run at a terminal, and in this process."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended.

    Attributes:
        out: What it printed; at a terminal both streams.
    """

    code: int
    out: str
    err: str = ""


def mlctl(
    folder: Path, *words: str, stdin: str = "", variables: Mapping[str, str] | None = None
) -> Ended:
    """Run the command in a folder, with variables in the environment; nothing is a terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "mlctl", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        input=stdin,
        timeout=PATIENCE_S,
        check=False,
        env=_environment() | {f"MLCTL_VAR_{n}": text for n, text in (variables or {}).items()},
    )
    return Ended(done.returncode, done.stdout, done.stderr)


class AtTerminal:
    """A command with a terminal of its own."""

    def __init__(self, folder: Path, words: Sequence[str]) -> None:
        """Start it."""
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlctl", *words],
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env=_environment(),
        )
        os.close(theirs)
        self.seen = ""

    def until(self, text: str) -> None:
        """Wait for it to have printed a text."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.seen:
            assert time.monotonic() < end, f"waited for {text!r} in:\n{self.seen}"
            assert self._read() or text in self.seen, f"ended without {text!r}:\n{self.seen}"

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._ours, text.encode())

    def end(self) -> Ended:
        """Wait for its end."""
        end = time.monotonic() + PATIENCE_S
        while self._read():
            assert time.monotonic() < end, self.seen
        code = self.process.wait(PATIENCE_S)
        os.close(self._ours)
        return Ended(code, self.seen)

    def _read(self) -> bool:
        """Read what there is; False once the command has closed the terminal."""
        ready, _, _ = select.select([self._ours], [], [], 0.1)
        if not ready:
            return self.process.poll() is None
        try:
            data = os.read(self._ours, 1 << 16)
        except OSError:
            return False  # the other side is closed
        self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MLCTL_VAR_")}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "120", "TERM": "xterm"}
