"""Who works on which fingerprint now, so that nobody does the same work beside them.

A lease is advice between processes that share a store: it saves work, it does not guard truth.
The first result written wins either way.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mlctl.core.digest import Digest
from mlctl.store import process
from mlctl.store.files import refusals
from mlctl.store.roll import Lease, Roll, read_roll

Clock = Callable[[], float]
"""Seconds since 1970."""

__all__ = ["Clock", "Held", "Lease", "Leases"]


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else works on it.

    Attributes:
        by: Their lease.
    """

    by: Lease


_SUFFIX = ".json"


class Leases:
    """The leases below one store. Safe to use from several threads and processes.

    One file a process; the lock of the folder orders everybody's changes. At most one of them has
    a lease for a fingerprint.
    """

    def __init__(self, root: Path, clock: Clock = time.time) -> None:
        """Use the store at ``root``, which need not be there yet.

        Args:
            root: The store's folder.
            clock: The time; processes that share a store must agree on it within their leases.
        """
        self._folder = Path(os.path.abspath(root)) / "leases"  # noqa: PTH100
        self._clock = clock
        self._rolls: dict[str, Roll] = {}

    def acquire(self, fingerprint: Digest, owner: str, ttl_s: float) -> Lease | Held:
        """Ask for the lease of a fingerprint; never waits for it.

        It is given when nobody has it, when its time is over, when the process that has it is
        gone, or when it is this process's and this owner's own.

        Args:
            fingerprint: Of the work.
            owner: Who asks.
            ttl_s: How long it holds unless it is renewed, in seconds.

        Raises:
            StoreFull: The disk is full.
            StoreUnwritable: The store cannot be written.
        """
        me = process.current().label()
        with self._locked():
            found = self._find(me, fingerprint)
            if found is not None and not self._is_free(found, owner, me):
                return Held(found)
            lease = Lease(fingerprint, owner, me, secrets.token_hex(8), self._clock() + ttl_s)
            self._hold(lease)
            return lease

    def renew(self, lease: Lease, ttl_s: float) -> Lease | Held | None:
        """Hold a lease for longer.

        Returns:
            The lease as it now is; who has it, if it ran out and was given to somebody else; or
            None if it was released.
        """
        with self._locked():
            found = self._find(lease.holder, lease.fingerprint)
            if found is None or found.token != lease.token:
                return None if found is None else Held(found)
            longer = replace(found, expires_at=self._clock() + ttl_s)
            self._hold(longer)
            return longer

    def release(self, lease: Lease) -> None:
        """Give a lease back; one that is somebody else's by now stays theirs."""
        with self._locked():
            found = self._find(lease.holder, lease.fingerprint)
            if found is not None and found.token == lease.token:
                self._drop(lease.fingerprint)

    def holder(self, fingerprint: Digest) -> Lease | None:
        """Who has the lease now; None when it is free."""
        for name in self._names():
            found = read_roll(self._path(name)).get(fingerprint)
            if found is not None:
                return None if self._is_over(found) else found
        return None

    def _is_free(self, found: Lease, owner: str, me: str) -> bool:
        return (found.owner, found.holder) == (owner, me) or self._is_over(found)

    def _is_over(self, found: Lease) -> bool:
        holder = process.Process.from_label(found.holder)
        return found.expires_at <= self._clock() or (holder is not None and holder.is_gone())

    def _find(self, mine: str, fingerprint: Digest) -> Lease | None:
        """The lease for some work, on whatever roll. Call with the lock held.

        Rolls of others on which nothing holds any more are removed; they are of ended runs.
        """
        known, self._rolls = self._rolls, {}
        for name in {mine, *self._names()}:
            roll = self._rolls[name] = known.get(name) or Roll(self._path(name))
            roll.refresh()
            if name != mine and all(map(self._is_over, roll.held.values())):
                roll.remove()
                del self._rolls[name]
        held = (roll.held.get(fingerprint) for roll in self._rolls.values())
        return next((lease for lease in held if lease is not None), None)

    def _hold(self, lease: Lease) -> None:
        """Have this lease, and no other, for its work. Call with the lock held."""
        self._drop(lease.fingerprint, but=lease.holder)
        self._rolls.setdefault(lease.holder, Roll(self._path(lease.holder))).hold(lease)

    def _drop(self, fingerprint: Digest, but: str = "") -> None:
        for name, roll in self._rolls.items():
            if name != but:
                roll.drop(fingerprint)

    def _names(self) -> list[str]:
        try:
            found = os.listdir(self._folder)  # noqa: PTH208 - names alone, twice a step
        except FileNotFoundError:
            return []
        return [name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX)]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """For the few milliseconds in which a lease changes; the lock dies with its process."""
        with refusals(self._folder):
            handle = self._open_lock()
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)

    def _open_lock(self) -> int:
        path, flags = f"{self._folder}/.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            return os.open(path, flags, 0o666)
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags, 0o666)

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}{_SUFFIX}"
