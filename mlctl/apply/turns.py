"""Turns over the store's leases, kept alive by one thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from mlctl.apply.ports import Busy
from mlctl.apply.workers import called
from mlctl.core.digest import Digest
from mlctl.store.lease import Held, Lease, Leases

LEASE_S = 120.0
RENEW_S = 30.0


@dataclass(slots=True, eq=False)
class _LeasedTurn:
    keeper: LeasedTurns
    lease: Lease

    def release(self) -> None:
        """Let the others have it."""
        self.keeper.release(self)


class LeasedTurns:
    """A ``Turns``. One thread renews every lease that this run holds."""

    def __init__(self, leases: Leases, owner: str) -> None:
        """Make one; its thread starts with the first turn.

        Args:
            leases: Of the store.
            owner: This run's id.
        """
        self._leases = leases
        self._owner = owner
        self._held: set[_LeasedTurn] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire(self, fingerprint: Digest) -> _LeasedTurn | Busy:
        """Ask for the turn; never waits for it."""
        found = self._leases.acquire(fingerprint, self._owner, LEASE_S)
        if isinstance(found, Held):
            return Busy(found.by.owner)
        turn = _LeasedTurn(self, found)
        with self._lock:
            self._held.add(turn)
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="turns", daemon=True)
                self._thread.start()
        return turn

    def release(self, turn: _LeasedTurn) -> None:
        """Let the others have a turn."""
        with self._lock:
            held = turn in self._held
            self._held.discard(turn)
        if held:
            self._leases.release(turn.lease)

    def close(self) -> None:
        """Renew no more; what is still held ends with this process."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _keep(self) -> None:
        while not self._over.wait(RENEW_S):
            with self._lock:
                turns = list(self._held)
            for turn in turns:
                # A lease that cannot be renewed now is asked for again while it has time; one
                # that is lost costs double work at most, for results are first writer wins.
                called(lambda lease=turn.lease: self._leases.renew(lease, LEASE_S))  # type: ignore[misc]  # bound now
