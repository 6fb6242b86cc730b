"""One attempt at a step: handed to its target, watched, collected."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from mlctl.apply import failure
from mlctl.apply.collect import Collected, Job, collect, drain
from mlctl.apply.failure import AttemptFailed
from mlctl.apply.job import job_id, job_spec, take_in
from mlctl.apply.logs import Masker, StepLogFile
from mlctl.apply.patience import patiently
from mlctl.apply.ports import Options, Ports
from mlctl.apply.script import (
    Ending,
    Gate,
    Interrupted,
    Leave,
    Request,
    Room,
    Watch,
    Work,
    WorkFailed,
)
from mlctl.apply.stop import Stop, StopSignal
from mlctl.core.address import Address
from mlctl.core.desired import DesiredStep
from mlctl.core.digest import Digest
from mlctl.core.event import Event, StepLog, StepProgress, StepStarted
from mlctl.core.job import Absent, Cancelled, Exited, JobSpec, JobStatus, Queued, Running
from mlctl.core.provider import Capabilities
from mlctl.core.secret import Secret


@dataclass(frozen=True, slots=True)
class Shop:
    """What the scripts of steps share; touched by the writing thread only.

    Attributes:
        say: Hands an event out; safe from any thread.
        in_background: Has a call made whose outcome nobody waits for.
        know: Told what a target can do, before room on it is asked for.
        log_path: Where a step's output is kept.
        ahead: How long the longest path is that a step holds up, in seconds.
        flights: A gate for each job under way in this run, by its name.
        carries_on: Steps whose failure does not stop their pipeline.
        halted: Pipelines of which nothing more is started, with why.
    """

    ports: Ports
    options: Options
    stop: StopSignal
    say: Callable[[Event], None]
    in_background: Callable[[Callable[[], object]], None]
    know: Callable[[str, Capabilities], None]
    log_path: Callable[[Address], Path]
    ahead: Callable[[Address], float]
    flights: dict[str, Gate] = field(default_factory=dict)
    carries_on: set[Address] = field(default_factory=set)
    halted: dict[Address | None, str] = field(default_factory=dict)


@dataclass
class Stopped(Exception):
    """The run is to stop, and the step's job was ended or left alone.

    Attributes:
        detached: Nobody waits for its end.
        asked: It was asked to stop before it was left alone.
    """

    detached: bool
    asked: bool = False


_T = TypeVar("_T")

Part = Generator[Event | Request, object, Collected]


class Attempts:
    """The attempts at one step, which share a job name and a log.

    Attributes:
        log: Where its output is kept, relative to mlctl's own folder.
        handle: How its job is found again.
    """

    def __init__(self, shop: Shop, step: DesiredStep, fingerprint: Digest, *, forced: bool) -> None:
        """Prepare; only the writing thread may.

        Raises:
            MlctlError: The target is not there, or the command does not evaluate.
        """
        ports = shop.ports
        self._shop, self._step, self._fingerprint = shop, step, fingerprint
        self._executor = ports.executors.get(step.compute)
        self._lane = str(step.compute)
        name = job_id(step, fingerprint)
        self.handle = self._executor.handle(name)
        self._layout = self._executor.layout(name)
        self._spec = job_spec(step, name, self._layout, ports.run_id, shop.options.grace_s)
        self._forced = forced
        self._began = ports.clock.monotonic()
        path = shop.log_path(step.address)
        self.log = path.relative_to(ports.context.data_dir).as_posix()
        self._log = StepLogFile(path, Masker(_secrets(self._spec)), self._show)
        shop.know(self._lane, self._executor.capabilities)

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines it printed."""
        return self._log.tail

    def elapsed_s(self) -> float:
        """Since the first attempt was prepared."""
        return self._shop.ports.clock.monotonic() - self._began

    def job(self) -> Job:
        """The job, for collecting."""
        return Job(
            step=self._step,
            fingerprint=self._fingerprint,
            executor=self._executor,
            handle=self.handle,
            layout=self._layout,
            log=self._log,
            refresh=self._forced or not self._step.deterministic,
            host=self._shop.ports.executors.facts(self._step.compute),
        )

    def forget(self) -> None:
        """Remove the job from its target. Runs in a worker."""
        self._executor.forget(self.handle)

    def run(self, number: int, status: JobStatus | None) -> Part:
        """One attempt.

        Args:
            number: Counted from 1.
            status: Of the job now; None: not known.

        Raises:
            AttemptFailed: It did not give a result.
            Stopped: The run is to stop and the job had begun.
            Interrupted: The run is to stop and the job had not begun.
        """
        yield Room(self._lane, self._step.limits)
        if number == 1 and (why := self._shop.halted.get(self._step.address.parent)):
            raise Interrupted(Stop.DRAIN, why)
        if status is None:
            status = cast(JobStatus, (yield Work(self._status)))
        attached = self._may_attach(status, number)
        ending = yield from self._begun(number, status, attached)
        if attached and isinstance(ending, Cancelled):
            # An earlier run asked it to stop and did not wait: this one wants it done.
            ending = yield from self._begun(number, ending, attached=False)
        return (yield from self._settle(ending))

    def _begun(
        self, number: int, status: JobStatus, attached: bool
    ) -> Generator[Event | Request, object, Ending]:
        """Start the job, or join it where it is ``attached``, and watch it to its end."""
        yield StepStarted(
            self._step.address,
            self._fingerprint,
            self._lane,
            number,
            attached,
            self.handle,
            self.log,
        )
        # Whoever keeps the journal may have found that it cannot: then nothing may be started.
        if self._shop.stop.level and not attached:
            raise Interrupted(self._shop.stop.level, self._shop.stop.why)
        self._log.restart()
        if not attached:
            yield from self._launch(status)
        return (yield from self._watch())

    def _status(self) -> JobStatus:
        return self._patiently(lambda: self._executor.poll([self.handle]))[0]

    def _may_attach(self, status: JobStatus, number: int) -> bool:
        match status:
            case Running() | Queued():
                return True
            case Exited(code=0, timed_out=False):
                # It ended well and nobody collected it; but a forced step wants a run of now.
                return number > 1 or not self._forced
            case _:
                return False

    def _launch(self, status: JobStatus) -> Generator[Event | Request, object, None]:
        try:
            yield Work(lambda: self._start(status), self._progress)
        except Interrupted as error:
            # Nobody waits for a call under way any more; it may or may not start the job.
            raise Stopped(detached=True) from error

    def _start(self, status: JobStatus) -> None:
        ports = self._shop.ports
        if not isinstance(status, Absent):
            self._patiently(lambda: self._executor.forget(self.handle))
        take_in(self._step, ports.store, ports.sources)
        self._patiently(lambda: self._executor.stage(self._spec, ports.store, self._report))
        self._patiently(lambda: self._executor.submit(self._spec))

    def _watch(self) -> Generator[Event | Request, object, Ending]:
        watch = Watch(
            self._lane,
            self._executor,
            self.handle,
            self._log.feed,
            lambda: self._log.offset,
            self._progress,
        )
        try:
            return cast(Ending, (yield watch))
        except Interrupted as error:
            if error.level >= Stop.DETACH:
                raise Stopped(detached=True) from error
        try:
            yield Work(self._cancel)
            ending = cast(Ending, (yield watch))
        except WorkFailed as error:
            raise Stopped(detached=True) from error
        except Interrupted as error:
            raise Stopped(detached=True, asked=True) from error
        if failure.of_ending(ending, None) is not None:
            yield from self._drain()
            raise Stopped(detached=False)
        return ending

    def _cancel(self) -> None:
        grace_s = self._shop.options.grace_s
        self._patiently(lambda: self._executor.cancel(self.handle, grace_s))

    def _settle(self, ending: Ending) -> Part:
        failed = failure.of_ending(ending, self._step.timeout_s)
        if failed is not None:
            yield from self._drain()
            yield from self._give_up(failed)
        # After a failure the room is held until it is known who may still begin.
        yield Leave(self._shop.ahead(self._step.address))
        try:
            job, ports = self.job(), self._shop.ports
            call = lambda: collect(job, cast(Exited, ending), ports)  # noqa: E731
            return cast(Collected, (yield Work(lambda: self._patiently(call))))
        except WorkFailed as refused:
            yield from self._give_up(failure.of_collecting(refused))
        except Interrupted as error:
            raise Stopped(detached=True) from error
        raise AssertionError("unreachable: giving up always raises")

    def _drain(self) -> Generator[Event | Request, object, None]:
        job = self.job()
        try:
            yield Work(lambda: drain(job))
        except (WorkFailed, Interrupted):
            # What it printed last cannot be had; the failure itself matters more.
            self._log.finish()

    def _give_up(self, failed: AttemptFailed) -> Generator[Event | Request, object, None]:
        """Remove what is left of the attempt and raise its failure.

        Where nobody could look, or keep what was found, the job stays: the next attempt, or the
        next run, may still collect what it made.
        """
        if failed.kind not in (failure.UNREACHABLE, failure.OTHER):
            try:
                yield Work(self.forget)
            except (WorkFailed, Interrupted):
                # The next attempt, or the next run, finds the job and removes it first.
                raise failed from None
        raise failed

    def _patiently(self, call: Callable[[], _T]) -> _T:
        return patiently(call, self._shop.options.patience_s)

    def _progress(self, _: float) -> Event:
        return StepProgress(self._step.address, self.elapsed_s())

    def _report(self, text: str) -> None:
        self._shop.say(StepProgress(self._step.address, self.elapsed_s(), text))

    def _show(self, text: str) -> None:
        self._shop.say(StepLog(self._step.address, text))


def _secrets(spec: JobSpec) -> list[str]:
    return [value.reveal() for value in spec.env.values() if isinstance(value, Secret)]
