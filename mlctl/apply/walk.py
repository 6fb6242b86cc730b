"""The walk: which objects may be worked on now. Knows no threads, clocks or providers."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping

from mlctl.core.address import Address
from mlctl.core.errors import MlctlError


class CyclicPlan(MlctlError):
    """The plan's rows wait for each other: a bug in what made the plan."""

    def __init__(self, members: tuple[Address, ...]) -> None:
        super().__init__(members)
        self.members = members

    def __str__(self) -> str:
        some = ", ".join(map(str, self.members[:5]))
        return f"the plan cannot be carried out, its rows wait for each other: {some}"


class Walk:
    """A graph being consumed from its roots; all of it together costs O(edges · log nodes).

    Every address is taken once and then ends by ``succeed``, ``fail`` or ``give_up``, or is given
    up without having been taken.
    """

    def __init__(
        self,
        needs: Mapping[Address, Iterable[Address]],
        cost_s: Mapping[Address, float],
        lane: Callable[[Address], str],
    ) -> None:
        """Start a walk.

        Args:
            needs: For each address, those that must succeed before it; others than keys of this
                mapping do not count.
            cost_s: How long each is thought to take; absent: no time.
            lane: Where it will be worked on. Each lane has a queue of its own, so that what waits
                for room on one target does not stand before what could go to another.

        Raises:
            CyclicPlan: Some wait for each other.
        """
        self._missing: dict[Address, int] = {}
        self._dependents: dict[Address, list[Address]] = {address: [] for address in needs}
        for address, upstream in needs.items():
            counted = {need for need in upstream if need in needs and need != address}
            self._missing[address] = len(counted)
            for need in counted:
                self._dependents[need].append(address)
        self._lane = lane
        self._rank = self._ranked(cost_s)
        self._queues: dict[str, list[tuple[float, str, Address]]] = {}
        self._running: set[Address] = set()
        for address, count in self._missing.items():
            if not count:
                self._enqueue(address)

    @property
    def is_over(self) -> bool:
        """True when nothing waits and nothing runs."""
        return not self._missing and not self._running

    @property
    def is_stuck(self) -> bool:
        """True when something waits, and nothing runs or could be taken."""
        return bool(self._missing) and not self._running and not any(self._queues.values())

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes in which something can be taken."""
        return tuple(lane for lane, queue in self._queues.items() if queue)

    @property
    def waiting(self) -> tuple[Address, ...]:
        """What has neither been taken nor given up, in the order of ``needs``."""
        return tuple(self._missing)

    def rank(self, address: Address) -> float:
        """Seconds from its start to the end of the longest path through it."""
        return self._rank[address]

    def ahead(self, address: Address) -> float:
        """Seconds of the longest path that ``address`` holds up; 0 when nothing waits for it."""
        return max((self._rank[d] for d in self._dependents[address]), default=0.0)

    def take(self, lane: str) -> Address | None:
        """The address of a lane with the longest path ahead of it whose needs are all met."""
        queue = self._queues.get(lane, [])
        while queue:
            address = heapq.heappop(queue)[2]
            if address in self._missing:
                del self._missing[address]
                self._running.add(address)
                return address
        return None

    def succeed(self, address: Address) -> None:
        """Release whatever was waiting for ``address`` alone."""
        self._running.remove(address)
        for dependent in self._dependents[address]:
            if dependent in self._missing:
                self._missing[dependent] -= 1
                if not self._missing[dependent]:
                    self._enqueue(dependent)

    def fail(self, address: Address) -> tuple[tuple[Address, Address], ...]:
        """Give up everything downstream of ``address``.

        Returns:
            Each address given up with the one it waited for, nearest first: that one failed or
            was itself given up.
        """
        self._running.remove(address)
        return self._give_up_after([address])

    def give_up(self, addresses: Iterable[Address]) -> tuple[tuple[Address, Address], ...]:
        """Give up those of ``addresses`` that still wait, and everything downstream of them.

        Returns:
            Each address given up with why: itself where it was named, else as ``fail``.
        """
        named = [address for address in addresses if self._missing.pop(address, None) is not None]
        return (*((address, address) for address in named), *self._give_up_after(named))

    def _give_up_after(self, reached: list[Address]) -> tuple[tuple[Address, Address], ...]:
        lost: list[tuple[Address, Address]] = []
        reached = list(reached)
        for upstream in reached:
            for dependent in self._dependents[upstream]:
                if self._missing.pop(dependent, None) is not None:
                    lost.append((dependent, upstream))
                    reached.append(dependent)
        return tuple(lost)

    def _enqueue(self, address: Address) -> None:
        queue = self._queues.setdefault(self._lane(address), [])
        heapq.heappush(queue, (-self._rank[address], address.text, address))

    def _ranked(self, cost_s: Mapping[Address, float]) -> dict[Address, float]:
        left = dict(self._missing)
        order = [address for address, count in left.items() if not count]
        for address in order:
            for dependent in self._dependents[address]:
                left[dependent] -= 1
                if not left[dependent]:
                    order.append(dependent)
        if len(order) < len(left):
            raise CyclicPlan(tuple(address for address, count in left.items() if count))
        rank: dict[Address, float] = {}
        for address in reversed(order):
            longest = max((rank[d] for d in self._dependents[address]), default=0.0)
            rank[address] = cost_s.get(address, 0.0) + longest
        return rank
