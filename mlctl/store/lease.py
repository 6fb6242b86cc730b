"""Who works on which fingerprint now, so that nobody does the same work beside them.

A lease is advice between processes that share a store: it saves work, it does not guard truth.
The first result written wins either way.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mlctl.core.digest import Digest, hex_of
from mlctl.store import process
from mlctl.store.files import refusals

Clock = Callable[[], float]
"""Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Leave to work on a fingerprint, until it runs out.

    Attributes:
        fingerprint: Of the work.
        owner: For people: who holds it, such as a run's id.
        holder: Label of the process that holds it.
        token: Tells this lease from any earlier one of the same owner.
        expires_at: Seconds since 1970, by the clock of the holder's machine.
    """

    fingerprint: Digest
    owner: str
    holder: str
    token: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else works on it.

    Attributes:
        by: Their lease.
    """

    by: Lease


class Leases:
    """The leases below one store. Safe to use from several threads and processes."""

    def __init__(self, root: Path, clock: Clock = time.time) -> None:
        """Use the store at ``root``, which need not be there yet.

        Args:
            root: The store's folder.
            clock: The time; processes that share a store must agree on it within their leases.
        """
        self._folder = Path(os.path.abspath(root)) / "leases"  # noqa: PTH100
        self._clock = clock

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
            found = self._read(fingerprint)
            if found is not None and not self._is_free(found, owner, me):
                return Held(found)
            lease = Lease(fingerprint, owner, me, secrets.token_hex(8), self._clock() + ttl_s)
            self._write(lease)
            return lease

    def renew(self, lease: Lease, ttl_s: float) -> Lease | Held | None:
        """Hold a lease for longer.

        Returns:
            The lease as it now is; who has it, if it ran out and was given to somebody else; or
            None if it was released.
        """
        with self._locked():
            found = self._read(lease.fingerprint)
            if found is None or found.token != lease.token:
                return None if found is None else Held(found)
            longer = replace(found, expires_at=self._clock() + ttl_s)
            self._write(longer)
            return longer

    def release(self, lease: Lease) -> None:
        """Give a lease back; one that is somebody else's by now stays theirs."""
        with self._locked():
            found = self._read(lease.fingerprint)
            if found is not None and found.token == lease.token:
                self._path(lease.fingerprint).unlink(missing_ok=True)

    def holder(self, fingerprint: Digest) -> Lease | None:
        """Who has the lease now; None when it is free."""
        found = self._read(fingerprint)
        return None if found is None or self._is_over(found) else found

    def _is_free(self, found: Lease, owner: str, me: str) -> bool:
        return (found.owner, found.holder) == (owner, me) or self._is_over(found)

    def _is_over(self, found: Lease) -> bool:
        holder = process.Process.from_label(found.holder)
        return found.expires_at <= self._clock() or (holder is not None and holder.is_gone())

    def _path(self, fingerprint: Digest) -> Path:
        return self._folder / f"{hex_of(fingerprint)}.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """For the few milliseconds in which a lease changes; the lock dies with its process."""
        with refusals(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)

    def _read(self, fingerprint: Digest) -> Lease | None:
        try:
            raw = json.loads(self._path(fingerprint).read_text(encoding="utf-8"))
            return Lease(
                Digest(str(raw["fingerprint"])),
                str(raw["owner"]),
                str(raw["holder"]),
                str(raw["token"]),
                float(raw["expires_at"]),
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            return None  # damaged: the work may be done twice, which is slow but not wrong

    def _write(self, lease: Lease) -> None:
        # No fsync: after a power cut the process that holds it is gone as well.
        path = self._path(lease.fingerprint)
        beside = path.with_suffix(f".{lease.token}.new")
        try:
            beside.write_text(json.dumps(asdict(lease)), encoding="utf-8")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
