"""The journal of a run: every event on disk before anyone sees it. Knows nothing of states."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mlctl.core.event import (
    Envelope,
    Event,
    OutputsSet,
    ResourceCompleted,
    ResourceFailed,
    ResourceIdentified,
    ResourceStarted,
    RunFinished,
    RunStarted,
    StepLog,
)
from mlctl.state.errors import JournalDamaged, JournalFull
from mlctl.state.event_codec import decode, encode
from mlctl.state.files import PRIVATE, PRIVATE_FOLDER, sync_folder

GROUP_S = 0.05
"""How long an event about a step may wait for its fsync, so that many share one."""

PATIENCE, PAUSE_S = 40, 0.05
"""How often and how far apart to ask for a journal that seems to be held."""

_AT_ONCE = (
    RunStarted,
    ResourceStarted,
    ResourceIdentified,
    ResourceCompleted,
    ResourceFailed,
    OutputsSet,
    RunFinished,
)
"""What is synced before it is shown: objects that cost money may hang on it."""


class Journal:
    """The one writer of one run's journal.

    Attributes:
        path: Of the file.
    """

    def __init__(self, path: Path, run_id: str, now: Callable[[], str]) -> None:
        """Open a new journal, or go on with one whose writer is gone.

        Args:
            path: Of the file; its folder is made.
            run_id: Of the run.
            now: The time as RFC 3339, UTC, milliseconds.

        Raises:
            JournalFull: It cannot be written, or another process writes it.
        """
        self.path = path
        self._run_id = run_id
        self._now = now
        self._pending = b""
        self._dirty = threading.Event()
        self._closing = threading.Event()
        self._sync_error: OSError | None = None
        try:
            self._file, self._seq, self._size = _open(path)
        except OSError as error:
            raise JournalFull(path, error.strerror or str(error)) from error
        self._syncer = threading.Thread(target=self._sync_groups, name="journal", daemon=True)
        self._syncer.start()

    def write(self, event: Event) -> Envelope:
        """Stamp an event and put it on disk.

        Raises:
            JournalFull: See ``put``.
        """
        envelope = self.stamp(event)
        self.put(envelope)
        return envelope

    def stamp(self, event: Event) -> Envelope:
        """Give an event its number and time. A ``StepLog`` has the number of the event before."""
        if not isinstance(event, StepLog):
            self._seq += 1
        return Envelope(self._run_id, self._seq, self._now(), event)

    def put(self, envelope: Envelope) -> None:
        """Put a stamped event on disk, except a ``StepLog``.

        Raises:
            JournalFull: It could not be written. It is kept, and goes to disk before the next one
                if there is room by then.
        """
        if not isinstance(envelope.event, StepLog):
            self._pending += encode(envelope)
            self._flush(at_once=isinstance(envelope.event, _AT_ONCE))

    def sync(self) -> None:
        """Everything written so far survives a power cut from here on.

        Raises:
            JournalFull: It does not.
        """
        self._flush(at_once=True)

    def close(self) -> None:
        """Sync and let go of the file. May be repeated; raises nothing."""
        if self._closing.is_set():
            return
        with contextlib.suppress(JournalFull):
            self.sync()
        self._closing.set()
        self._dirty.set()
        self._syncer.join()
        os.close(self._file)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _flush(self, *, at_once: bool) -> None:
        try:
            self._append()
            if at_once:
                self._dirty.clear()
                os.fdatasync(self._file)
            else:
                self._dirty.set()
        except OSError as error:
            raise JournalFull(self.path, error.strerror or str(error)) from error
        if (late := self._sync_error) is not None:
            self._sync_error = None
            raise JournalFull(self.path, late.strerror or str(late)) from late

    def _append(self) -> None:
        if not self._pending:
            return
        try:
            written = os.write(self._file, self._pending)
            while written < len(self._pending):
                written += os.write(self._file, self._pending[written:])
        except OSError:
            # Take the part of a line back, so that the file ends with a whole one.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += written
        self._pending = b""

    def _sync_groups(self) -> None:
        while not self._closing.is_set():
            self._dirty.wait()
            if self._closing.wait(GROUP_S):
                return
            if not self._dirty.is_set():
                continue
            self._dirty.clear()
            try:
                os.fdatasync(self._file)
            except OSError as error:
                self._sync_error = error


@dataclass(frozen=True, slots=True)
class Reading:
    """What a journal says.

    Attributes:
        torn: Bytes of a last line without its end, which nobody ever saw.
        damaged: Lines that are not events; the others still hold.
    """

    path: Path
    envelopes: tuple[Envelope, ...]
    torn: int = 0
    damaged: tuple[JournalDamaged, ...] = ()


def read(path: Path) -> Reading:
    """All of a journal that can be read.

    Raises:
        OSError: It cannot be opened.
    """
    whole, torn = _split(path.read_bytes())
    envelopes, damaged = [], []
    for number, line in enumerate(whole.split(b"\n")[:-1], 1):
        try:
            envelopes.append(decode(line))
        except ValueError as error:
            damaged.append(JournalDamaged(path, number, str(error)))
    return Reading(path, tuple(envelopes), torn, tuple(damaged))


def is_written(path: Path) -> bool:
    """True while some process, on whatever terms, has the journal open for writing."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        # Not ours to write; whether somebody else does cannot be known, so it is left alone.
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _hold(descriptor: int) -> None:
    for _ in range(PATIENCE):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Perhaps only a reader that looks whether somebody writes.
            time.sleep(PAUSE_S)
        else:
            return
    raise OSError(errno.EBUSY, "another process writes it")


def _split(content: bytes) -> tuple[bytes, int]:
    end = content.rfind(b"\n") + 1
    return content[:end], len(content) - end


def _open(path: Path) -> tuple[int, int, int]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE)
    try:
        _hold(descriptor)
        content = path.read_bytes()
        whole, torn = _split(content)
        if torn:
            os.ftruncate(descriptor, len(whole))
        sync_folder(path.parent)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, whole.count(b"\n"), len(whole)
