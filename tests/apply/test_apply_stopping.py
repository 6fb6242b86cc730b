"""Runs that are told to stop or died, and jobs that outlive them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from mlctl.apply.job import job_id, job_spec
from mlctl.apply.stop import Stop
from mlctl.core.event import (
    RunFinished,
    Skipped,
    StepInterrupted,
    StepProgress,
    StepReused,
    StepStarted,
    StepSucceeded,
)
from mlctl.core.job import Cancelled, Exited
from tests.apply.fake_executor import Does, FakeExecutor
from tests.apply.world import Step, World, names, of_kind
from tests.builders import compute_address


def finished(events: Sequence[object]) -> RunFinished:
    last = events[-1]
    assert isinstance(last, RunFinished)
    return last


def left_by_a_dead_run(world: World) -> None:
    """Its only step's job is on the target, and nobody recorded more of it."""
    [address] = world.steps
    step = world.step(address)
    name = job_id(step, step.key.fingerprint())
    layout = world.executor.layout(name)
    world.executor.submit(job_spec(step, name, layout, "r0", 1.0))


def test_a_job_that_still_runs_from_a_run_that_died_is_attached_to(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    world.does("a", Does(lasts_s=0.2))
    left_by_a_dead_run(world)

    events = world.run("r2")

    assert [e.attached for e in of_kind(events, StepStarted)] == [True]
    assert len(world.executor.started) == 1
    assert names(events, StepSucceeded) == ["a"]


def test_a_job_that_ended_well_and_was_not_collected_is_collected(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    left_by_a_dead_run(world)
    time.sleep(0.02)

    events = world.run("r2")

    assert len(world.executor.started) == 1
    assert names(events, StepSucceeded) == ["a"]


def test_a_job_that_failed_in_a_run_that_died_is_started_anew(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    world.does("a", Does(ends=(Exited(1), Exited(0))))
    left_by_a_dead_run(world)

    events = world.run("r2")

    assert [e.attached for e in of_kind(events, StepStarted)] == [False]
    assert names(events, StepSucceeded) == ["a"]


def test_a_job_is_kept_on_its_target_until_its_success_was_recorded(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))

    for event in world.events():
        if isinstance(event, StepSucceeded):
            time.sleep(0.05)
            assert world.executor.forgotten == []
    assert len(world.executor.forgotten) == 1
    assert world.turns.held == set()


def test_a_step_that_another_process_is_running_waits_and_takes_its_result(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    donor = World(tmp_path, Step("a"))
    donor.run("r0")
    [(fingerprint, record)] = donor.results.records.items()
    world.turns.others[fingerprint] = "r0"
    events = []
    for event in world.events():
        events.append(event)
        if isinstance(event, StepProgress):
            world.store = world.store
            world.store.content.update(donor.store.content)
            world.results.records[fingerprint] = record
            del world.turns.others[fingerprint]

    assert "r0" in of_kind(events, StepProgress)[0].note
    assert names(events, StepReused) == ["a"]
    assert world.executor.started == []


def interrupt_when_running(world: World, **how: bool) -> threading.Thread:
    def work() -> None:
        while not world.executor.started:
            time.sleep(0.005)
        time.sleep(0.03)
        world.stop.interrupt(**how)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_the_first_interrupt_cancels_what_runs_and_starts_nothing_more(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"), Step("b", takes=("a",)))
    world.does("a", Does(ends=(None,)))
    thread = interrupt_when_running(world)

    events = world.run()

    thread.join()
    [stopped] = of_kind(events, StepInterrupted)
    assert not stopped.detached
    assert names(events, Skipped) == ["b"]
    assert finished(events).status == "interrupted"


def test_a_stop_between_the_intent_and_the_start_starts_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    events = []
    for event in world.events():
        events.append(event)
        if isinstance(event, StepStarted):
            world.stop.request(Stop.DRAIN, "the journal is full")

    assert world.executor.started == []
    assert names(events, Skipped) == ["a"]


def test_an_interrupt_while_nothing_happens_is_noticed_at_once(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    world.does("a", Does(ends=(None,)))
    thread = interrupt_when_running(world)

    began = time.monotonic()
    events = world.run()

    thread.join()
    assert time.monotonic() - began < 2
    assert names(events, StepInterrupted) == ["a"]


def test_detaching_leaves_jobs_running_for_the_next_run(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    world.does("a", Does(ends=(None,)))
    thread = interrupt_when_running(world, detach=True)

    events = world.run()

    thread.join()
    assert [e.detached for e in of_kind(events, StepInterrupted)] == [True]
    assert len(world.executor.running()) == 1


def test_leaving_after_a_cancel_says_that_the_step_was_asked_to_stop(tmp_path: Path) -> None:
    class Deaf(FakeExecutor):
        def cancel(self, handle: object, grace_s: float) -> None:
            world.stop.interrupt()

    world = World(tmp_path, Step("a"))
    world.executor = world.executors.by_address[compute_address()] = Deaf()
    world.does("a", Does(ends=(None,)))
    thread = interrupt_when_running(world)

    events = world.run()

    thread.join()
    assert [(e.detached, e.asked) for e in of_kind(events, StepInterrupted)] == [(True, True)]


@pytest.mark.parametrize(("lasts_s", "attached"), [(0.1, [True, False]), (0.0, [False])])
def test_a_job_that_an_earlier_run_asked_to_stop_is_run_anew(
    tmp_path: Path, lasts_s: float, attached: list[bool]
) -> None:
    world = World(tmp_path, Step("a"))
    world.does("a", Does(ends=(Cancelled(), Exited(0)), lasts_s=lasts_s))
    left_by_a_dead_run(world)

    events = world.run()

    assert [e.attached for e in of_kind(events, StepStarted)] == attached
    assert names(events, StepSucceeded) == ["a"]
    assert len(world.executor.started) == 2


def test_a_step_that_ends_well_within_its_grace_time_counts(tmp_path: Path) -> None:
    class Graceful(FakeExecutor):
        def cancel(self, handle: object, grace_s: float) -> None:
            self.does["a"] = Does()

    world = World(tmp_path, Step("a"), Step("b", takes=("a",)))
    world.executor = world.executors.by_address[compute_address()] = Graceful()
    world.does("a", Does(ends=(None,)))
    thread = interrupt_when_running(world)

    events = world.run()

    thread.join()
    assert names(events, StepSucceeded) == ["a"]
    assert names(events, Skipped) == ["b"]


def test_draining_lets_what_runs_end_and_starts_nothing_more(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"), Step("b", takes=("a",)))
    world.does("a", Does(lasts_s=0.1))
    events = []
    for event in world.events():
        events.append(event)
        if world.executor.started:
            world.stop.request(Stop.DRAIN, "the disk is full")

    assert names(events, StepSucceeded) in (["a"], [])
    assert "b" in names(events, Skipped)
    assert finished(events).status == "failed"
