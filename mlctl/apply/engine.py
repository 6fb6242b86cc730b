"""The engine that runs scripts: one thread, one queue. Knows nothing of steps and resources."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, SimpleQueue
from typing import assert_never

from mlctl.apply.ports import Clock
from mlctl.apply.rooms import NeverFits, Rooms, Ticket
from mlctl.apply.script import (
    Await,
    Ended,
    Expect,
    Gate,
    Interrupted,
    Leave,
    Open,
    Outcome,
    Progress,
    Request,
    Room,
    Script,
    Sleep,
    Watch,
    Work,
    WorkFailed,
)
from mlctl.apply.stop import Stop, StopSignal
from mlctl.apply.watch import Watcher
from mlctl.apply.workers import Workers
from mlctl.core.address import Address
from mlctl.core.event import Event, Notice


@dataclass(slots=True, eq=False)
class _Task:
    """A script under way.

    Attributes:
        waits: Counts its requests, so that an answer to an older one is told from the present's.
        on: The request it waits for now.
        seen: The stop level it has been told of.
    """

    number: int
    address: Address
    script: Script
    rank: float
    waits: int = 0
    on: Request | None = None
    since: float = 0.0
    seen: Stop = Stop.NOT
    ticket: Ticket | None = None
    expects: str | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    task: int
    waits: int
    value: object


@dataclass(frozen=True, slots=True)
class _Woken:
    """Somebody asked the run to stop."""


_Message = _Answer | _Woken | Event


@dataclass(order=True, slots=True)
class _Alarm:
    at: float
    order: int
    task: int = field(compare=False)
    waits: int = field(compare=False)


class Engine:
    """Runs scripts side by side and hands out their events one by one.

    Attributes:
        open_tasks: Scripts under way.
        background: Calls in the background that have not come back.
    """

    def __init__(
        self, rooms: Rooms, stop: StopSignal, clock: Clock, *, threads: int, patience_s: float
    ) -> None:
        self._rooms = rooms
        self._stop = stop
        self._clock = clock
        self._patience_s = patience_s
        self._inbox: SimpleQueue[_Message] = SimpleQueue()
        self._workers = Workers(threads)
        self._watchers: dict[str, Watcher] = {}
        self._tasks: dict[int, _Task] = {}
        self._alarms: list[_Alarm] = []
        self._waiting: dict[Gate, list[_Task]] = {}
        self._numbers = count(1)
        self._progress_s = 10.0
        self._background = 0
        stop.on_request(lambda: self._inbox.put(_Woken()))

    @property
    def open_tasks(self) -> int:
        """Scripts under way."""
        return len(self._tasks)

    @property
    def background(self) -> int:
        """Calls in the background that have not come back."""
        return self._background

    def say(self, event: Event) -> None:
        """Have an event handed out. Safe to call from any thread."""
        self._inbox.put(event)

    def speak_every(self, progress_s: float) -> None:
        """How often a request with ``progress`` says that it is still at work."""
        self._progress_s = progress_s

    def begin(self, address: Address, script: Script, rank: float) -> Iterator[Event | Ended]:
        """Start a script and run it up to its first request that takes time."""
        task = _Task(next(self._numbers), address, script, rank)
        self._tasks[task.number] = task
        yield from self._run(task, lambda: next(script))

    def call_in_background(self, call: Callable[[], object]) -> None:
        """Have a call made whose outcome nobody waits for, except ``background``."""
        self._background += 1
        self._workers.submit(call, lambda value: self._inbox.put(_Answer(0, 0, value)))

    def step(self) -> Iterator[Event | Ended]:
        """Wait for the next thing to happen, and hand out what comes of it."""
        # Not earlier: whatever became free may be asked for by what has just begun.
        self._admit()
        if self._inbox.empty() and self._is_stuck():
            raise RuntimeError("apply is stuck: scripts wait for each other (a bug in mlctl)")
        message = self._next()
        match message:
            case None:
                yield from self._ring()
            case _Woken():
                yield from self._spread_stop()
            case _Answer():
                yield from self._answer(message)
            case _:
                yield message

    def close(self, *, wait: bool) -> None:
        """End the threads; scripts that are still open are closed."""
        self._stop.on_request(None)
        for task in self._tasks.values():
            task.script.close()
        self._workers.close(wait=wait)
        for watcher in self._watchers.values():
            watcher.close()

    # --- one script ------------------------------------------------------------------------

    def _run(self, task: _Task, go_on: Callable[[], Event | Request]) -> Iterator[Event | Ended]:
        """Run a script until it waits for something."""
        while True:
            try:
                said = go_on()
            except StopIteration as end:
                yield from self._end(task, end.value)
                return
            match said:
                case Work() | Room() | Sleep() | Await() | Watch():
                    yield from self._wait_for(task, said)
                    return
                case Expect(lane):
                    self._expect(task, lane)
                case Leave(ahead):
                    if ahead <= 0.0 or self._is_wanted(task, ahead):
                        self._leave(task)
                case Open(gate, value):
                    self._open(gate, value)
                case _:
                    yield said
            go_on = lambda: task.script.send(None)  # noqa: E731

    def _end(self, task: _Task, outcome: Outcome) -> Iterator[Event | Ended]:
        del self._tasks[task.number]
        yield Ended(task.address, outcome)
        self._leave(task)

    def _wait_for(
        self, task: _Task, request: Work | Room | Sleep | Await | Watch
    ) -> Iterator[Event | Ended]:
        task.waits += 1
        task.on, task.since = request, self._clock.monotonic()
        if self._must_know(task):
            yield from self._tell_stop(task)
            return
        match request:
            case Work(call, progress):
                self._workers.submit(call, self._reply(task))
                self._ring_later(task, progress)
            case Room():
                self._ask_room(task, request)
            case Sleep(seconds):
                self._alarm(task, seconds)
            case Await(gate):
                self._wait_at(gate, task)
            case Watch():
                self._watch(task, request)
                self._ring_later(task, request.progress)
            case _:
                assert_never(request)

    def _answer(self, answer: _Answer) -> Iterator[Event | Ended]:
        if not answer.task:
            self._background -= 1
            if isinstance(answer.value, WorkFailed):
                yield Notice(f"Tidying up did not work: {answer.value}")
            return
        task = self._tasks.get(answer.task)
        if task is None or task.waits != answer.waits:
            # The script was told to stop meanwhile and waits for something else.
            return
        task.on, value = None, answer.value
        if isinstance(value, Exception):
            failure = value
            yield from self._run(task, lambda: task.script.throw(failure))
        else:
            yield from self._run(task, lambda: task.script.send(value))

    def _reply(self, task: _Task) -> Callable[[object], None]:
        number, waits = task.number, task.waits
        return lambda value: self._inbox.put(_Answer(number, waits, value))

    # --- room ------------------------------------------------------------------------------

    def _ask_room(self, task: _Task, request: Room) -> None:
        self._expect(task, None)
        ticket = Ticket(task.number, request.lane, request.limits, task.rank)
        try:
            self._rooms.ask(ticket)
        except NeverFits as error:
            self._reply(task)(WorkFailed(error, str(error)))
            return
        task.ticket = ticket

    def _expect(self, task: _Task, lane: str | None) -> None:
        if task.expects is not None:
            self._rooms.expect_no_more(task.number, task.expects)
        if lane is not None:
            self._rooms.expect(task.number, lane, task.rank)
        task.expects = lane

    def _is_wanted(self, task: _Task, ahead: float) -> bool:
        return task.ticket is None or self._rooms.longest_waiting(task.ticket.lane) >= ahead

    def _leave(self, task: _Task) -> None:
        self._expect(task, None)
        if task.ticket is not None:
            self._rooms.forget(task.ticket)
            task.ticket = None

    def _admit(self) -> None:
        for ticket in self._rooms.admit():
            self._reply(self._tasks[ticket.owner])(None)

    # --- gates, watches, alarms ------------------------------------------------------------

    def _wait_at(self, gate: Gate, task: _Task) -> None:
        if gate.is_open:
            self._reply(task)(gate.value)
        else:
            self._waiting.setdefault(gate, []).append(task)

    def _open(self, gate: Gate, value: object) -> None:
        gate.value, gate.is_open = value, True
        for task in self._waiting.pop(gate, ()):
            self._reply(task)(value)

    def _watch(self, task: _Task, request: Watch) -> None:
        watcher = self._watchers.get(request.lane)
        if watcher is None:
            watcher = Watcher(request.lane, request.executor, self._patience_s)
            self._watchers[request.lane] = watcher
        watcher.add(request, self._reply(task))

    def _alarm(self, task: _Task, seconds: float) -> None:
        at = self._clock.monotonic() + seconds
        heapq.heappush(self._alarms, _Alarm(at, next(self._numbers), task.number, task.waits))

    def _ring_later(self, task: _Task, progress: Progress | None) -> None:
        if progress is not None:
            self._alarm(task, self._progress_s)

    def _ring(self) -> Iterator[Event | Ended]:
        now = self._clock.monotonic()
        while self._alarms and self._alarms[0].at <= now:
            alarm = heapq.heappop(self._alarms)
            task = self._tasks.get(alarm.task)
            if task is None or task.waits != alarm.waits:
                continue
            match task.on:
                case Work(progress=progress) | Watch(progress=progress) if progress is not None:
                    yield progress(now - task.since)
                    self._ring_later(task, progress)
                case Sleep():
                    yield from self._answer(_Answer(alarm.task, alarm.waits, None))
                case _:
                    continue

    def _is_stuck(self) -> bool:
        """True when nothing is under way that could ever bring a message."""
        under_way = (isinstance(task.on, Work | Watch | Sleep) for task in self._tasks.values())
        return not self._background and not any(under_way)

    def _next(self) -> _Message | None:
        """The next message; None when an alarm comes first."""
        timeout_s = None
        if self._alarms:
            timeout_s = max(0.0, self._alarms[0].at - self._clock.monotonic())
        try:
            return self._inbox.get(block=timeout_s != 0.0, timeout=timeout_s)
        except Empty:
            return None

    # --- stopping --------------------------------------------------------------------------

    def _spread_stop(self) -> Iterator[Event | Ended]:
        for task in tuple(self._tasks.values()):
            if task.on is not None and self._must_know(task):
                yield from self._tell_stop(task)

    def _must_know(self, task: _Task) -> bool:
        level = self._stop.level
        if level <= task.seen:
            return False
        match task.on:
            case Room() | Sleep():
                return True
            case Watch() | Await():
                return level >= Stop.CANCEL
            case _:
                # A call under way ends first, except that at DETACH nobody waits for it.
                return level >= Stop.DETACH

    def _tell_stop(self, task: _Task) -> Iterator[Event | Ended]:
        task.seen = self._stop.level
        # Answers to what it waited for come too late from here on.
        task.waits += 1
        task.on = None
        interruption = Interrupted(task.seen, self._stop.why)
        yield from self._run(task, lambda: task.script.throw(interruption))
