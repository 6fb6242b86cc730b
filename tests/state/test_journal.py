"""The journal: what it keeps when things go wrong, and what is made of it afterwards."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlctl.core.event import (
    Event,
    Notice,
    ResourceCompleted,
    ResourceStarted,
    RunFinished,
    RunStarted,
    Skipped,
    StepFailed,
    StepLog,
    StepReused,
    StepStarted,
    StepSucceeded,
)
from mlctl.core.plan import Action, Summary
from mlctl.core.state import State, Status
from mlctl.state import history, journal
from mlctl.state.backends.local import LocalBackend
from mlctl.state.errors import JournalFull
from mlctl.state.journal import Journal
from mlctl.state.paths import journal_path
from mlctl.state.recovery import recover, resume, unfinished
from tests.builders import AT, fingerprint, resource_record, step_address, step_record
from tests.capabilities import need


def now() -> str:
    return AT


def started(run_id: str = "r1", lineage: str = "a-lineage") -> RunStarted:
    return RunStarted(run_id=run_id, operation="apply", lineage=lineage, serial=0, command="mlctl")


def ended(run_id: str = "r1", status: str = "succeeded") -> RunFinished:
    return RunFinished(run_id=run_id, status=status, summary=Summary(run=1), failed=2)


def written(folder: Path, *events: Event, run_id: str = "r1") -> Path:
    path = journal_path(folder, run_id)
    with Journal(path, run_id, now) as writer:
        for event in events:
            writer.write(event)
    return path


def test_events_are_numbered_without_gaps_and_step_output_is_not_kept(tmp_path: Path) -> None:
    path = written(
        tmp_path, started(), StepLog(step_address("a"), "x\n"), Notice("one"), Notice("two")
    )

    reading = journal.read(path)

    assert [envelope.seq for envelope in reading.envelopes] == [1, 2, 3]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_is_on_disk_when_write_returns(tmp_path: Path) -> None:
    path = journal_path(tmp_path, "r1")
    with Journal(path, "r1", now) as writer:
        for number in range(5):
            writer.write(Notice(str(number)))
            assert len(journal.read(path).envelopes) == number + 1


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_last_line_without_its_end_is_ignored(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path, started(), Notice("whole"), Notice("torn"))
    content = path.read_bytes()
    path.write_bytes(content[:-cut])

    reading = journal.read(path)

    assert [e.event for e in reading.envelopes] == [started(), Notice("whole")]
    assert reading.torn > 0


def test_a_damaged_line_in_the_middle_is_reported_and_the_others_hold(tmp_path: Path) -> None:
    path = written(tmp_path, started(), Notice("one"), Notice("two"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"\0" * 20 + b"\n" + lines[2])

    reading = journal.read(path)

    assert [d.line for d in reading.damaged] == [2]
    assert [e.event for e in reading.envelopes] == [started(), Notice("two")]


def test_a_torn_line_is_cut_off_before_more_is_written(tmp_path: Path) -> None:
    path = written(tmp_path, started(), Notice("torn"))
    path.write_bytes(path.read_bytes()[:-3])

    with Journal(path, "r1", now) as writer:
        writer.write(Notice("next"))

    assert [e.event for e in journal.read(path).envelopes] == [started(), Notice("next")]


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    path = written(tmp_path, started())
    assert not journal.is_written(path)
    with Journal(path, "r1", now):
        assert journal.is_written(path)


def test_a_full_disk_is_said_and_what_did_not_fit_follows_when_it_does(tmp_path: Path) -> None:
    need("tmpfs")
    with small_disk(tmp_path / "disk") as disk:
        path = journal_path(disk, "r1")
        with Journal(path, "r1", now) as writer:
            writer.write(started())
            ballast = disk / "ballast"
            fill(ballast)
            for _ in range(50):
                with contextlib.suppress(JournalFull):
                    writer.write(Notice("x" * 200))
            with pytest.raises(JournalFull, match="No space left"):
                writer.write(Notice("x" * 200))
            assert journal.read(path).torn == 0
            ballast.unlink()
            writer.write(Notice("last"))

        reading = journal.read(path)

    assert [e.seq for e in reading.envelopes] == list(range(1, 54))
    assert reading.torn == 0


def test_the_journal_of_a_run_that_died_is_found_and_folded_in(tmp_path: Path) -> None:
    written(tmp_path, started("r0"), ended("r0"), run_id="r0")
    intent = resource_record(status=Status.CREATING)
    written(
        tmp_path,
        started(),
        ResourceStarted(intent.address, Action.CREATE, intent),
        StepSucceeded(step_record().address, step_record(), 1.0),
    )

    [run] = unfinished(tmp_path, "a-lineage")
    state, notices = recover(State(), [run])

    assert state.resources == {intent.address: intent}
    assert state.steps == {step_record().address: step_record()}
    assert state.lineage == "a-lineage"
    assert "r1" in notices[0]
    assert "1 resource and 1 step" in notices[0]


def test_the_journal_of_a_living_run_is_left_alone(tmp_path: Path) -> None:
    with Journal(journal_path(tmp_path, "r1"), "r1", now) as writer:
        writer.write(started())
        assert unfinished(tmp_path, "a-lineage") == ()


def test_the_journal_of_another_state_is_left_alone(tmp_path: Path) -> None:
    written(tmp_path, started(lineage="another"))

    assert unfinished(tmp_path, "a-lineage") == ()
    assert len(unfinished(tmp_path, "")) == 1


def test_what_was_folded_in_and_saved_is_not_folded_in_again(tmp_path: Path) -> None:
    written(tmp_path, started(), StepSucceeded(step_record().address, step_record(), 1.0))
    backend = LocalBackend(tmp_path / "mlctl.state.json")

    first, notices = resume(backend, tmp_path, None, now)
    second, again = resume(backend, tmp_path, None, now)

    assert len(notices) == 1
    assert again == ()
    assert first == second == backend.read()
    assert first.steps


def test_recovering_what_the_state_holds_already_says_so(tmp_path: Path) -> None:
    written(tmp_path, started(), StepSucceeded(step_record().address, step_record(), 1.0))
    runs = unfinished(tmp_path, "")
    once, _ = recover(State(), runs)

    again, notices = recover(once, runs)

    assert again == once
    assert "held everything" in notices[0]


# --- history ----------------------------------------------------------------------------------


def test_runs_are_listed_newest_first_with_how_they_ended(tmp_path: Path) -> None:
    written(tmp_path, started("a"), ended("a", "failed"), run_id="a")
    written(tmp_path, started("b"), run_id="b")
    with Journal(journal_path(tmp_path, "c"), "c", now) as writer:
        writer.write(started("c"))
        found = history.runs(tmp_path)

    assert [(run.run_id, run.status) for run in found] == [
        ("c", "running"),
        ("b", "died"),
        ("a", "failed"),
    ]
    assert (found[2].failed, found[2].command) == (2, "mlctl")


def test_a_run_tells_of_each_step(tmp_path: Path) -> None:
    done = step_record("done")
    address = {name: step_address(name) for name in ("bad", "late", "old", "open")}
    written(
        tmp_path,
        started(),
        StepStarted(done.address, done.fingerprint, "compute.here", 2, log="logs/done"),
        StepSucceeded(done.address, done, 2.0),
        StepStarted(address["bad"], fingerprint(), "compute.here", log="logs/bad"),
        StepFailed(address["bad"], "exit code 1", 1),
        Skipped(address["late"], Action.RUN, "bad failed"),
        StepReused(address["old"], step_record("old")),
        StepStarted(address["open"], fingerprint(), "compute.here", handle={"job": "1"}),
        ResourceCompleted(resource_record().address, Action.CREATE, resource_record(), 1.0),
    )

    detail = history.run(tmp_path, "latest")

    told = {step.address.name: step for step in detail.steps}
    assert {name: step.status for name, step in told.items()} == {
        "done": "succeeded",
        "bad": "failed",
        "late": "skipped",
        "old": "reused",
        "open": "running",
    }
    assert (told["done"].duration_s, told["done"].attempt, told["done"].log) == (
        1.5,
        2,
        "logs/done",
    )
    assert told["bad"].note == "exit code 1"
    assert told["open"].handle == {"job": "1"}
    assert detail.run.summary == Summary(add=1, run=1, reuse=1)


def test_an_unknown_run_is_an_error_that_offers_the_newest(tmp_path: Path) -> None:
    written(tmp_path, started(), ended())

    assert history.run(tmp_path, "r").run.run_id == "r1"
    with pytest.raises(history.UnknownRun, match="newest is r1"):
        history.run(tmp_path, "zzz")


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(os.urandom(1024))
        except OSError:
            return
