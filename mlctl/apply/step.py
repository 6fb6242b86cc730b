"""The life of one step: its result is known already, or it is run."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count
from typing import cast

from mlctl.apply import failure
from mlctl.apply.attempt import Attempts, Shop, Stopped
from mlctl.apply.collect import Collected
from mlctl.apply.failure import AttemptFailed
from mlctl.apply.job import job_id
from mlctl.apply.ports import Busy, Turn
from mlctl.apply.script import (
    Await,
    Expect,
    Gate,
    Interrupted,
    Leave,
    Open,
    Outcome,
    Request,
    Script,
    Sleep,
    Work,
    WorkFailed,
)
from mlctl.apply.workers import called
from mlctl.core.address import Address
from mlctl.core.desired import DesiredStep
from mlctl.core.digest import Digest
from mlctl.core.errors import MlctlError
from mlctl.core.event import (
    Event,
    Skipped,
    StepFailed,
    StepForgotten,
    StepInterrupted,
    StepProgress,
    StepRetrying,
    StepReused,
    StepSucceeded,
)
from mlctl.core.job import JobStatus
from mlctl.core.plan import Action, StepChange
from mlctl.core.result import ResultRecord
from mlctl.core.state import StepRecord

Part = Generator[Event | Request, object, Outcome]


def script(change: StepChange, shop: Shop) -> Script:
    """Carry one row of the plan out."""
    match change.action:
        case Action.FORGET:
            yield StepForgotten(change.address)
            return Outcome.DONE
        case Action.REUSE | Action.NO_OP if change.record is not None:
            if change.action is Action.REUSE:
                yield StepReused(change.address, change.record)
            shop.ports.evaluation.settle_step(change.address, change.record)
            return Outcome.DONE
        case _:
            return (yield from _run(change, shop))


def _run(change: StepChange, shop: Shop) -> Part:
    life = _Life(change, shop)
    try:
        return (yield from life.run())
    except (WorkFailed, MlctlError) as error:
        yield StepFailed(change.address, failure.sentence(error), elapsed_s=life.elapsed_s())
        return Outcome.FAILED
    except Interrupted as error:
        yield Skipped(change.address, change.action, error.why)
        return Outcome.NOT_BEGUN


class _Life:
    """One step while it is carried out."""

    def __init__(self, change: StepChange, shop: Shop) -> None:
        self._change = change
        self._address = change.address
        self._shop = shop
        self._ports = shop.ports
        self._began = shop.ports.clock.monotonic()

    def elapsed_s(self) -> float:
        """Since work on it began."""
        return self._ports.clock.monotonic() - self._began

    def run(self) -> Part:
        """Take a known result, or run; two steps with one key run once."""
        step = self._ports.evaluation.step(self._address)
        if step.carries_on:
            self._shop.carries_on.add(self._address)
        if not step.key.is_known:
            raise StillPending(self._address, step.key.pending())
        fingerprint = step.key.fingerprint()
        name = job_id(step, fingerprint)
        flight = self._shop.flights.get(name)
        if flight is not None:
            return (yield from self._follow(flight))
        return (yield from self._lead(step, fingerprint, name))

    def _follow(self, flight: Gate) -> Part:
        found = yield Await(flight)
        if isinstance(found, ResultRecord):
            return (yield from self._reuse(found))
        yield Skipped(self._address, Action.RUN, f"{found} is the same work and did not succeed")
        return Outcome.NOT_BEGUN

    def _lead(self, step: DesiredStep, fingerprint: Digest, name: str) -> Part:
        gate = self._shop.flights.setdefault(name, Gate())
        turn: Turn | None = None
        try:
            found = yield from self._claim(step, fingerprint, name)
            if isinstance(found, ResultRecord):
                yield Open(gate, found)
                return (yield from self._reuse(found))
            turn = found.turn
            outcome, result = yield from self._work(step, fingerprint, found.status)
            # What did not succeed may be tried by a step that comes up later.
            if result is None:
                del self._shop.flights[name]
            yield Open(gate, result or self._address)
            return outcome
        except (WorkFailed, MlctlError, Interrupted):
            del self._shop.flights[name]
            yield Open(gate, self._address)
            raise
        finally:
            if turn is not None:
                self._shop.in_background(turn.release)

    def _claim(
        self, step: DesiredStep, fingerprint: Digest, name: str
    ) -> Generator[Event | Request, object, ResultRecord | Claim]:
        """The known result, or leave to make it."""
        if not step.deterministic:
            return Claim()
        status_of = self._status_of(step, name)
        waits = False
        while True:
            yield Expect(str(step.compute))
            found = yield Work(
                lambda: _claimed(self._shop, fingerprint, self._change.forced, status_of)
            )
            if not isinstance(found, Busy):
                return cast(ResultRecord | Claim, found)
            if not waits:
                note = f"run {found.who} is doing the same work; its result will be taken"
                yield StepProgress(self._address, self.elapsed_s(), note)
            waits = True
            yield Leave()
            yield Sleep(self._shop.options.lookup_s)

    def _status_of(self, step: DesiredStep, name: str) -> Callable[[], JobStatus | None]:
        try:
            executor = self._ports.executors.get(step.compute)
        except MlctlError:
            # A known result needs no target; without one, the attempt will say what is wrong.
            return lambda: None
        handle = executor.handle(name)
        return lambda: executor.poll([handle])[0]

    def _reuse(self, result: ResultRecord) -> Part:
        record = StepRecord.of(self._address, result)
        yield StepReused(self._address, record, early_cutoff=not self._change.forced)
        self._ports.evaluation.settle_step(self._address, record)
        return Outcome.DONE

    def _work(
        self, step: DesiredStep, fingerprint: Digest, status: JobStatus | None
    ) -> Generator[Event | Request, object, tuple[Outcome, ResultRecord | None]]:
        attempts = Attempts(self._shop, step, fingerprint, forced=self._change.forced)
        try:
            collected = yield from self._tried(step, attempts, status)
        except AttemptFailed as failed:
            yield StepFailed(
                self._address,
                failed.text,
                failed.exit_code,
                attempts.log,
                attempts.tail,
                self.elapsed_s(),
            )
            return Outcome.FAILED, None
        except Stopped as stopped:
            yield StepInterrupted(self._address, stopped.detached, stopped.asked)
            if not stopped.detached:
                self._shop.in_background(attempts.forget)
            return Outcome.INTERRUPTED, None
        record = StepRecord.of(self._address, collected.result)
        elapsed_s = self.elapsed_s()
        yield StepSucceeded(self._address, record, elapsed_s, collected.published, collected.note)
        self._ports.evaluation.settle_step(self._address, record)
        # Only now: until the event is on disk, the job is what a crash would be mended from.
        self._shop.in_background(attempts.forget)
        return Outcome.DONE, collected.result

    def _tried(
        self, step: DesiredStep, attempts: Attempts, status: JobStatus | None
    ) -> Generator[Event | Request, object, Collected]:
        for number in count(1):
            try:
                return (yield from attempts.run(number, status if number == 1 else None))
            except WorkFailed as error:
                failed = failure.of_work(error)
            except AttemptFailed as error:
                failed = error
            if not failure.may_retry(failed, step.retry, number):
                raise failed
            delay_s = failure.delay_s(step.retry, number)
            yield StepRetrying(self._address, number, failed.text, delay_s)
            yield Leave()
            try:
                yield Sleep(delay_s)
            except Interrupted:
                raise failed from None
        raise AssertionError("attempts are counted without end")


@dataclass
class StillPending(MlctlError):
    """A step came up although part of its key is unknown."""

    address: Address
    waits: tuple[Address, ...]

    def __str__(self) -> str:
        names = ", ".join(map(str, self.waits))
        return f"its key still waits for {names}, which this run did not settle"


@dataclass(frozen=True, slots=True)
class Claim:
    """Leave to make a result.

    Attributes:
        turn: Keeps other processes waiting; None where each run does work of its own.
        status: Of the job as an earlier run may have left it; None: not known.
    """

    turn: Turn | None = None
    status: JobStatus | None = None


def _claimed(
    shop: Shop, fingerprint: Digest, forced: bool, status_of: Callable[[], JobStatus | None]
) -> ResultRecord | Claim | Busy:
    """Runs in a worker."""
    if not forced and (known := _whole(shop, fingerprint)):
        return known
    turn = shop.ports.turns.acquire(fingerprint)
    if isinstance(turn, Busy):
        return turn
    # Whoever had the turn before may have made it between our two looks.
    if not forced and (known := _whole(shop, fingerprint)):
        turn.release()
        return known
    status = called(status_of)
    # A target that does not answer now is asked again, patiently, by the attempt itself.
    return Claim(turn, None if isinstance(status, WorkFailed) else cast(JobStatus | None, status))


def _whole(shop: Shop, fingerprint: Digest) -> ResultRecord | None:
    """The kept result, if the store holds all of it."""
    found = shop.ports.results.find(fingerprint)
    if found is None or shop.ports.store.present(found.output_digests.values()):
        return None
    return found
