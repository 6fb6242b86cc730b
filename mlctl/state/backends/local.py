"""A state in a file beside the configuration."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mlctl.core.state import State
from mlctl.state import codec
from mlctl.state.backend import LockRequest
from mlctl.state.backends.local_lock import FileLock
from mlctl.state.errors import StateDamaged, StateMoved, StateNotSaved, StateUnreadable
from mlctl.state.files import remove_leftovers, replace_file
from mlctl.state.lock import Holder, Lease
from mlctl.state.version import mlctl_version


class LocalBackend:
    """The default backend: one file, its backup and its lock in one folder."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Name the files; changes nothing.

        Args:
            path: Of the state file. If it is a link, backup and lock stand beside what it leads to,
                so that everyone who shares that file shares its lock.
            clock: Unix time in seconds, for leases.
        """
        path = path.resolve()
        self.path = path
        self.backup_path = path.with_name(path.name + ".backup")
        self._lock = FileLock(path.with_name(path.name + ".lock"), str(path), clock)
        self._backed_up = False

    @property
    def where(self) -> str:
        """The file's path."""
        return str(self.path)

    def read(self) -> State:
        """See ``Backend.read``."""
        content = self._content()
        return State() if content is None else self._decoded(content)

    def write(self, state: State, lease: Lease | None = None) -> State:
        """See ``Backend.write``."""
        if lease is not None:
            lease.check()
        content = self._content()
        if content is not None:
            self._check_same_history(content, state)
            # Encoded as it would be read back, so that equal states are equal bytes.
            if codec.encode(state, mlctl_version()) == content:
                return state
        saved = replace(state, serial=state.serial + 1, lineage=state.lineage or str(uuid.uuid4()))
        try:
            self._back_up(content)
            replace_file(self.path, codec.encode(saved, mlctl_version()))
        except OSError as error:
            raise StateNotSaved(self.where, error.strerror or str(error)) from error
        return saved

    def lock(self, request: LockRequest) -> Lease:
        """See ``Backend.lock``."""
        lease = self._lock.acquire(request)
        remove_leftovers(self.path)
        return lease

    def unlock(self, lease: Lease) -> None:
        """See ``Backend.unlock``."""
        self._lock.release(lease)

    def holder(self) -> Holder | None:
        """See ``Backend.holder``."""
        return self._lock.holder()

    def force_unlock(self, lock_id: str) -> Holder:
        """See ``Backend.force_unlock``."""
        return self._lock.force(lock_id)

    def _content(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateUnreadable(self.where, error.strerror or str(error)) from error

    def _decoded(self, content: bytes) -> State:
        try:
            return codec.decode(content, self.where)
        except StateDamaged as damaged:
            damaged.hint = self._what_mends()
            raise

    def _check_same_history(self, content: bytes, state: State) -> None:
        there = codec.peek(content, self.where)
        if there != (state.lineage, state.serial):
            expected = f"lineage {state.lineage or 'none'}, serial {state.serial}"
            found = f"lineage {there[0]}, serial {there[1]}"
            raise StateMoved(self.where, expected, found)

    def _back_up(self, content: bytes | None) -> None:
        # Once a run: the state as it was before the run, not as it was two seconds ago.
        if content is not None and not self._backed_up:
            replace_file(self.backup_path, content)
        self._backed_up = True

    def _what_mends(self) -> str:
        try:
            backup = codec.decode(self.backup_path.read_bytes(), str(self.backup_path))
        except (OSError, StateDamaged):
            return "There is no whole copy beside it; restore it from a backup of your own."
        return (
            f"{self.backup_path} is whole and holds serial {backup.serial} with "
            f"{len(backup.resources)} resources and {len(backup.steps)} steps: copy it over the "
            "damaged file. Journals of runs that ended early are folded in by the next run."
        )
