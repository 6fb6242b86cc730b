"""Apply with the real store and this machine's own processes, where the two are there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mlctl.apply.sources import StoreSources
from mlctl.apply.turns import LeasedTurns
from mlctl.core.event import RunFinished, StepFailed, StepLog, StepReused, StepSucceeded
from mlctl.core.job import Layout
from mlctl.core.provider import ComputeType, Context, Executor
from mlctl.store.lease import Leases
from mlctl.store.local import LocalStore
from mlctl.store.results import Results
from tests.apply.world import Step, World, names, of_kind
from tests.builders import compute_address

local = pytest.importorskip("mlctl_local")


def real(tmp_path: Path, *rows: Step, slots: int = 2) -> World:
    world = World(tmp_path / ".mlctl", *rows)
    store = LocalStore(tmp_path / "store")
    context = Context(tmp_path, tmp_path / ".mlctl", "a-lineage", lambda _: None)
    kind = local.provider().resource_types["compute", "local"]
    assert isinstance(kind, ComputeType)
    executor: Executor = kind.executor({"max_parallel_steps": slots}, context)
    world.executors.by_address[compute_address()] = executor
    world.store, world.sources = store, StoreSources(store, tmp_path)  # type: ignore[assignment]  # the real ones
    world.results = Results(store.root)  # type: ignore[assignment]  # the real one
    world.turns = LeasedTurns(Leases(store.root), "r1")  # type: ignore[assignment]  # the real one
    return world


class Scripted(Step):
    """A step that does what its code says; ``OUT`` stands for the output's path."""

    def command(self, layout: Layout) -> str:
        return self.code.replace("OUT", layout.output("out"))


def test_real_steps_run_print_and_are_reused(tmp_path: Path) -> None:
    world = real(tmp_path, Scripted("a", code="echo hello; echo data > OUT"))

    first, second = world.run(), world.run("r2")

    assert "".join(e.text for e in of_kind(first, StepLog)) == "hello\n"
    assert names(first, StepSucceeded) == ["a"]
    assert names(second, StepReused) == ["a"]
    assert list((tmp_path / ".mlctl" / "jobs").glob("[0-9a-f][0-9a-f]/*/run.sh")) == []


def test_a_real_failure_shows_its_last_lines(tmp_path: Path) -> None:
    world = real(tmp_path, Scripted("a", code="echo before; exit 7"))

    [failed] = of_kind(world.run(), StepFailed)

    assert failed.exit_code == 7
    assert failed.tail == ("before",)


def test_a_real_step_that_forgets_its_output_is_told_what_it_wrote(tmp_path: Path) -> None:
    world = real(tmp_path, Scripted("a", code='echo x > "$(dirname OUT)/typo"'))

    [failed] = of_kind(world.run(), StepFailed)

    assert '"out"' in failed.error
    assert "found there: typo" in failed.error


@pytest.mark.parametrize(
    ("wrong", "says"), [("mkdir OUT", "is a folder"), ("mkfifo OUT", "is a pipe")]
)
def test_a_real_step_whose_output_cannot_be_kept_runs_anew_the_next_time(
    tmp_path: Path, wrong: str, says: str
) -> None:
    again = tmp_path / "again"
    code = f"if [ -e {again} ]; then echo > OUT; else {wrong}; touch {again}; fi"
    world = real(tmp_path, Scripted("a", code=code))

    first, second = world.run(), world.run("r2")

    [failed] = of_kind(first, StepFailed)
    assert says in failed.error
    assert names(second, StepSucceeded) == ["a"]


@pytest.mark.slow
def test_hundreds_of_real_trivial_steps_cost_milliseconds_each(tmp_path: Path) -> None:
    steps = [Scripted(f"s{n}", code=f"echo {n} > OUT") for n in range(300)]
    world = real(tmp_path, *steps)

    began = time.monotonic()
    events = world.run()

    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.summary.run == 300
    print(f"{(time.monotonic() - began) / 300 * 1000:.1f} ms a step")
