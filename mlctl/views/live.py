"""The board on a terminal, redrawn several times a second by rich."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TextIO

from mlctl.core.event import Event
from mlctl.views.board import Board
from mlctl.views.estimate import Estimate
from mlctl.views.style import Style

REDRAWS_PER_S = 4.0
"""Fast enough to look alive, slow enough to cost nothing over a slow connection."""


class Screen(Protocol):
    """Something that is drawn again and again until it is told to stop."""

    def start(self) -> None:
        """Begin to draw."""

    def stop(self) -> None:
        """Take away what is drawn."""


class LiveBoard:
    """A board, and the terminal it is drawn on.

    Args:
        estimate: What the plan promises.
        clock: Seconds from any start, never going back.
    """

    def __init__(self, estimate: Estimate, clock: Callable[[], float]) -> None:
        self._board = Board(estimate)
        self._clock = clock
        self._screen: Screen | None = None
        self._print: Callable[[str], None] | None = None

    def start(self, out: TextIO, style: Style) -> None:
        """Begin to draw."""
        # Heavy, and needed only where there is a terminal.
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        console = Console(
            file=out, force_terminal=True, width=style.width, no_color=not style.color
        )
        screen = Live(
            console=console,
            get_renderable=lambda: Text.from_ansi("\n".join(self._lines(style))),
            refresh_per_second=REDRAWS_PER_S,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._print = lambda line: console.print(Text.from_ansi(line), soft_wrap=True)
        self._screen = screen
        screen.start()

    def fold(self, event: Event) -> None:
        """Take an event into account."""
        self._board.fold(event, self._clock())

    def say(self, line: str) -> None:
        """Print a line that stays, above the board; nothing before the start."""
        if self._print is not None:
            self._print(line)

    def stop(self) -> None:
        """Take the board away. Stopping twice does no harm."""
        if self._screen is not None:
            self._screen.stop()
            self._screen = None

    def _lines(self, style: Style) -> list[str]:
        return self._board.lines(self._clock(), style)
