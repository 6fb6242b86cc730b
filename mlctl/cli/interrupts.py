"""Ctrl-C while a plan is carried out: stop what runs, or leave it alone."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType

from mlctl.apply.stop import Stop, StopSignal
from mlctl.views.progress import INTERRUPTED_ONCE, INTERRUPTED_TWICE

DETACHED = "Interrupted: leaving now. What still runs is taken up again by the next apply."

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible(
    stop: StopSignal, notice: Callable[[str], None], *, detach: bool
) -> Iterator[None]:
    """Let signals stop a run.

    Args:
        stop: Told of them.
        notice: Says what they brought about, from a thread of its own.
        detach: The first one already leaves alone what runs.
    """
    # A handler may interrupt a write, and must not write itself then; putting into this queue is
    # safe anywhere (docs.python.org: queue.SimpleQueue is reentrant).
    said: SimpleQueue[str | None] = SimpleQueue()

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        again = stop.level >= Stop.CANCEL
        stop.interrupt(detach=detach)
        said.put(INTERRUPTED_TWICE if again else DETACHED if detach else INTERRUPTED_ONCE)

    speaker = threading.Thread(target=_speak, args=(said, notice), name="interrupts", daemon=True)
    speaker.start()
    before = [(number, signal.signal(number, interrupted)) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        said.put(None)
        speaker.join()


def _speak(said: SimpleQueue[str | None], notice: Callable[[str], None]) -> None:
    while (text := said.get()) is not None:
        notice(text)
