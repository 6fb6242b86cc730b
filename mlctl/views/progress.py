"""What people see while an apply runs: plain lines, or a live board on a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self, TextIO

from mlctl.core.address import Address
from mlctl.core.event import (
    Envelope,
    Event,
    OutputsSet,
    ResourceCompleted,
    ResourceFailed,
    ResourceIdentified,
    ResourceProgress,
    RunFinished,
    RunStarted,
    Skipped,
    StepFailed,
    StepInterrupted,
    StepLog,
    StepProgress,
    StepRetrying,
    StepReused,
    StepSucceeded,
)
from mlctl.views.jsonl import TextOut
from mlctl.views.live import LiveBoard
from mlctl.views.messages import event_sentence
from mlctl.views.style import Style
from mlctl.views.text import safe

REPEAT_S = 10.0
"""News of one thing that is only still at work is not repeated more often than this, in seconds."""

INTERRUPTED_ONCE = (
    "Interrupted: no new work begins, and running steps are asked to stop."
    " Interrupt again to leave at once, without waiting until they have."
)
INTERRUPTED_TWICE = (
    "Interrupted twice: leaving now. Running steps were asked to stop, and nobody waits for it."
)


class Progress(Protocol):
    """Someone who watches a run."""

    def show(self, envelope: Envelope) -> None:
        """Take note of one event."""

    def notice(self, text: str) -> None:
        """Say something that is no event."""

    def close(self) -> None:
        """The run has ended."""


class PlainProgress:
    """One line an event, for logs and pipes.

    Args:
        out: Where the lines go.
        style: Dresses them.
        verbose: The lines that steps print are shown too.
    """

    def __init__(self, out: TextOut, style: Style, *, verbose: bool = False) -> None:
        self._out = out
        self._lines = EventLines(style, verbose=verbose)

    def show(self, envelope: Envelope) -> None:
        """Print what is new."""
        for line in self._lines.of(envelope.event):
            self._say(line)

    def notice(self, text: str) -> None:
        """Print a sentence."""
        self._say(safe(text))

    def close(self) -> None:
        """Nothing is kept back, so nothing is left to do."""

    def _say(self, line: str) -> None:
        self._out.write(line + "\n")
        self._out.flush()


class LiveProgress:
    """Finished things as lines that stay, and below them a board that is redrawn.

    Args:
        out: A terminal.
        style: Dresses the text.
        board: Draws what is going on.
        verbose: The lines that steps print are shown too.
    """

    def __init__(
        self, out: TextIO, style: Style, board: LiveBoard, *, verbose: bool = False
    ) -> None:
        self._board = board
        self._lines = EventLines(style, verbose=verbose)
        self._board.start(out, style)

    def show(self, envelope: Envelope) -> None:
        """Print what has ended, redraw the rest."""
        event = envelope.event
        self._board.fold(event)
        if isinstance(event, _ENDINGS) or (isinstance(event, StepLog) and self._lines.verbose):
            for line in self._lines.of(event):
                self._board.say(line)

    def notice(self, text: str) -> None:
        """Print a sentence above the board."""
        self._board.say(safe(text))

    def close(self) -> None:
        """Take the board away."""
        self._board.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A board left on the terminal would hide what went wrong.
        self.close()


_ENDINGS = (
    ResourceCompleted,
    ResourceFailed,
    StepSucceeded,
    StepReused,
    StepRetrying,
    StepFailed,
    StepInterrupted,
    Skipped,
)
_SILENT = (RunStarted, RunFinished, OutputsSet, ResourceIdentified)
"""Told by what comes before or after the run, or by the next event."""


class EventLines:
    """Which lines an event is worth, given those before it."""

    def __init__(self, style: Style, *, verbose: bool) -> None:
        self.verbose = verbose
        self._style = style
        self._last_news: dict[Address, float] = {}

    def of(self, event: Event) -> list[str]:
        """The lines; often one, sometimes none."""
        match event:
            case StepLog(address, text):
                return self._log(address, text) if self.verbose else []
            case StepProgress(address, elapsed_s) | ResourceProgress(address, _, elapsed_s):
                return [self._line(event)] if self._is_news(address, elapsed_s) else []
            case _:
                return [] if isinstance(event, _SILENT) else [self._line(event)]

    def _log(self, address: Address, text: str) -> list[str]:
        head = self._style.grey(f"{address} |")
        return [f"{head} {line}" for line in safe(text).splitlines()]

    def _is_news(self, address: Address, elapsed_s: float) -> bool:
        last = self._last_news.get(address, 0.0)
        # An attempt that began anew counts from zero again.
        if 0 <= elapsed_s - last < REPEAT_S:
            return False
        self._last_news[address] = elapsed_s
        return True

    def _line(self, event: Event) -> str:
        text = event_sentence(event)
        address = str(getattr(event, "address", ""))
        if not address or not text.startswith(f"{address}:"):
            return text
        rest = text.removeprefix(address)
        failed = isinstance(event, ResourceFailed | StepFailed)
        return f"{self._style.bold(address)}{self._style.red(rest) if failed else rest}"
