"""Steps: run, reused, failed, tried again, interrupted."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.apply.job import job_id, job_spec
from mlctl.apply.stop import Stop
from mlctl.core.desired import Located, Retry
from mlctl.core.digest import of_bytes
from mlctl.core.errors import Rejected, Unreachable
from mlctl.core.event import (
    RunFinished,
    RunStarted,
    Skipped,
    StepFailed,
    StepInterrupted,
    StepLog,
    StepProgress,
    StepRetrying,
    StepReused,
    StepStarted,
    StepSucceeded,
)
from mlctl.core.job import Artifact, DataKind, Exited, Limits, Lost
from mlctl.core.plan import Action, Plan, StepChange
from mlctl.core.secret import Secret
from tests.apply.fakes import Does, FakeExecutor, Step, World, but, metrics, names, of_kind
from tests.builders import compute_address, step_address, step_record


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


def test_a_failure_skips_what_needs_it_and_names_the_cause(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"), Step("b", takes=("a",)), Step("c", takes=("b",)))
    world.does("a", Does(ends=(Exited(3),), prints=b"one\ntwo\n"))

    events = world.run()

    [failed] = of_kind(events, StepFailed)
    assert failed.exit_code == 3
    assert "exit code 3" in failed.error
    assert failed.tail == ("one", "two")
    assert names(events, Skipped) == ["b", "c"]
    assert all("step.a failed" in e.because for e in of_kind(events, Skipped))
    assert finished(events).status == "failed"
    assert (finished(events).failed, finished(events).skipped) == (1, 2)


def test_after_a_failure_nothing_new_of_the_pipeline_starts_but_others_go_on(
    tmp_path: Path,
) -> None:
    world = World(
        tmp_path,
        Step("bad", estimated_s=100.0),
        *[Step(f"s{n}", code=str(n)) for n in range(20)],
        Step("late", after=("s0",)),
        Step("other", pipeline="q"),
        Step("more", after=("other",), pipeline="q"),
    )
    world.executor = world.executors.by_address[compute_address()] = FakeExecutor(slots=1)
    world.does("bad", Does(ends=(Exited(1),)))

    events = world.run()

    assert set(names(events, StepSucceeded)) == {"other", "more"}
    assert len(of_kind(events, Skipped)) == 21
    assert world.executor.started[0].endswith("bad")


def test_where_a_pipeline_carries_on_only_what_needs_the_failed_step_is_skipped(
    tmp_path: Path,
) -> None:
    world = World(
        tmp_path,
        Step("bad", carries_on=True),
        Step("needs", takes=("bad",), carries_on=True),
        Step("free", carries_on=True),
        Step("after", takes=("free",), carries_on=True),
    )
    world.does("bad", Does(ends=(Exited(1),)))

    events = world.run()

    assert names(events, StepSucceeded) == ["free", "after"]
    assert names(events, Skipped) == ["needs"]


def test_a_failed_attempt_is_tried_again_as_often_as_was_said(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a", retry=Retry(attempts=3, backoff_s=0.01)))
    world.does("a", Does(ends=(Exited(1), Exited(2), Exited(0))))

    events = world.run()

    assert [e.attempt for e in of_kind(events, StepStarted)] == [1, 2, 3]
    assert [e.delay_s for e in of_kind(events, StepRetrying)] == [0.01, 0.02]
    assert finished(events).status == "succeeded"


@pytest.mark.parametrize(
    ("on", "ends", "attempts"),
    [
        (("exit:75",), Exited(75), 2),
        (("exit:75",), Exited(1), 1),
        (("timeout",), Exited(143, timed_out=True), 2),
        (("lost",), Lost("the machine is gone"), 2),
        (("lost",), Exited(1), 1),
    ],
)
def test_only_failures_of_the_kinds_that_were_named_are_tried_again(
    tmp_path: Path, on: tuple[str, ...], ends: Exited | Lost, attempts: int
) -> None:
    world = World(tmp_path, Step("a", retry=Retry(attempts=2, on=on)))
    world.does("a", Does(ends=(ends,)))

    events = world.run()

    assert len(of_kind(events, StepStarted)) == attempts
    assert len(of_kind(events, StepFailed)) == 1


def test_what_a_provider_rejects_is_never_tried_again(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a", retry=Retry(attempts=5)))
    world.does("a", Does(fails=[Rejected("the job", "no such image")] * 5))

    events = world.run()

    [failed] = of_kind(events, StepFailed)
    assert "no such image" in failed.error


def test_a_retry_that_waits_holds_nobody_up(tmp_path: Path) -> None:
    world = World(
        tmp_path,
        Step("slow", retry=Retry(attempts=2, backoff_s=0.3), carries_on=True),
        *[Step(f"s{n}", code=str(n)) for n in range(5)],
    )
    world.executor = world.executors.by_address[compute_address()] = FakeExecutor(slots=1)
    world.does("slow", Does(ends=(Exited(1), Exited(0))))

    events = world.run()

    order = names(events, StepSucceeded)
    assert order[-1] == "slow"
    assert len(order) == 6


def test_a_link_that_is_cut_for_a_moment_loses_no_job(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    world.does("a", Does(lasts_s=0.1))
    world.options = replace(world.options, patience_s=5.0)
    world.executor.unreachable = [Unreachable("here", "no route")] * 2

    events = world.run()

    assert names(events, StepSucceeded) == ["a"]
    assert len(world.executor.started) == 1


def test_a_target_that_stays_away_fails_its_steps_after_a_while(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    world.executor.unreachable = [Unreachable("here", "no route")] * 1000

    events = world.run()

    [failed] = of_kind(events, StepFailed)
    assert "cannot be reached" in failed.error


def test_a_missing_output_is_named(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a", outputs={"out": "uri_file", "model": "uri_folder"}))
    world.does("a", Does(writes={"model": None}))

    events = world.run()

    [failed] = of_kind(events, StepFailed)
    assert '"model"' in failed.error
    assert '"out"' not in failed.error
    assert world.results.records == {}


def test_values_and_metrics_are_read(tmp_path: Path) -> None:
    outputs = {"m": "metrics", "n": "integer", "x": "number", "b": "boolean", "s": "string"}
    world = World(tmp_path, Step("a", outputs=outputs))
    writes = {"m": metrics(acc=0.5), "n": "7\n", "x": " 1e-3\n", "b": "true\n", "s": "a b\n\n"}
    world.does("a", Does(writes=writes))

    world.run()

    record = world.settled[step_address("a")]
    assert record.values == {"m": {"acc": 0.5}, "n": 7, "x": 0.001, "b": True, "s": "a b\n"}


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("integer", "1.5", "not whole"),
        ("number", "many", "'many'"),
        ("number", "nan", "'nan'"),
        ("boolean", "yes", "true or false"),
        ("metrics", "{", "not JSON"),
        ("metrics", "[1]", "not a JSON object"),
        ("metrics", '{"a": "b"}', '"a"'),
        ("metrics", '{"a": NaN}', "NaN"),
        ("integer", "", "nothing"),
    ],
)
def test_a_value_of_another_type_is_an_error_that_shows_it(
    tmp_path: Path, kind: str, text: str, says: str
) -> None:
    world = World(tmp_path, Step("a", outputs={"v": kind}))
    world.does("a", Does(writes={"v": text}))

    [failed] = of_kind(world.run(), StepFailed)

    assert '"v"' in failed.error
    assert says in failed.error


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
    assert world.results.records == {}


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


def test_a_step_that_asks_for_gpus_the_target_lacks_fails_with_both_numbers(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a", limits=Limits(gpus=2)))

    [failed] = of_kind(world.run(), StepFailed)

    assert "2 GPUs" in failed.error
    assert "no GPU" in failed.error


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


def test_a_step_whose_arguments_do_not_evaluate_fails_with_what_is_wrong(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a", broken="epochs must be positive"))

    [failed] = of_kind(world.run(), StepFailed)

    assert "epochs must be positive" in failed.error


def test_planned_reuse_is_said_and_settled_without_asking_anyone(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    record = step_record("a")
    change = StepChange(address=record.address, action=Action.REUSE, record=record)

    events = world.run(plan=Plan(steps=(change,)))

    assert [e.record for e in of_kind(events, StepReused)] == [record]
    assert world.settled == {record.address: record}


def test_a_bug_in_an_executor_is_shown_with_its_traceback_and_hangs_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    world.does("a", Does(fails=[ZeroDivisionError("oops")]))

    [failed] = of_kind(world.run(), StepFailed)

    assert "bug" in failed.error
    assert "ZeroDivisionError: oops" in failed.error


def test_a_thousand_trivial_steps_cost_little(tmp_path: Path) -> None:
    world = World(tmp_path, *[Step(f"s{n}", code=str(n)) for n in range(1000)])
    world.executor = world.executors.by_address[compute_address()] = FakeExecutor(slots=8)
    world.options = replace(world.options, parallelism=8)

    began = time.monotonic()
    events = world.run()

    assert finished(events).summary.run == 1000
    assert time.monotonic() - began < 15
