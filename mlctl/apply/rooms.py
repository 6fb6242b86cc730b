"""Room on targets: who may begin now. Knows no threads."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count

from mlctl.core.errors import MlctlError
from mlctl.core.job import Limits
from mlctl.core.provider import Capabilities

LOOK_AHEAD = 16
"""How many are looked at behind one that does not fit, so that small steps fill what it leaves."""


@dataclass
class NeverFits(MlctlError):
    """A step asks for more than its target has."""

    asked: str
    lane: str
    has: str

    hint = "Lower the step's resources, or choose another compute."

    def __str__(self) -> str:
        return f"the step asks for {self.asked}, but {self.lane} has {self.has}"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who asks for room, and holds it once admitted."""

    owner: int
    lane: str
    limits: Limits
    rank: float


@dataclass(slots=True)
class _Lane:
    capabilities: Capabilities | None
    queue: list[tuple[float, int, Ticket]] = field(default_factory=list)
    held: dict[int, Ticket] = field(default_factory=dict)
    expected: dict[int, float] = field(default_factory=dict)

    def fits(self, wanted: Limits) -> bool:
        """True when it can begin beside those that hold room; alone, anything may."""
        has, held = self.capabilities, [ticket.limits for ticket in self.held.values()]
        if has is None or not held:
            return True
        if len(held) >= has.slots:
            return False
        if sum(limits.gpus for limits in held) + wanted.gpus > has.gpus:
            return False
        return _within(has.cpus, [limits.cpus for limits in (*held, wanted)]) and _within(
            has.memory_bytes, [limits.memory_bytes for limits in (*held, wanted)]
        )


class Rooms:
    """Admits by rank, as far as targets and ``parallelism`` allow."""

    def __init__(self, parallelism: int) -> None:
        self._free = parallelism
        self._lanes: dict[str, _Lane] = {"": _Lane(None)}
        self._order = count()

    def know(self, lane: str, capabilities: Capabilities) -> None:
        """Say what a target can do; before anyone asks for room on it."""
        self._lane(lane).capabilities = capabilities

    def expect(self, owner: int, lane: str, rank: float) -> None:
        """Say that somebody is about to ask, and nobody of a lower rank is to go first."""
        self._lane(lane).expected[owner] = rank

    def expect_no_more(self, owner: int, lane: str) -> None:
        """Say that they asked, or that they will not."""
        self._lane(lane).expected.pop(owner, None)

    def ask(self, ticket: Ticket) -> None:
        """Queue for room.

        Raises:
            NeverFits: The target will never have it.
        """
        lane = self._lanes[ticket.lane]
        has = lane.capabilities
        if has is not None and ticket.limits.gpus > has.gpus:
            raise NeverFits(_gpus(ticket.limits.gpus), ticket.lane, _gpus(has.gpus))
        heapq.heappush(lane.queue, (-ticket.rank, next(self._order), ticket))

    def longest_waiting(self, lane: str) -> float:
        """The highest rank among those that wait; below zero when nobody does."""
        queue = self._lane(lane).queue
        return queue[0][2].rank if queue else -1.0

    def forget(self, ticket: Ticket) -> None:
        """Give room back, or leave the queue."""
        lane = self._lanes[ticket.lane]
        if lane.held.pop(ticket.owner, None) is not None:
            self._free += 1
            return
        lane.queue = [entry for entry in lane.queue if entry[2].owner != ticket.owner]
        heapq.heapify(lane.queue)

    def _lane(self, lane: str) -> _Lane:
        return self._lanes.setdefault(lane, _Lane(None))

    def admit(self) -> tuple[Ticket, ...]:
        """Everyone who may begin now; they hold their room from here on."""
        admitted: list[Ticket] = []
        for lane in self._lanes.values():
            while self._free > 0 and (ticket := _next(lane)) is not None:
                lane.held[ticket.owner] = ticket
                self._free -= 1
                admitted.append(ticket)
        return tuple(admitted)


def _next(lane: _Lane) -> Ticket | None:
    passed: list[tuple[float, int, Ticket]] = []
    found = None
    first = max(lane.expected.values(), default=0.0)
    while lane.queue and len(passed) <= LOOK_AHEAD:
        entry = heapq.heappop(lane.queue)
        if entry[2].rank < first:
            passed.append(entry)
            break
        if lane.fits(entry[2].limits):
            found = entry[2]
            break
        passed.append(entry)
        if lane.capabilities is not None and len(lane.held) >= lane.capabilities.slots:
            break
    for entry in passed:
        heapq.heappush(lane.queue, entry)
    return found


def _within(has: float | None, wanted: list[float] | list[float | None] | list[int | None]) -> bool:
    if has is None:
        return True
    return sum(amount for amount in wanted if amount is not None) <= has


def _gpus(number: int) -> str:
    return "no GPU" if not number else f"{number} GPU" if number == 1 else f"{number} GPUs"
