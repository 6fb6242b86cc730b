"""Where a state is kept: what every backend promises, and nothing of how.

``tests/state/backend_contract.py`` holds every backend to the sentences below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mlctl.core.state import State
from mlctl.state.lock import Holder, Lease

Report = Callable[[str], None]
"""Says one sentence to whoever waits."""


def silent(_: str) -> None:
    """A report that nobody reads."""


@dataclass(frozen=True, slots=True)
class LockRequest:
    """How to lock.

    Attributes:
        command: What the holder does, for whoever finds the lock.
        timeout_s: How long to wait for somebody else to let go; 0: not at all.
        report: Told who holds it while waiting.
    """

    command: str = ""
    timeout_s: float = 0.0
    report: Report = silent


class Backend(Protocol):
    """One state, its lock, and nothing else."""

    @property
    def where(self) -> str:
        """The state's place, for messages."""

    def read(self) -> State:
        """The state; an empty one, without lineage, where none was ever saved.

        Raises:
            StateDamaged: What is there is not a state.
            StateTooNew: A later mlctl wrote it.
            StateUnreadable: It is there and cannot be read.
        """

    def write(self, state: State, lease: Lease | None = None) -> State:
        """Save a state and return it as saved: with a lineage, and the serial one higher.

        Saving what is there already saves nothing. Whoever is killed in the middle leaves the
        old or the new state, whole.

        Args:
            state: As ``read`` or the last ``write`` gave it, with changes.
            lease: The lock it is written under; None where people said to do without.

        Raises:
            LockLost: The lease is over. Nothing was written.
            StateMoved: What is there has another lineage or serial. Nothing was written.
            StateNotSaved: It cannot be written; the old state is untouched.
        """

    def lock(self, request: LockRequest) -> Lease:
        """Lock the state and keep it locked until ``unlock``.

        A lock whose holder is surely gone is taken over; the lease's ``notice`` says so.

        Raises:
            StateLocked: Somebody else holds it.
            LockUnusable: It can neither be taken nor be found taken.
        """

    def unlock(self, lease: Lease) -> None:
        """Let go. Letting go of what is not held any more does nothing."""

    def holder(self) -> Holder | None:
        """Who holds the lock now, if anybody; also one whose lease is over."""

    def force_unlock(self, lock_id: str) -> Holder:
        """Remove somebody's lock and return whose it was.

        Raises:
            NotTheLock: There is none, or it has another id.
        """
