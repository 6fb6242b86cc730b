"""Scripts: the life of one object as a generator, read from top to bottom.

A script yields events, which the caller of apply handles before the script goes on, and requests,
which the engine answers: the value of the ``yield`` is the answer. All scripts run in the one
writing thread; only what a request names runs elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import Enum

from mlctl.apply.stop import Stop
from mlctl.core.address import Address
from mlctl.core.event import Event
from mlctl.core.job import Handle, JobStatus, Limits
from mlctl.core.provider import Executor


class Outcome(Enum):
    """How a script ended."""

    DONE = "done"
    FAILED = "failed"
    NOT_BEGUN = "not begun"
    """Nothing was done about the object; what waits for it cannot go on."""
    INTERRUPTED = "interrupted"


Progress = Callable[[float], Event]
"""Makes the event that says something is still at work, from the seconds it has been."""


@dataclass(frozen=True, slots=True)
class Work:
    """Call this in a worker; the answer is what it returns.

    Raises:
        WorkFailed: Thrown into the script when it raised.
    """

    call: Callable[[], object]
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Expect:
    """Say that ``Room`` on a target may be asked for very soon; no answer is waited for.

    Otherwise room that becomes free would go to whoever asked first, not to the longest path.
    """

    lane: str


@dataclass(frozen=True, slots=True)
class Room:
    """Wait for room, and hold it until ``Leave`` or the script's end.

    Attributes:
        lane: The target; empty for what runs nowhere in particular.
        limits: What it takes up of the target.
    """

    lane: str
    limits: Limits = Limits()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Leave:
    """Give the room back.

    Attributes:
        ahead: How long the path is that goes on after this. Unless somebody who waits for room has
            one as long, the room is kept for whoever goes on with it. 0: nobody does.
    """

    ahead: float = 0.0


@dataclass(frozen=True, slots=True)
class Sleep:
    """Go on after some seconds."""

    seconds: float


@dataclass(slots=True, eq=False)
class Gate:
    """Something that one script says once and others wait for."""

    value: object = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until a gate is open; the answer is its value."""

    gate: Gate


@dataclass(frozen=True, slots=True)
class Open:
    """Open a gate."""

    gate: Gate
    value: object


@dataclass(frozen=True, slots=True)
class Watch:
    """Wait until a job has ended; the answer is its last status.

    Attributes:
        lane: The target; all its jobs are asked about in one call.
        feed: Takes log bytes, in a thread of the target's own.
        offset: Of the first log byte to feed.
    """

    lane: str
    executor: Executor
    handle: Handle
    feed: Callable[[bytes], None]
    offset: Callable[[], int]
    progress: Progress | None = None


Request = Work | Expect | Room | Leave | Sleep | Await | Open | Watch

Script = Generator[Event | Request, object, Outcome]


@dataclass
class WorkFailed(Exception):
    """A worker's call raised.

    Attributes:
        error: What it raised.
        text: For people: a sentence, or a traceback where it is a bug.
    """

    error: Exception
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass
class Interrupted(Exception):
    """The run is to stop: thrown into a script that waits.

    Attributes:
        level: How firmly.
        why: For people.
    """

    level: Stop
    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class WatchFailed:
    """In place of a status: the target could not be asked for too long, or refused.

    Attributes:
        failure: What asking gave last.
    """

    failure: WorkFailed


Ending = JobStatus | WatchFailed


@dataclass(frozen=True, slots=True)
class Ended:
    """A script came to its end."""

    address: Address
    outcome: Outcome
