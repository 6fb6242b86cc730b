"""Steps that run, are reused, wait for room and print."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlctl.core.desired import Located
from mlctl.core.digest import of_bytes
from mlctl.core.event import (
    RunFinished,
    RunStarted,
    Skipped,
    StepFailed,
    StepLog,
    StepReused,
    StepStarted,
    StepSucceeded,
)
from mlctl.core.job import Artifact, DataKind, Exited
from mlctl.core.plan import Action, Plan, StepChange
from mlctl.core.secret import Secret
from mlctl.views.messages import event_sentence
from tests.apply.fake_executor import Does, FakeExecutor
from tests.apply.world import Step, World, but, names, of_kind
from tests.builders import compute_address, step_record


def finished(events: Sequence[object]) -> RunFinished:
    last = events[-1]
    assert isinstance(last, RunFinished)
    return last


def test_a_chain_runs_in_order_and_ends_well(tmp_path: Path) -> None:
    world = World(
        tmp_path, Step("score", takes=("train",)), Step("train", takes=("clean",)), Step("clean")
    )

    events = world.run()

    assert isinstance(events[0], RunStarted)
    assert events[0].total == 3
    assert names(events, StepSucceeded) == ["clean", "train", "score"]
    assert finished(events).status == "succeeded"
    assert finished(events).summary.run == 3


def test_a_step_takes_what_the_step_before_it_made(tmp_path: Path) -> None:
    world = World(tmp_path, Step("clean"), Step("train", takes=("clean",)))
    world.does("clean", Does(writes={"out": "clean data"}))

    world.run()

    [spec] = [spec for spec in world.executor.specs.values() if spec.address.endswith("train")]
    assert spec.inputs["clean"] == Artifact(of_bytes(b"clean data"), 10)


def test_a_known_result_is_taken_without_running(tmp_path: Path) -> None:
    first = World(tmp_path, Step("clean"), Step("train", takes=("clean",)))
    first.run()
    second = World(tmp_path, *first.steps.values())
    second.store, second.results = first.store, first.results

    events = second.run("r2")

    assert second.executor.started == []
    assert [e.early_cutoff for e in of_kind(events, StepReused)] == [True, True]
    assert finished(events).summary.reuse == 2


def test_an_upstream_that_makes_the_same_bytes_again_cuts_the_work_short(tmp_path: Path) -> None:
    old = World(tmp_path, Step("clean", code="1"), Step("train", takes=("clean",)))
    old.does("clean", Does(writes={"out": "same"}))
    old.run()
    new = World(tmp_path, Step("clean", code="2"), Step("train", takes=("clean",)))
    new.store, new.results = old.store, old.results
    new.does("clean", Does(writes={"out": "same"}))

    events = new.run("r2")

    assert names(events, StepSucceeded) == ["clean"]
    assert names(events, StepReused) == ["train"]


def test_a_result_whose_output_the_store_lost_does_not_count(tmp_path: Path) -> None:
    world = World(tmp_path, Step("train"))
    world.run()
    world.store.content.clear()

    world.run("r2")

    assert len(world.executor.started) == 2


def test_two_steps_with_one_key_run_once(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a", code="same"), Step("b", code="same"), Step("c", code="same"))

    events = world.run()

    assert len(world.executor.started) == 1
    assert len(names(events, StepSucceeded)) == 1
    assert len(names(events, StepReused)) == 2


def test_the_second_of_two_equal_steps_is_skipped_when_the_first_fails(tmp_path: Path) -> None:
    world = World(
        tmp_path, Step("a", code="same", carries_on=True), Step("b", code="same", carries_on=True)
    )
    for name in ("a", "b"):
        world.does(name, Does(ends=(Exited(1),)))

    events = world.run()

    assert len(world.executor.started) == 1
    [skipped] = of_kind(events, Skipped)
    assert "same work" in skipped.because


def test_steps_that_are_not_deterministic_each_run_every_time(tmp_path: Path) -> None:
    world = World(
        tmp_path,
        Step("a", code="same", deterministic=False),
        Step("b", code="same", deterministic=False),
    )

    world.run()
    world.run("r2")

    assert len(world.executor.started) == 4


def test_a_forced_step_runs_although_its_result_is_known_and_refreshes_it(tmp_path: Path) -> None:
    world = World(tmp_path, Step("train"))
    world.run()
    world.steps = {a: but(s, forced=True) for a, s in world.steps.items()}

    events = world.run("r2")

    assert names(events, StepSucceeded) == ["train"]
    assert [r.run_id for r in world.results.records.values()] == ["r2"]


def test_a_source_that_changed_before_the_start_is_refused(tmp_path: Path) -> None:
    planned = Located(Path("/data"), DataKind.FILE, Artifact(of_bytes(b"old"), 3))
    world = World(tmp_path, Step("a", reads=planned))
    world.sources.texts[Path("/data")] = "new"

    [failed] = of_kind(world.run(), StepFailed)

    assert "/data changed" in failed.error
    assert world.executor.started == []


def test_a_source_that_moves_while_the_step_runs_keeps_the_result_from_being_shared(
    tmp_path: Path,
) -> None:
    planned = Located(Path("/data"), DataKind.FILE, Artifact(of_bytes(b"old"), 3))
    world = World(tmp_path, Step("a", reads=planned))
    world.sources.texts[Path("/data")] = "old"
    events = []
    for event in world.events():
        events.append(event)
        if isinstance(event, StepStarted):
            world.store.keep(b"old")
            world.sources.texts[Path("/data")] = "new"

    [done] = of_kind(events, StepSucceeded)
    assert not done.published
    assert "/data changed" in done.note
    assert event_sentence(done).count("gets this result") == 1
    assert world.results.records == {}


def test_a_target_runs_as_many_steps_at_once_as_it_has_slots(tmp_path: Path) -> None:
    world = World(tmp_path, *[Step(f"s{n}", code=str(n)) for n in range(12)])
    world.options = replace(world.options, parallelism=50)
    world.executor = world.executors.by_address[compute_address()] = FakeExecutor(slots=3)
    for n in range(12):
        world.does(f"s{n}", Does(lasts_s=0.02))

    world.run()

    assert world.executor.most_at_once == 3


def test_parallelism_bounds_all_targets_together(tmp_path: Path) -> None:
    world = World(tmp_path, *[Step(f"s{n}", code=str(n)) for n in range(8)])
    world.options = replace(world.options, parallelism=2)
    for n in range(8):
        world.does(f"s{n}", Does(lasts_s=0.02))

    world.run()

    assert world.executor.most_at_once == 2


def test_the_longest_remaining_path_goes_first(tmp_path: Path) -> None:
    world = World(
        tmp_path,
        Step("short", estimated_s=5.0),
        Step("head", estimated_s=1.0),
        Step("tail", takes=("head",), estimated_s=60.0),
    )
    world.executor = world.executors.by_address[compute_address()] = FakeExecutor(slots=1)

    world.run()

    assert [name.rpartition(".")[2] for name in world.executor.started] == [
        "head",
        "tail",
        "short",
    ]


def test_a_step_sees_its_variables(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a", takes=(), env={"RATE": "1"}))

    world.run()

    [spec] = world.executor.specs.values()
    assert spec.env["MLCTL_RUN_ID"] == "r1"
    assert spec.env["MLCTL_PIPELINE"] == "p"
    assert spec.env["MLCTL_STEP"] == "a"
    assert spec.env["MLCTL_OUTPUT_OUT"] == world.executor.layout(spec.id).output("out")
    assert spec.env["RATE"] == "1"


def test_logs_are_on_disk_before_they_are_shown_and_hide_secrets(tmp_path: Path) -> None:
    canary = "canary-7f3a&9"
    encoded = base64.b64encode(b"user:" + canary.encode()).decode()
    printed = (
        f"clear {canary}\nbase64 {encoded}\nquoted canary-7f3a%269\n\x1b[2Jwipe\rlast".encode()
    )
    world = World(tmp_path, Step("a", env={"PASSWORD": Secret(canary)}))
    world.does("a", Does(prints=printed, lasts_s=0.02))

    shown = ""
    for event in world.events():
        if isinstance(event, StepLog):
            [log] = tmp_path.glob("runs/r1/logs/*.log")
            assert event.text in log.read_text()
            shown += event.text

    assert canary not in shown
    assert encoded not in shown
    assert "%269" not in shown
    assert shown.count("(sensitive value)") == 3
    assert shown.endswith("last\n")
    assert "\x1b" not in shown


def test_planned_reuse_is_said_and_settled_without_asking_anyone(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    record = step_record("a")
    change = StepChange(address=record.address, action=Action.REUSE, record=record)

    events = world.run(plan=Plan(steps=(change,)))

    assert [e.record for e in of_kind(events, StepReused)] == [record]
    assert world.settled == {record.address: record}


def test_a_thousand_trivial_steps_cost_little(tmp_path: Path) -> None:
    world = World(tmp_path, *[Step(f"s{n}", code=str(n)) for n in range(1000)])
    world.executor = world.executors.by_address[compute_address()] = FakeExecutor(slots=8)
    world.options = replace(world.options, parallelism=8)

    began = time.monotonic()
    events = world.run()

    assert finished(events).summary.run == 1000
    assert time.monotonic() - began < 15
