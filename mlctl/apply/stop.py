"""How a run is told to stop, from a signal handler or from whoever drives it."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum


class Stop(IntEnum):
    """How firmly; a run only ever goes from one to a higher one."""

    NOT = 0
    DRAIN = 1
    """Start nothing new, let what runs end."""
    CANCEL = 2
    """Start nothing new, ask what runs to end within its grace time."""
    DETACH = 3
    """Leave what runs alone and end at once."""


class StopSignal:
    """Set from any thread or signal handler, read by the run. Takes no lock."""

    def __init__(self) -> None:
        self._level = Stop.NOT
        self._why = ""
        self._wake: Callable[[], None] | None = None

    @property
    def level(self) -> Stop:
        """How firmly the run is to stop."""
        return self._level

    @property
    def why(self) -> str:
        """What to tell people about it."""
        return self._why

    def request(self, level: Stop, why: str) -> None:
        """Ask the run to stop, or to stop more firmly; a weaker request changes nothing."""
        if level > self._level:
            self._why = why
            self._level = level
        if self._wake is not None:
            self._wake()

    def interrupt(self, *, detach: bool = False) -> None:
        """What Ctrl-C means: the first cancels, or detaches where asked to; the second detaches."""
        again = self._level >= Stop.CANCEL
        self.request(Stop.DETACH if again or detach else Stop.CANCEL, "interrupted")

    def on_request(self, wake: Callable[[], None] | None) -> None:
        """Name what to call after each request; it must be safe in a signal handler."""
        self._wake = wake
