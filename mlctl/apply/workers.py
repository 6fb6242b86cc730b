"""Threads that call what they are given. They end with the process, whatever they are doing."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from queue import Empty, SimpleQueue

from mlctl.apply.script import WorkFailed
from mlctl.core.errors import MlctlError

Done = Callable[[object], None]
"""Takes what a call returned, or a ``WorkFailed``. Called in the worker."""

_Job = tuple[Callable[[], object], Done]


class Workers:
    """A pool.

    Not the standard library's: that one waits for its threads when Python exits, and a second
    Ctrl-C must not wait for a provider that hangs.
    """

    def __init__(self, size: int) -> None:
        """Make a pool; threads start when they are needed.

        Args:
            size: Calls at the same time.
        """
        self._size = size
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    def submit(self, call: Callable[[], object], done: Done) -> None:
        """Have a call made. Only one thread may submit."""
        self._jobs.put((call, done))
        if not self._idle.acquire(blocking=False) and len(self._threads) < self._size:
            name = f"apply-{len(self._threads)}"
            thread = threading.Thread(target=self._serve, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self, *, wait: bool) -> None:
        """End the threads once they have nothing to do; wait for that, or not."""
        for _ in self._threads:
            self._jobs.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _serve(self) -> None:
        while (job := self._next()) is not None:
            call, done = job
            done(called(call))

    def _next(self) -> _Job | None:
        try:
            return self._jobs.get_nowait()
        except Empty:
            self._idle.release()
            return self._jobs.get()


def called(call: Callable[[], object]) -> object:
    """What a call returns, or a ``WorkFailed`` with what it raised."""
    try:
        return call()
    except (MlctlError, OSError) as error:
        return WorkFailed(error, str(error))
    except Exception as error:  # noqa: BLE001 - a worker that dies in silence hangs the walk
        trace = "".join(traceback.format_exception(error)).rstrip()
        return WorkFailed(error, f"This is a bug in mlctl or in a provider:\n{trace}")
