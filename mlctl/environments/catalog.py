"""Does the lock still answer the declaration?"""

from __future__ import annotations

from dataclasses import dataclass

from mlctl.environments.asked import asked_diff
from mlctl.environments.declaration import Declaration, asked
from mlctl.environments.lockfile import Lock


@dataclass(frozen=True, slots=True)
class Current:
    """It does."""

    lock: Lock


@dataclass(frozen=True, slots=True)
class Stale:
    """Something else was asked for when it was made.

    Attributes:
        changes: What is asked for now and was not, and the reverse: ``+ numpy<2``, ``- numpy``.
    """

    lock: Lock
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """There is none."""


Status = Current | Stale | Missing


def status(declaration: Declaration, lock: Lock | None) -> Status:
    """Compare what is asked for with what the lock was made for."""
    if lock is None:
        return Missing()
    now = asked(declaration)
    if lock.declared_digest == now.digest:
        return Current(lock)
    # A lock whose record was edited by hand may differ in its digest alone.
    return Stale(lock, asked_diff(lock.asked, now) or ("the lock's record of what was asked",))
