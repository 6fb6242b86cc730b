"""The recorder: journal first, then the fold, then now and then the state file."""

from __future__ import annotations

from time import monotonic
from types import TracebackType

from mlctl.apply.stop import Stop, StopSignal
from mlctl.core.errors import MlctlError
from mlctl.core.event import Envelope, Event, RunFinished
from mlctl.core.state import State
from mlctl.state.backend import Backend
from mlctl.state.errors import JournalFull
from mlctl.state.journal import Journal
from mlctl.state.lock import Lease
from mlctl.state.reduce import Fold

SAVE_EVERY_S = 2.0
SHARE = 20
"""Saving takes at most one part in this many of the time: a large state is saved less often."""


class Recorder:
    """Takes events one by one; when ``take`` returns, they may be shown.

    What cannot be written does not raise, because work may be under way that must still be
    collected: the run is told to start nothing more, everything is tried again with each further
    event, and ``trouble`` says at the end what is still amiss.
    """

    def __init__(
        self,
        state: State,
        journal: Journal,
        backend: Backend,
        lease: Lease | None,
        stop: StopSignal,
    ) -> None:
        """Begin to record.

        Args:
            state: As it is before the run; with a lineage.
            journal: Of this run; the caller closes it.
            backend: Where the state is saved.
            lease: The lock it is saved under; None where people said to do without.
            stop: Told when nothing more may be started.
        """
        self._journal = journal
        self._backend = backend
        self._lease = lease
        self._fold = Fold(state)
        self._stop = stop
        self._unsaved = False
        self._next_save = monotonic() + SAVE_EVERY_S
        self._journal_trouble: MlctlError | None = None
        self._save_trouble: MlctlError | None = None

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # After a whole run nothing is left to save; a run that was broken off saves what it has.
        self.save()

    @property
    def state(self) -> State:
        """The state after everything taken so far."""
        return self._fold.state()

    @property
    def trouble(self) -> tuple[MlctlError, ...]:
        """What is not written as it should be; empty when all is well."""
        found = (self._journal_trouble, self._save_trouble)
        return tuple(error for error in found if error is not None)

    def take(self, event: Event) -> Envelope:
        """Journal one event and fold it in; the envelope is what may be shown.

        The state is saved before the run's last event is journaled. A journal that ends with it
        has therefore nothing to give back, and one without it is folded in by the next run.
        """
        self._check_lease()
        if isinstance(event, RunFinished):
            self.save()
        envelope = self._journal.stamp(event)
        if not (isinstance(event, RunFinished) and self.trouble):
            self._put(envelope)
        if self._fold.apply(event):
            self._unsaved = True
        if self._unsaved and monotonic() >= self._next_save:
            self.save()
        return envelope

    def save(self) -> None:
        """Save the state now, if it changed."""
        if not self._unsaved and self._save_trouble is None:
            return
        began = monotonic()
        try:
            self._fold.saved(self._backend.write(self._fold.state(), self._lease))
        except MlctlError as error:
            self._save_trouble = error
            self._stop.request(Stop.DRAIN, str(error))
        else:
            self._unsaved, self._save_trouble = False, None
        took_s = monotonic() - began
        self._next_save = monotonic() + max(SAVE_EVERY_S, SHARE * took_s)

    def _put(self, envelope: Envelope) -> None:
        try:
            self._journal.put(envelope)
        except JournalFull as error:
            self._journal_trouble = error
            self._stop.request(Stop.DRAIN, str(error))
        else:
            self._journal_trouble = None

    def _check_lease(self) -> None:
        if self._lease is not None and self._lease.is_lost:
            self._stop.request(Stop.DRAIN, "this run lost its lock on the state")
