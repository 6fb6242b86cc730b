"""A lock as a file: created with O_EXCL, and changed only under flock on that very file."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlctl.core.digest import canonical
from mlctl.state.backend import LockRequest
from mlctl.state.errors import LockUnusable
from mlctl.state.files import PRIVATE, replace_file
from mlctl.state.lock import LEASE_S, Holder, Lease, LockLost, NotTheLock, StateLocked

ASK_EVERY_S = 0.2
SAY_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class FileLock:
    """The lock file of one state.

    Attributes:
        path: Of the lock file.
        state: What it locks, for messages.
        clock: Unix time in seconds.
    """

    path: Path
    state: str
    clock: Callable[[], float] = time.time

    def acquire(self, request: LockRequest) -> Lease:
        """Take the lock, waiting as long as the request says.

        Raises:
            StateLocked: Somebody holds it.
            LockUnusable: The file can neither be made nor be read.
        """
        began, said = time.monotonic(), -SAY_EVERY_S
        while True:
            try:
                return self._attempt(request.command)
            except StateLocked as locked:
                waited = time.monotonic() - began
                if waited >= request.timeout_s:
                    locked.waited_s = request.timeout_s
                    raise
                if waited - said >= SAY_EVERY_S:
                    request.report(f"Waiting: {locked}")
                    said = waited
                time.sleep(min(ASK_EVERY_S, request.timeout_s - waited))
            except OSError as error:
                raise LockUnusable(str(self.path), error.strerror or str(error)) from error

    def release(self, lease: Lease) -> None:
        """Remove the file if it still is this lease's."""
        lease.stop()
        with contextlib.suppress(OSError), self._opened() as file:
            if file is not None and _holds(file, lease.holder.id):
                self.path.unlink()

    def holder(self) -> Holder | None:
        """Who holds it; None also while the file is just being written."""
        try:
            return Holder.parse(self.path.read_bytes())
        except (OSError, ValueError):
            return None

    def force(self, lock_id: str) -> Holder:
        """Remove the file if it has this id.

        Raises:
            NotTheLock: It has not.
        """
        with self._opened() as file:
            found = _parsed(file) if file is not None else None
            if found is None or found.id != lock_id:
                raise NotTheLock(self.state, lock_id, found)
            self.path.unlink()
            return found

    def _attempt(self, command: str) -> Lease:
        mine = Holder.here(command, self.clock())
        if self._create(mine):
            return self._lease(mine)
        with self._opened() as file:
            if file is None:
                # Let go between our two looks.
                raise StateLocked(self.state, None)
            found = _parsed(file)
            why = found.abandoned(self.clock()) if found else _unwritten(file, self.clock())
            if not why:
                raise StateLocked(self.state, found)
            # Nobody else can be here: whoever wants to take over needs the flock on this file,
            # and after the rename it finds that the name stands for another one.
            replace_file(self.path, canonical(mine.to_json()))
        whose = f" of {found}" if found else ""
        return self._lease(mine, f"The lock{whose} was taken over: {why}.")

    def _lease(self, mine: Holder, notice: str = "") -> Lease:
        return Lease(self.state, mine, self._renew, self.clock, notice).start()

    def _create(self, mine: Holder) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE)
        except FileExistsError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.write(file, canonical(mine.to_json()))
            os.fsync(file)
        except OSError:
            self.path.unlink(missing_ok=True)
            raise
        finally:
            os.close(file)
        return True

    def _renew(self, holder: Holder) -> None:
        with self._opened() as file:
            if file is None:
                raise LockLost(self.state, "the lock file is gone")
            if not _holds(file, holder.id):
                raise LockLost(self.state, f"it was taken over by {_parsed(file)}")
            # Same length, same blocks: this passes on a full disk, where a new file would not.
            os.pwrite(file, canonical(holder.to_json()), 0)

    @contextmanager
    def _opened(self) -> Iterator[int | None]:
        """The lock file under flock, or None when there is none."""
        while True:
            try:
                file = os.open(self.path, os.O_RDWR)
            except FileNotFoundError:
                yield None
                return
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if self._is_current(file):
                    yield file
                    return
            finally:
                os.close(file)

    def _is_current(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self.path.stat())
        except FileNotFoundError:
            return False


def _holds(file: int, lock_id: str) -> bool:
    found = _parsed(file)
    return found is not None and found.id == lock_id


def _parsed(file: int) -> Holder | None:
    try:
        return Holder.parse(os.pread(file, 65536, 0))
    except ValueError:
        return None


def _unwritten(file: int, now: float) -> str:
    # Made but never written: whoever made it died right then, or is about to write.
    age_s = now - os.fstat(file).st_mtime
    return "nobody's name is in it" if age_s > LEASE_S else ""
