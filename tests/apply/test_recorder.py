"""The recorder with a real journal and state file: disk before eyes, and full disks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlctl.apply.record import Recorder
from mlctl.apply.stop import Stop
from mlctl.core.event import Event, ResourceStarted, RunFinished, StepSucceeded
from mlctl.core.state import State
from mlctl.state import journal
from mlctl.state.backend import LockRequest
from mlctl.state.backends.local import LocalBackend
from mlctl.state.journal import Journal
from mlctl.state.paths import journal_path
from mlctl.state.recovery import resume, unfinished
from mlctl.state.reduce import fold
from tests.apply.world import Step, Thing, World
from tests.builders import AT
from tests.capabilities import need


def now() -> str:
    return AT


def applied(
    world: World, folder: Path, run_id: str = "r1"
) -> Iterator[tuple[Event, Recorder, Path]]:
    backend = LocalBackend(folder / "mlctl.state.json")
    state = backend.read()
    world.state = state if state.lineage else backend.write(state)
    path = journal_path(world.data_dir, run_id)
    with (
        Journal(path, run_id, now) as writer,
        Recorder(world.state, writer, backend, None, world.stop) as recorder,
    ):
        for event in world.events(run_id):
            recorder.take(event)
            yield event, recorder, path


def test_every_event_is_on_disk_before_it_can_be_seen(tmp_path: Path) -> None:
    world = World(tmp_path / ".mlctl", Thing("here"), Step("a"), Step("b", takes=("a",)))

    for event, _, path in applied(world, tmp_path):
        assert journal.read(path).envelopes[-1].event == event


def test_the_saved_state_is_the_fold_of_the_journal(tmp_path: Path) -> None:
    world = World(tmp_path / ".mlctl", Thing("here"), Step("a"), Step("b", takes=("a",)))
    *_, (_, _, path) = applied(world, tmp_path)

    saved = LocalBackend(tmp_path / "mlctl.state.json").read()

    folded = fold(world.state, (e.event for e in journal.read(path).envelopes))
    assert saved.resources == folded.resources
    assert saved.steps == folded.steps
    assert saved.serial == world.state.serial + 1
    assert unfinished(world.data_dir, saved.lineage) == ()


def test_a_run_that_is_broken_off_anywhere_is_completed_by_the_next(tmp_path: Path) -> None:
    rows = (Thing("here"), Step("a"), Step("b", takes=("a",)))
    whole = list(applied(World(tmp_path / "whole" / ".mlctl", *rows), make(tmp_path / "whole")))
    for length in range(1, len(whole)):
        folder = make(tmp_path / str(length))
        world = World(folder / ".mlctl", *rows)
        for number, (_, recorder, _) in enumerate(applied(world, folder), 1):
            if number == length:
                seen = recorder.state
                break

        state, _ = resume(LocalBackend(folder / "mlctl.state.json"), world.data_dir, None, now)

        assert state.resources == seen.resources
        assert state.steps == seen.steps


def test_a_run_that_lost_its_lock_starts_nothing_more_and_does_not_save(tmp_path: Path) -> None:
    world = World(tmp_path / ".mlctl", Step("a"), Step("b", takes=("a",)))
    backend = LocalBackend(tmp_path / "mlctl.state.json")
    world.state = backend.write(State())
    lease = backend.lock(LockRequest("apply"))
    path = journal_path(world.data_dir, "r1")
    events = []
    with Journal(path, "r1", now) as writer:
        recorder = Recorder(world.state, writer, backend, lease, world.stop)
        for event in world.events():
            recorder.take(event)
            events.append(event)
            if isinstance(event, StepSucceeded):
                backend.force_unlock(lease.holder.id)
                lease.attempt()

    backend.unlock(lease)
    assert len(world.executor.started) == 1
    assert backend.read() == world.state
    assert [type(error).__name__ for error in recorder.trouble] == ["LockLost"]
    assert len(unfinished(world.data_dir, world.state.lineage)) == 1


def test_on_a_full_disk_nothing_more_is_made_and_all_that_was_is_recorded(tmp_path: Path) -> None:
    need("tmpfs")
    with small_disk(tmp_path / "disk", "256k") as disk:
        things = [Thing(f"t{n}", attributes={"text": "x" * 2000}) for n in range(200)]
        world = World(disk / ".mlctl", *things)
        *_, (last, recorder, _) = applied(world, disk)
        made = {str(thing["name"]) for thing in world.kind.things.values()}
        assert isinstance(last, RunFinished)
        assert last.status == "failed"
        assert recorder.trouble
        assert world.stop.level is Stop.DRAIN
        assert 0 < len(made) < 200

        backend = LocalBackend(disk / "mlctl.state.json")
        state = backend.read()
        kept = fold(
            state,
            (e.event for run in unfinished(world.data_dir, "") for e in run.reading.envelopes),
        )

    assert made <= {address.name for address in kept.resources}


def test_an_intent_is_synced_before_the_provider_is_asked(tmp_path: Path) -> None:
    world = World(tmp_path / ".mlctl", Thing("here"))
    path = journal_path(world.data_dir, "r1")
    tokens: list[str] = []

    def on_create(token: str) -> None:
        told = [e.event for e in journal.read(path).envelopes]
        tokens.extend(e.record.token for e in told if isinstance(e, ResourceStarted) and e.record)
        assert token in tokens

    world.kind.on_create = on_create
    list(applied(world, tmp_path))

    assert len(tokens) == 1


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
