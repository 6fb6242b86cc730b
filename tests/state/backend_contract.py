"""What every backend must do. A backend's tests inherit from ``BackendContract``."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from mlctl.core.state import State
from mlctl.state.backend import Backend, LockRequest
from mlctl.state.errors import StateMoved
from mlctl.state.lock import Lease, LockLost, NotTheLock, StateLocked
from tests.builders import resource_record, state_of, step_record


class BackendContract:
    """Inherit, and give ``backend``: each call another client of one and the same state."""

    def backend(self) -> Backend:
        raise NotImplementedError

    def test_a_state_that_was_never_saved_is_empty(self) -> None:
        assert self.backend().read() == State()

    def test_what_is_saved_is_read_by_everyone(self) -> None:
        state = state_of(resource_record(), step_record(), lineage="", serial=0)

        saved = self.backend().write(state)

        assert self.backend().read() == saved
        assert saved.resources == state.resources
        assert saved.steps == state.steps

    def test_the_first_save_draws_a_lineage_and_it_stays(self) -> None:
        first = self.backend().write(State())
        second = self.backend().write(replace(first, checks=("x",)))

        assert first.lineage
        assert second.lineage == first.lineage

    def test_the_serial_counts_changes_not_saves(self) -> None:
        backend = self.backend()
        first = backend.write(state_of(step_record(), lineage="", serial=0))
        same = backend.write(first)
        changed = backend.write(replace(first, steps={}))

        assert (first.serial, same.serial, changed.serial) == (1, 1, 2)

    def test_a_state_that_somebody_else_saved_meanwhile_is_not_overwritten(self) -> None:
        mine = self.backend().write(State())
        theirs = self.backend().write(replace(mine, checks=("theirs",)))

        with pytest.raises(StateMoved):
            self.backend().write(replace(mine, checks=("mine",)))

        assert self.backend().read() == theirs

    def test_a_lock_keeps_others_out_and_says_who_holds_it(self) -> None:
        lease = self.locked("apply one")

        with pytest.raises(StateLocked, match="apply one") as refused:
            self.locked("apply two")

        assert refused.value.exit_code == 4
        assert refused.value.lock_id == lease.holder.id
        self.backend().unlock(lease)

    def test_a_lock_that_was_let_go_can_be_taken(self) -> None:
        self.backend().unlock(self.locked())

        self.backend().unlock(self.locked())

        assert self.backend().holder() is None

    def test_waiting_for_a_lock_says_for_whom_and_gets_it_in_the_end(self) -> None:
        lease = self.locked("apply one")
        said: list[str] = []
        timer = threading.Timer(0.3, lambda: self.backend().unlock(lease))
        timer.start()

        second = self.backend().lock(LockRequest("apply two", 10.0, said.append))

        timer.join()
        self.backend().unlock(second)
        assert "apply one" in said[0]

    def test_waiting_ends_when_the_time_is_over(self) -> None:
        lease = self.locked()

        with pytest.raises(StateLocked, match=r"after waiting 0\.3 s"):
            self.backend().lock(LockRequest("apply two", 0.3))

        self.backend().unlock(lease)

    def test_of_many_who_ask_at_once_one_gets_the_lock(self) -> None:
        got: list[Lease] = []
        start = threading.Barrier(8)

        def ask() -> None:
            start.wait()
            try:
                got.append(self.locked())
            except StateLocked:
                return

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(got) == 1
        self.backend().unlock(got[0])

    def test_a_forced_unlock_asks_for_the_id(self) -> None:
        lease = self.locked("apply one")

        with pytest.raises(NotTheLock, match="apply one"):
            self.backend().force_unlock("another")
        removed = self.backend().force_unlock(lease.holder.id)

        assert removed.id == lease.holder.id
        assert self.backend().holder() is None
        self.backend().unlock(lease)

    def test_a_run_whose_lock_was_removed_does_not_write(self) -> None:
        backend = self.backend()
        lease = self.locked()
        self.backend().force_unlock(lease.holder.id)
        self.renew_now(lease)

        with pytest.raises(LockLost):
            backend.write(State(), lease)

        assert self.backend().read() == State()
        backend.unlock(lease)

    def test_letting_go_of_a_lost_lock_leaves_the_new_holder_alone(self) -> None:
        lost = self.locked()
        self.backend().force_unlock(lost.holder.id)
        held = self.locked()

        self.backend().unlock(lost)

        holder = self.backend().holder()
        assert holder is not None
        assert holder.id == held.holder.id
        self.backend().unlock(held)

    def locked(self, command: str = "apply") -> Lease:
        return self.backend().lock(LockRequest(command))

    def renew_now(self, lease: Lease) -> None:
        lease.attempt()
