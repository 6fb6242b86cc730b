"""Apply: carry out a plan and say what happens, in the order it happens.

One generator. The caller journals, folds and shows each event completely before it asks for the
next, so that an event is on disk before anyone sees it, and before anything is done about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from mlctl.apply import publish, resource, schedule, step
from mlctl.apply.attempt import Shop
from mlctl.apply.engine import Engine
from mlctl.apply.ports import Options, Ports
from mlctl.apply.resource import Bench
from mlctl.apply.rooms import Rooms
from mlctl.apply.script import Ended, Outcome, Script
from mlctl.apply.stop import Stop, StopSignal
from mlctl.apply.tally import Tally
from mlctl.apply.walk import Walk
from mlctl.core.address import Address
from mlctl.core.event import (
    Event,
    Notice,
    OutputsSet,
    RunFinished,
    RunStarted,
    Skipped,
    StepForgotten,
)
from mlctl.core.plan import Action, Plan, ResourceChange, StepChange
from mlctl.core.state import ResourceRecord
from mlctl.state.paths import log_path, output_path, outputs_folder

WINDOW = 64
"""Scripts under way in one lane: enough to look ahead, few enough that the first begins at once."""
THREADS = 32
"""Workers at most: they only ever wait, but each costs memory."""


def apply(plan: Plan, ports: Ports, options: Options, stop: StopSignal) -> Iterator[Event]:
    """Carry out a plan; the last event is ``RunFinished``, whatever happens.

    Args:
        plan: What to do.
        ports: What may be touched. ``ports.state.lineage`` must have been drawn.
        options: How to go about it.
        stop: May be set at any time, from any thread or signal handler.

    Raises:
        CyclicPlan: The plan's rows wait for each other.
    """
    run = _Run(plan, ports, options, stop)
    yield RunStarted(
        run_id=ports.run_id,
        operation=options.operation,
        lineage=ports.state.lineage,
        serial=ports.state.serial,
        total=run.total,
        command=options.command,
    )
    try:
        yield from run.work()
        yield from run.conclude()
        yield run.finished()
    finally:
        run.close()


class _Run:
    """One apply under way."""

    def __init__(self, plan: Plan, ports: Ports, options: Options, stop: StopSignal) -> None:
        self._plan, self._ports, self._stop = plan, ports, stop
        self._rows = schedule.rows(plan)
        self._needs = schedule.needs(plan, ports.state.resources)
        self._walk = Walk(self._needs, schedule.cost_s(plan), self._lane)
        self._window = max(WINDOW, 2 * options.parallelism)
        self._under_way: dict[str, int] = {}
        self._deposed: dict[Address, ResourceRecord] = {}
        self._roots: dict[Address, str] = {}
        self._forgotten: set[Address] = set()
        self._tally = Tally()
        rooms = Rooms(options.parallelism)
        threads = min(THREADS, max(4, options.parallelism))
        self._engine = Engine(
            rooms, stop, ports.clock, threads=threads, patience_s=options.patience_s
        )
        self._engine.speak_every(options.progress_s)
        self._bench = Bench(ports, stop, self._engine.say, self._depose)
        self._shop = Shop(
            ports,
            options,
            stop,
            self._engine.say,
            self._engine.call_in_background,
            rooms.know,
            partial(log_path, ports.context.data_dir, ports.run_id),
            self._walk.ahead,
        )
        self._pipelines: dict[Address | None, list[Address]] = {}
        for change in plan.steps:
            self._pipelines.setdefault(change.address.parent, []).append(change.address)

    @property
    def total(self) -> int:
        """Objects that will be worked on."""
        return sum(change.action is not Action.NO_OP for change in self._rows.values())

    def work(self) -> Iterator[Event]:
        """Carry out every row, or say why not."""
        while True:
            yield from self._begin_what_can()
            if self._walk.is_over and not self._engine.open_tasks:
                break
            if self._walk.is_stuck:
                raise RuntimeError("apply is stuck: rows wait for what nobody does (a bug)")
            yield from self._followed(self._engine.step())
        yield from self._remove_deposed()

    def conclude(self) -> Iterator[Event]:
        """Publish outputs and set those of the root."""
        if self._stop.level < Stop.CANCEL:
            for pipeline in sorted({step.parent or step for step in self._forgotten}):
                script, outputs = self._unpublish(pipeline), pipeline.child("outputs", "all")
                yield from self._followed(self._engine.begin(outputs, script, 0.0))
            for address in self._to_publish():
                script = publish.script(address, self._ports)
                yield from self._followed(self._engine.begin(address, script, 0.0))
            yield from self._until_quiet()
            yield from self._set_outputs()
        elif self._stop.level < Stop.DETACH:
            yield from self._until_quiet()

    def finished(self) -> RunFinished:
        """The last event."""
        up_to_date = sum(change.action is Action.NO_OP for change in self._plan.steps)
        return RunFinished(
            run_id=self._ports.run_id,
            status=self._status(),
            summary=self._tally.summary(up_to_date),
            failed=self._tally.failed,
            skipped=self._tally.skipped,
        )

    def close(self) -> None:
        """End the threads; those that hang are left behind when the run was detached."""
        self._engine.close(wait=self._stop.level < Stop.DETACH and not self._engine.open_tasks)

    # --- the walk --------------------------------------------------------------------------

    def _begin_what_can(self) -> Iterator[Event]:
        if self._stop.level:
            waiting = self._walk.give_up(self._walk.waiting)
            yield from self._skip((address for address, _ in waiting), self._stop.why)
            return
        while addresses := [a for lane in self._walk.lanes if (a := self._take(lane)) is not None]:
            for address in addresses:
                script, rank = self._script(self._rows[address]), self._walk.rank(address)
                yield from self._followed(self._engine.begin(address, script, rank))

    def _take(self, lane: str) -> Address | None:
        if self._under_way.get(lane, 0) >= self._window:
            return None
        address = self._walk.take(lane)
        if address is not None:
            self._under_way[lane] = self._under_way.get(lane, 0) + 1
        return address

    def _script(self, change: ResourceChange | StepChange) -> Script:
        if isinstance(change, StepChange):
            return step.script(change, self._shop)
        return resource.script(change, self._bench)

    def _lane(self, address: Address) -> str:
        change = self._rows[address]
        runs = isinstance(change, StepChange) and change.action is Action.RUN
        return change.compute if isinstance(change, StepChange) and runs else ""

    def _followed(self, said: Iterable[Event | Ended]) -> Iterator[Event]:
        """Hand events on; let the walk follow what ended."""
        for item in said:
            if isinstance(item, Ended):
                yield from self._ended(item)
            else:
                self._tally.count(item)
                if isinstance(item, StepForgotten):
                    self._forgotten.add(item.address)
                yield item

    def _ended(self, ended: Ended) -> Iterator[Event]:
        address = ended.address
        if address not in self._rows:
            # An output's or a deposed object's script: nothing waits for it.
            self._tally.trouble += ended.outcome is not Outcome.DONE
            return
        self._under_way[self._lane(address)] -= 1
        if ended.outcome is Outcome.DONE:
            self._walk.succeed(address)
            return
        why = self._roots.get(address, f"{address} {_FATE[ended.outcome]}")
        lost = self._walk.fail(address)
        yield from self._skip((each for each, _ in lost), why)
        if ended.outcome is Outcome.FAILED:
            yield from self._stop_pipeline(address)

    def _stop_pipeline(self, address: Address) -> Iterator[Event]:
        if address not in self._pipelines.get(address.parent, ()):
            return
        if address in self._shop.carries_on:
            return
        why = f"{address} failed, and {address.parent} does not continue on step failure"
        self._shop.halted[address.parent] = why
        lost = self._walk.give_up(self._pipelines[address.parent])
        yield from self._skip((each for each, _ in lost), why)

    def _skip(self, addresses: Iterable[Address], why: str) -> Iterator[Event]:
        for address in addresses:
            self._roots[address] = why
            change = self._rows[address]
            if change.action is not Action.NO_OP:
                skipped = Skipped(address, change.action, why)
                self._tally.count(skipped)
                yield skipped

    # --- afterwards ------------------------------------------------------------------------

    def _depose(self, record: ResourceRecord) -> None:
        self._deposed[record.address] = record

    def _remove_deposed(self) -> Iterator[Event]:
        # Last of all, when everything that used the old objects uses the new ones. After a
        # failure they stay recorded, and the next plan removes them.
        if not self._stop.level and not self._tally.failed:
            for address, record in self._deposed.items():
                script = resource.removal(record, self._bench)
                yield from self._followed(self._engine.begin(address, script, 0.0))
        yield from self._until_quiet()

    def _until_quiet(self) -> Iterator[Event]:
        while self._engine.open_tasks or (
            self._engine.background and self._stop.level < Stop.DETACH
        ):
            yield from self._followed(self._engine.step())

    def _to_publish(self) -> list[Address]:
        touched = {
            change.address.parent
            for change in self._plan.steps
            if change.action in (Action.RUN, Action.REUSE)
        }
        again = set(self._plan.republish)
        return [
            address
            for address in self._ports.pipeline_outputs
            if address.parent in touched or address in again
        ]

    def _unpublish(self, pipeline: Address) -> Script:
        """Nothing stands where a pipeline's outputs did that has no step or output any more."""
        data_dir, rows = self._ports.context.data_dir, self._plan.steps
        steps = {*self._ports.state.steps, *(row.address for row in rows)} - self._forgotten
        lives = any(step.parent == pipeline for step in steps)
        declared = (output for output in self._ports.pipeline_outputs if output.parent == pipeline)
        keep = frozenset(output_path(data_dir, output) for output in declared if lives)
        return publish.removal(outputs_folder(data_dir, pipeline), keep)

    def _set_outputs(self) -> Iterator[Event]:
        before = self._ports.state.outputs
        outputs, problems = publish.root_outputs(
            self._plan.outputs, before, self._ports.evaluation.output, self._ports.seal
        )
        self._tally.trouble += len(problems)
        yield from map(Notice, problems)
        if outputs != dict(before):
            yield OutputsSet(outputs)

    def _status(self) -> str:
        if self._stop.level >= Stop.CANCEL:
            return "interrupted"
        return "failed" if self._stop.level or self._tally.is_bad else "succeeded"


_FATE = {
    Outcome.DONE: "is done",
    Outcome.FAILED: "failed",
    Outcome.NOT_BEGUN: "was skipped",
    Outcome.INTERRUPTED: "was interrupted",
}
