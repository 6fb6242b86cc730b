"""Steps that fail: what is said, what is tried again, what is skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from mlctl.config.data import output_value
from mlctl.core.desired import Retry
from mlctl.core.errors import Rejected, Unreachable
from mlctl.core.event import (
    RunFinished,
    Skipped,
    StepFailed,
    StepRetrying,
    StepStarted,
    StepSucceeded,
)
from mlctl.core.job import Artifact, DataKind, Exited, Handle, Limits, Lost
from mlctl.core.provider import Artifacts
from mlctl.core.value import from_plain
from mlctl.store.errors import StoreFull
from tests.apply.fake_executor import Does, FakeExecutor
from tests.apply.world import Step, World, metrics, names, of_kind
from tests.builders import compute_address, step_address


class Refusing(FakeExecutor):
    """A target whose job's outputs cannot be taken in: each time one of ``refuses`` is raised."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses: list[Exception] = [Rejected('the output "out"', "it is a folder")] * 3

    def fetch(
        self, handle: Handle, outputs: Mapping[str, DataKind], artifacts: Artifacts
    ) -> Mapping[str, Artifact]:
        if self.refuses:
            raise self.refuses.pop()
        return super().fetch(handle, outputs, artifacts)


def finished(events: Sequence[object]) -> RunFinished:
    last = events[-1]
    assert isinstance(last, RunFinished)
    return last


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


def test_a_job_whose_outputs_cannot_be_taken_in_is_forgotten_and_run_anew(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    executor = world.executor = world.executors.by_address[compute_address()] = Refusing()

    first = world.run()
    executor.refuses = []
    second = world.run("r2")

    [failed] = of_kind(first, StepFailed)
    assert "is a folder" in failed.error
    assert len(executor.started) == 2
    assert [e.attached for e in of_kind(second, StepStarted)] == [False]
    assert names(second, StepSucceeded) == ["a"]


@pytest.mark.parametrize(("on", "attempts"), [((), 3), (("outputs",), 3), (("lost",), 1)])
def test_outputs_that_cannot_be_taken_in_are_retried_like_any_failure(
    tmp_path: Path, on: tuple[str, ...], attempts: int
) -> None:
    world = World(tmp_path, Step("a", retry=Retry(attempts=3, on=on)))
    executor = world.executor = world.executors.by_address[compute_address()] = Refusing()

    events = world.run()

    assert len(executor.started) == attempts
    assert len(of_kind(events, StepRetrying)) == attempts - 1


def test_a_job_is_kept_for_the_next_run_while_the_store_is_full(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    executor = world.executor = world.executors.by_address[compute_address()] = Refusing()
    executor.refuses = [StoreFull(tmp_path, 0, None)]

    first, second = world.run(), world.run("r2")

    assert names(first, StepFailed) == ["a"]
    assert [e.attached for e in of_kind(second, StepStarted)] == [True]
    assert names(second, StepSucceeded) == ["a"]
    assert len(executor.started) == 1


def test_numbers_keep_all_their_digits(tmp_path: Path) -> None:
    outputs = {"m": "metrics", "x": "number", "n": "integer", "half": "number"}
    world = World(tmp_path, Step("a", outputs=outputs))
    writes = {
        "m": '{"a": 0.1234567890123456789012345, "b": 0.5, "c": 1e400}',
        "x": "12345678901234567890.5\n",
        "n": "1.5e1",
        "half": "0.5",
    }
    world.does("a", Does(writes=writes))

    world.run()

    record = world.settled[step_address("a")]
    told = {n: output_value(o.type, o, record.values[n]) for n, o in record.outputs.items()}
    assert told == {
        "m": from_plain({"a": Decimal("0.1234567890123456789012345"), "b": 0.5, "c": 10**400}),
        "x": from_plain(Decimal("12345678901234567890.5")),
        "n": from_plain(15),
        "half": from_plain(0.5),
    }
    assert record.values["half"] == 0.5


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
        ("number", "1e5000", "too large"),
        ("number", "1e-5000", "too small"),
        ("metrics", '{"a": 1e5000}', "too large"),
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


def test_a_step_that_asks_for_gpus_the_target_lacks_fails_with_both_numbers(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a", limits=Limits(gpus=2)))

    [failed] = of_kind(world.run(), StepFailed)

    assert "2 GPUs" in failed.error
    assert "no GPU" in failed.error


def test_a_step_whose_arguments_do_not_evaluate_fails_with_what_is_wrong(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a", broken="epochs must be positive"))

    [failed] = of_kind(world.run(), StepFailed)

    assert "epochs must be positive" in failed.error


def test_a_bug_in_an_executor_is_shown_with_its_traceback_and_hangs_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    world.does("a", Does(fails=[ZeroDivisionError("oops")]))

    [failed] = of_kind(world.run(), StepFailed)

    assert "bug" in failed.error
    assert "ZeroDivisionError: oops" in failed.error
