"""The leases of one process as a file that only grows: a line says who holds what until when.

Making and removing a file for each lease would cost more than a short step. Call everything here
with the lock of the leases held; only ``read_roll`` may look without it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlctl.core.digest import Digest
from mlctl.store.copying import write_all

_REWRITE_BYTES = 256 * 1024
"""Size at which a file that holds mostly the past is made anew."""

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


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


class Roll:
    """One file; what was read of it is remembered, and only what was added since is read.

    Attributes:
        held: By fingerprint; as of the last ``refresh``.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._inode = self._size = 0
        self._rewrite_at = _REWRITE_BYTES
        self.held: dict[Digest, Lease] = {}

    def refresh(self) -> None:
        """Read what is new."""
        try:
            seen = os.stat(self._path)  # noqa: PTH116 - twice a step
        except FileNotFoundError:
            self._inode = self._size = 0
            self.held.clear()
            return
        if seen.st_ino != self._inode or seen.st_size < self._size:
            self._inode, self._size = seen.st_ino, 0
            self.held.clear()
        if seen.st_size > self._size:
            self._read_on()

    def hold(self, lease: Lease) -> None:
        """Add a lease, in place of one for the same work.

        Raises:
            OSError: It cannot be written.
        """
        self._append(_line(lease))
        self.held[lease.fingerprint] = lease

    def drop(self, fingerprint: Digest) -> None:
        """Take a lease off; when there is none: done.

        Raises:
            OSError: It cannot be written.
        """
        if fingerprint in self.held:
            self._append(_spelled({"fingerprint": fingerprint}))
            del self.held[fingerprint]
            if self._size >= self._rewrite_at:
                self._rewrite()

    def remove(self) -> None:
        """Remove the file."""
        Path(self._path).unlink(missing_ok=True)

    def _read_on(self) -> None:
        with open(self._path, "rb") as file:  # noqa: PTH123 - once a step
            file.seek(self._size)
            content = file.read()
        self._size += len(content)
        _take_lines(content, self.held)

    def _append(self, line: bytes) -> None:
        handle = os.open(self._path, _FLAGS, 0o666)
        try:
            write_all(handle, line)
            seen = os.fstat(handle)
        finally:
            os.close(handle)
        self._inode, self._size = seen.st_ino, seen.st_size

    def _rewrite(self) -> None:
        beside = f"{self._path}.new"
        with open(beside, "wb") as file:  # noqa: PTH123
            file.writelines(map(_line, self.held.values()))
        os.replace(beside, self._path)  # noqa: PTH105
        self.refresh()
        self._rewrite_at = max(_REWRITE_BYTES, 2 * self._size)


def read_roll(path: str) -> Mapping[Digest, Lease]:
    """What a file says now, without the lock: perhaps not the very last line."""
    held: dict[Digest, Lease] = {}
    with suppress(FileNotFoundError):
        _take_lines(Path(path).read_bytes(), held)
    return held


def _take_lines(content: bytes, held: dict[Digest, Lease]) -> None:
    for line in content.split(b"\n"):
        # Damaged: the work may be done twice, which is slow but not wrong.
        with suppress(ValueError, KeyError, TypeError):
            raw = json.loads(line)
            held.pop(Digest(raw["fingerprint"]), None)
            if "token" in raw:
                lease = _lease(raw)
                held[lease.fingerprint] = lease


def _line(lease: Lease) -> bytes:
    return _spelled(
        {
            "fingerprint": lease.fingerprint,
            "owner": lease.owner,
            "holder": lease.holder,
            "token": lease.token,
            "expires_at": lease.expires_at,
        }
    )


def _spelled(fields: Mapping[str, str | float]) -> bytes:
    # Without fsync: after a power cut every holder is gone as well. A line begins with its break,
    # so that one which a killed process left unfinished spoils no other.
    return b"\n" + json.dumps(fields).encode()


def _lease(raw: Mapping[str, object]) -> Lease:
    return Lease(
        Digest(str(raw["fingerprint"])),
        str(raw["owner"]),
        str(raw["holder"]),
        str(raw["token"]),
        float(str(raw["expires_at"])),
    )
