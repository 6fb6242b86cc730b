"""One thread a target that asks about all its running jobs in one call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import cast

from mlctl.apply.patience import patiently
from mlctl.apply.script import Ending, Watch, WatchFailed, WorkFailed
from mlctl.apply.workers import called
from mlctl.core.job import Handle, JobStatus, Queued, Running
from mlctl.core.provider import Executor

POLL_S = 0.05
"""The longest a poll may block: a job that starts meanwhile joins the next one."""
LOGS_S = 0.25
"""How often a running job is asked for new log bytes."""
PAUSES_S = (0.005, 0.02, 0.05)
"""Between polls that came back at once although nothing ended, such as for queued jobs."""

Report = Callable[[Ending], None]
"""Takes a job's last status, once. Called in the target's thread."""


@dataclass(slots=True, eq=False)
class _Watched:
    watch: Watch
    report: Report
    logs_at: float = field(default_factory=monotonic)


class Watcher:
    """Watches the jobs of one executor."""

    def __init__(self, lane: str, executor: Executor, patience_s: float) -> None:
        """Make one; its thread starts with the first job.

        Args:
            lane: The target, for the thread's name.
            executor: All watches must be of this one.
            patience_s: How long the executor may be unreachable.
        """
        self._executor = executor
        self._patience_s = patience_s
        self._new: SimpleQueue[_Watched | None] = SimpleQueue()
        self._jobs: list[_Watched] = []
        self._idle_polls = 0
        self._thread = threading.Thread(target=self._serve, name=f"watch-{lane}", daemon=True)
        self._thread.start()

    def add(self, watch: Watch, report: Report) -> None:
        """Watch a job until it has ended."""
        self._new.put(_Watched(watch, report))

    def close(self) -> None:
        """End the thread, soon; jobs are left alone."""
        self._new.put(None)

    def _serve(self) -> None:
        while self._collect():
            began = monotonic()
            statuses = self._poll()
            asked, self._jobs = self._jobs, []
            for job, status in zip(asked, statuses, strict=True):
                if isinstance(status, Running | Queued):
                    self._jobs.append(job)
                else:
                    job.report(status)
            self._feed_logs()
            self._pause(began, busy=len(self._jobs) < len(asked))

    def _collect(self) -> bool:
        """Take in new jobs, waiting for one when there is none; False: it is over."""
        while True:
            try:
                job = self._new.get() if not self._jobs else self._new.get_nowait()
            except Empty:
                return True
            if job is None:
                return False
            self._jobs.append(job)

    def _poll(self) -> Sequence[Ending]:
        handles = [job.watch.handle for job in self._jobs]
        answer = called(lambda: patiently(lambda: self._ask(handles), self._patience_s))
        if isinstance(answer, WorkFailed):
            return [WatchFailed(answer)] * len(handles)
        return cast(Sequence[JobStatus], answer)

    def _ask(self, handles: Sequence[Handle]) -> Sequence[JobStatus]:
        return self._executor.poll(handles, POLL_S)

    def _feed_logs(self) -> None:
        now = monotonic()
        for job in self._jobs:
            if now - job.logs_at >= LOGS_S:
                job.logs_at = now
                _feed(job.watch)

    def _pause(self, began: float, *, busy: bool) -> None:
        if busy or monotonic() - began >= POLL_S / 2:
            self._idle_polls = 0
            return
        pause_s = PAUSES_S[min(self._idle_polls, len(PAUSES_S) - 1)]
        self._idle_polls += 1
        sleep(pause_s)


def _feed(watch: Watch) -> None:
    # What fails here is not lost: the same bytes are asked for again when the job has ended.
    content = called(lambda: watch.executor.logs(watch.handle, watch.offset()))
    if isinstance(content, bytes) and content:
        called(lambda: watch.feed(content))
