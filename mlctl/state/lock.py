"""Who works on a state: the holder's card, the lease, and its renewal. Knows no file."""

from __future__ import annotations

import getpass
import json
import os
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from mlctl.core.digest import Json
from mlctl.core.errors import MlctlError
from mlctl.state.process import identity, is_alive, this_host

LEASE_S = 60.0
"""How long a lock holds without being renewed."""
RENEW_S = 15.0
"""How often its holder renews it: three attempts may fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lock.

    Attributes:
        id: Drawn for each locking; what ``force-unlock`` asks for.
        process: What tells the process from a later one with the same pid; may be empty.
        created: Unix time in seconds, by the holder's clock; likewise ``expires``.
    """

    id: str
    host: str
    pid: int
    process: str
    user: str
    command: str
    created: float
    expires: float

    def to_json(self) -> dict[str, Json]:
        """As the lock object holds it; times are RFC 3339, UTC."""
        who: Json = {
            "host": self.host,
            "pid": self.pid,
            "process": self.process,
            "user": self.user,
            "command": self.command,
        }
        return {
            "id": self.id,
            "who": who,
            "created": _rfc3339(self.created),
            "expires": _rfc3339(self.expires),
        }

    @classmethod
    def from_json(cls, raw: object) -> Holder:
        """The inverse.

        Raises:
            ValueError: It does not spell one.
        """
        try:
            card = _mapping(raw)
            who = _mapping(card["who"])
            return cls(
                id=str(card["id"]),
                host=str(who["host"]),
                pid=int(str(who["pid"])),
                process=str(who.get("process", "")),
                user=str(who["user"]),
                command=str(who["command"]),
                created=datetime.fromisoformat(str(card["created"])).timestamp(),
                expires=datetime.fromisoformat(str(card["expires"])).timestamp(),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a lock: {error!r}") from error

    @classmethod
    def parse(cls, content: bytes) -> Holder:
        """Read a lock object's bytes.

        Raises:
            ValueError: They do not spell one.
        """
        return cls.from_json(json.loads(content))

    @classmethod
    def here(cls, command: str, now: float) -> Holder:
        """A fresh card of this process."""
        return cls(
            id=str(uuid.uuid4()),
            host=this_host(),
            pid=os.getpid(),
            process=identity(os.getpid()),
            user=_user(),
            command=command,
            created=now,
            expires=now + LEASE_S,
        )

    def until(self, expires: float) -> Holder:
        """The same holder with another end."""
        return replace(self, expires=expires)

    def abandoned(self, now: float) -> str:
        """Why nobody holds this any more, or an empty text while somebody does."""
        if self.expires <= now:
            return f"its lease ended at {_rfc3339(self.expires)}"
        if self.host == this_host() and not is_alive(self.pid, self.process):
            return f"process {self.pid} is gone"
        return ""

    def __str__(self) -> str:
        return (
            f'{self.user}@{self.host}, process {self.pid}, "{self.command}", '
            f"since {_rfc3339(self.created)}"
        )


@dataclass
class StateLocked(MlctlError):
    """Somebody else works on the state."""

    where: str
    holder: Holder | None
    waited_s: float = 0.0

    exit_code = 4

    def __str__(self) -> str:
        waited = f" after waiting {self.waited_s:g} s" if self.waited_s else ""
        by = f" by {self.holder}" if self.holder else " by somebody who is just writing the lock"
        return f"the state {self.where} is locked{waited}{by}"

    @property
    def lock_id(self) -> str:
        """What ``force-unlock`` asks for; empty when unknown."""
        return self.holder.id if self.holder else ""


@dataclass
class LockLost(MlctlError):
    """This run's lease ended or was taken, so it must not write any more."""

    where: str
    why: str

    hint = "The journal of this run is kept; the next run folds it in."

    def __str__(self) -> str:
        return f"this run lost its lock on {self.where}: {self.why}"


@dataclass
class NotTheLock(MlctlError):
    """``force-unlock`` was given another id than the lock has."""

    where: str
    given: str
    holder: Holder | None

    def __str__(self) -> str:
        if self.holder is None:
            return f"the state {self.where} is not locked"
        return f"the lock on {self.where} is {self.holder.id}, not {self.given}: {self.holder}"


class Renewal(Protocol):
    """What a lease needs of its backend."""

    def __call__(self, holder: Holder) -> None:
        """Make the lock object say ``holder``, if it still is this holder's.

        Raises:
            LockLost: It is somebody else's, or gone.
            OSError: It cannot be written now; trying again may help.
        """


@dataclass(slots=True)
class Lease:
    """A held lock, renewed by a thread of its own until it is let go.

    Attributes:
        holder: This run's card.
        notice: What people should know of how it was obtained; often empty.
    """

    where: str
    holder: Holder
    renew: Renewal
    clock: Callable[[], float]
    notice: str = ""
    every_s: float = RENEW_S
    lease_s: float = LEASE_S
    _lost: str = ""
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> Lease:
        """Begin to renew."""
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()
        return self

    @property
    def is_lost(self) -> bool:
        """True once this run must not write the state any more."""
        return bool(self._lost) or self.clock() >= self.holder.expires

    def check(self) -> None:
        """Do nothing while the lock is held.

        Raises:
            LockLost: It is not held any more.
        """
        if self.is_lost:
            raise LockLost(self.where, self._lost or "it could not be renewed in time")

    def stop(self) -> None:
        """Renew no more. Only a backend's ``unlock`` calls this."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def attempt(self) -> None:
        """Renew once, now. What fails without being final is tried again in time."""
        renewed = self.holder.until(self.clock() + self.lease_s)
        try:
            self.renew(renewed)
        except LockLost as error:
            self._lost = error.why
        except OSError:
            # Not lost yet: the lease still has time, and the next attempt may pass.
            return
        else:
            self.holder = renewed

    def _keep(self) -> None:
        while not self._lost and not self._over.wait(self.every_s):
            self.attempt()


def _rfc3339(at: float) -> str:
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _mapping(raw: object) -> Mapping[str, object]:
    if not isinstance(raw, Mapping):
        raise ValueError(f"not a lock: {raw!r}")
    return raw


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A process whose user has no name, as in many containers.
        return str(os.getuid())
