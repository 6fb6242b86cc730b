"""The state file, its backup, and what is made of a damaged one."""

from __future__ import annotations

import json
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.core.state import State
from mlctl.state import codec
from mlctl.state.backend import LockRequest
from mlctl.state.backends.local import LocalBackend
from mlctl.state.errors import StateDamaged, StateNotSaved, StateTooNew
from mlctl.state.lock import StateLocked
from tests.builders import resource_record, state_of, step_record
from tests.capabilities import need
from tests.state.backend_contract import BackendContract

FILE = "mlctl.state.json"


class TestLocalBackend(BackendContract):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / FILE

    def backend(self) -> LocalBackend:
        return LocalBackend(self.path)


def saved(folder: Path, *records: object) -> tuple[LocalBackend, State]:
    backend = LocalBackend(folder / FILE)
    return backend, backend.write(state_of(resource_record(), step_record(), lineage="", serial=0))


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    backend, _ = saved(tmp_path)

    assert stat.S_IMODE(backend.path.stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == [FILE]


def test_the_file_has_the_documented_names_and_one_record_a_line(tmp_path: Path) -> None:
    backend, _ = saved(tmp_path)

    text = backend.path.read_text()
    document = json.loads(text)

    assert list(document) == [
        *(
            "version",
            "mlctl_version",
            "serial",
            "lineage",
            "outputs",
            "resources",
            "steps",
            "checks",
        )
    ]
    [step] = document["steps"]
    assert step["address"] == "pipeline.p.step.train"
    assert step["duration_seconds"] == 1.5
    assert step["metrics"] == {"metrics": {"accuracy": 0.5}}
    assert set(step["outputs"]["model"]) == {"digest", "size_bytes", "type"}
    [resource] = document["resources"]
    assert resource["status"] == "ok"
    assert sum('"address"' in line for line in text.splitlines()) == 2


def test_the_backup_is_the_state_before_the_run(tmp_path: Path) -> None:
    _, first = saved(tmp_path)
    run = LocalBackend(tmp_path / FILE)
    second = run.write(replace(first, steps={}))
    run.write(replace(second, resources={}))

    assert codec.decode(run.backup_path.read_bytes(), "backup") == first


@pytest.mark.parametrize("keep", [0, 1, 30, -10])
def test_a_damaged_file_says_where_and_what_can_mend_it(tmp_path: Path, keep: int) -> None:
    _, first = saved(tmp_path)
    backend = LocalBackend(tmp_path / FILE)
    backend.write(replace(first, steps={}))
    content = backend.path.read_bytes()
    backend.path.write_bytes(content[:keep])

    with pytest.raises(StateDamaged) as damaged:
        LocalBackend(tmp_path / FILE).read()

    assert str(backend.path) in str(damaged.value)
    assert str(backend.backup_path) in damaged.value.hint
    assert "serial 1" in damaged.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "not a JSON object"),
        ('{"version": true}', "its version is True"),
        ('{"version": 1}', "it has no 'lineage'"),
        ('{"version": 1, "lineage": 1}', "expected a text"),
        ('{"version": 1, "lineage": "", "serial": -1}', "expected a count"),
        ('{"version": 1, "lineage": "", "serial": 1, "outputs": []}', "expected an object"),
        ('{"version": 1, "lineage": "", "serial": 1, "outputs": {}, "resources": 1}', "a list"),
        ("[" * 100_000, "nested too deeply"),
        ("\udcff", "not UTF-8 at byte 0"),
    ],
)
def test_what_is_no_state_is_refused_with_what_is_wrong(
    tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / FILE
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(StateDamaged, match=says):
        LocalBackend(path).read()


def test_a_record_that_stands_there_twice_is_damage(tmp_path: Path) -> None:
    backend, _ = saved(tmp_path)
    document = json.loads(backend.path.read_text())
    document["steps"] *= 2
    backend.path.write_text(json.dumps(document))

    with pytest.raises(StateDamaged, match="recorded twice"):
        backend.read()


def test_a_state_that_was_reformatted_is_read_and_saved_all_the_same(tmp_path: Path) -> None:
    backend, first = saved(tmp_path)
    backend.path.write_text(json.dumps(json.loads(backend.path.read_text()), indent=4))

    assert backend.read() == first
    assert backend.write(replace(first, steps={})).serial == 2


def test_a_linked_state_file_stays_a_link_and_shares_its_lock(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / FILE).symlink_to(tmp_path / "shared" / FILE)
    direct, linked = LocalBackend(tmp_path / "shared" / FILE), LocalBackend(tmp_path / FILE)

    lease = linked.lock(LockRequest())
    state = linked.write(State(), lease)

    assert (tmp_path / FILE).is_symlink()
    assert direct.read() == state
    with pytest.raises(StateLocked):
        direct.lock(LockRequest())
    linked.unlock(lease)


def test_a_damaged_file_is_not_overwritten(tmp_path: Path) -> None:
    _, first = saved(tmp_path)
    path = tmp_path / FILE
    path.write_bytes(b"{")

    with pytest.raises(StateDamaged):
        LocalBackend(path).write(first)

    assert path.read_bytes() == b"{"


def test_a_state_of_a_later_version_is_refused_by_name(tmp_path: Path) -> None:
    backend, _ = saved(tmp_path)
    document = json.loads(backend.path.read_text())
    document.update(version=99, mlctl_version="7.0")
    backend.path.write_text(json.dumps(document))

    with pytest.raises(StateTooNew, match=r"format 99.*mlctl 7\.0"):
        backend.read()


def test_an_older_state_goes_through_one_upgrade_a_version() -> None:
    def to_two(document: dict[str, object]) -> dict[str, object]:
        return {**document, "checks": ["two"]}

    def to_three(document: dict[str, object]) -> dict[str, object]:
        return {**document, "checks": [*document["checks"], "three"]}  # type: ignore[misc]  # a list

    old = codec.encode(state_of(step_record()))

    state = codec.decode(old, "here", {1: to_two, 2: to_three})  # type: ignore[dict-item]  # plain JSON

    assert state.checks == ("two", "three")


def test_a_thousand_steps_take_tens_of_milliseconds(tmp_path: Path) -> None:
    record = step_record()
    steps = [replace(record, address=record.address.instance(n)) for n in range(1000)]
    state = state_of(*steps)

    began = time.perf_counter()
    again = codec.decode(codec.encode(state), "here")
    took_s = time.perf_counter() - began

    assert again == state
    assert took_s < 0.5


def test_a_full_disk_leaves_the_old_state_whole(tmp_path: Path) -> None:
    need("tmpfs")
    with small_disk(tmp_path / "disk", "64k") as disk:
        _, first = saved(disk)
        backend = LocalBackend(disk / FILE)
        bigger = replace(first, checks=("x" * 100_000,))

        with pytest.raises(StateNotSaved, match="No space left"):
            backend.write(bigger)

        assert LocalBackend(disk / FILE).read() == first
        assert not list(disk.glob("*.tmp-*"))


def test_leftovers_of_a_killed_writer_are_removed_under_the_lock(tmp_path: Path) -> None:
    backend, _ = saved(tmp_path)
    left = tmp_path / f"{FILE}.tmp-1"
    left.write_text("half")

    backend.unlock(backend.lock(LockRequest()))

    assert not left.exists()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
