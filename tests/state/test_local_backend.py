"""The state file, its backup and its lock on a local disk."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
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
from mlctl.state.lock import Holder, Lease, LockLost, StateLocked
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


# --- the lock ---------------------------------------------------------------------------------


def card(lease_s: float, pid: int = os.getpid(), **changes: object) -> Holder:
    holder = replace(Holder.here("apply", time.time()), id="theirs", pid=pid, **changes)  # type: ignore[arg-type]  # a test's own keywords
    return holder.until(time.time() + lease_s)


def put_lock(folder: Path, holder: Holder) -> Path:
    path = folder / f"{FILE}.lock"
    path.write_text(json.dumps(holder.to_json()))
    return path


def test_a_lock_whose_lease_is_over_is_taken_over_with_a_notice(tmp_path: Path) -> None:
    put_lock(tmp_path, card(-1.0, host="elsewhere", user="ann"))
    backend = LocalBackend(tmp_path / FILE)

    lease = backend.lock(LockRequest())

    assert "ann@elsewhere" in lease.notice
    assert "lease ended" in lease.notice
    backend.unlock(lease)


def test_a_lock_of_a_process_that_is_gone_is_taken_over(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    put_lock(tmp_path, card(60.0, pid=gone.pid, process=""))
    backend = LocalBackend(tmp_path / FILE)

    lease = backend.lock(LockRequest())

    assert "is gone" in lease.notice
    backend.unlock(lease)


def test_a_lock_of_a_pid_that_another_process_has_by_now_is_taken_over(tmp_path: Path) -> None:
    put_lock(tmp_path, card(60.0, process="another-boot/1"))
    backend = LocalBackend(tmp_path / FILE)

    backend.unlock(backend.lock(LockRequest()))


def test_a_lock_on_another_host_is_respected_while_its_lease_lasts(tmp_path: Path) -> None:
    put_lock(tmp_path, card(60.0, pid=1, host="elsewhere"))

    with pytest.raises(StateLocked, match="elsewhere"):
        LocalBackend(tmp_path / FILE).lock(LockRequest())


@pytest.mark.parametrize("attempt", range(5))
def test_of_many_who_take_over_at_once_one_wins(tmp_path: Path, attempt: int) -> None:
    put_lock(tmp_path, card(-1.0))
    start, got = threading.Barrier(8), []

    def take() -> None:
        start.wait()
        try:
            got.append(LocalBackend(tmp_path / FILE).lock(LockRequest()))
        except StateLocked:
            return

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 1
    holder = LocalBackend(tmp_path / FILE).holder()
    assert holder is not None
    assert holder.id == got[0].holder.id
    LocalBackend(tmp_path / FILE).unlock(got[0])


def test_an_empty_lock_file_is_respected_until_it_is_old(tmp_path: Path) -> None:
    path = tmp_path / f"{FILE}.lock"
    path.touch()
    backend = LocalBackend(tmp_path / FILE)
    with pytest.raises(StateLocked):
        backend.lock(LockRequest())

    os.utime(path, (0, 0))

    backend.unlock(backend.lock(LockRequest()))


def test_a_lease_is_renewed_before_it_ends(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path / FILE)
    lease = backend.lock(LockRequest())
    before = lease.holder.expires
    time.sleep(0.01)

    lease.attempt()

    holder = backend.holder()
    assert holder is not None
    assert holder.expires > before
    assert not lease.is_lost
    backend.unlock(lease)


def test_a_lease_keeps_renewing_by_itself(tmp_path: Path) -> None:
    times: list[float] = []
    lease = Lease(
        "here",
        card(60.0),
        lambda holder: times.append(holder.expires),
        time.time,
        every_s=0.01,
    ).start()
    time.sleep(0.2)
    lease.stop()

    assert len(times) > 3
    assert times == sorted(times)


def test_a_lease_that_could_not_be_renewed_in_time_is_lost(tmp_path: Path) -> None:
    now = [1000.0]
    backend = LocalBackend(tmp_path / FILE, clock=lambda: now[0])
    lease = backend.lock(LockRequest())
    now[0] += 61.0

    with pytest.raises(LockLost, match="in time"):
        backend.write(State(), lease)

    assert lease.is_lost
    backend.unlock(lease)


def test_a_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from mlctl.state.backend import LockRequest\n"
        "from mlctl.state.backends.local import LocalBackend\n"
        "LocalBackend(Path(sys.argv[1])).lock(LockRequest('victim'))\n"
        "print('locked', flush=True); time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / FILE)],
        stdout=subprocess.PIPE,
        cwd=Path(codec.__file__).parents[2],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"locked\n"
    with pytest.raises(StateLocked, match="victim"):
        LocalBackend(tmp_path / FILE).lock(LockRequest())
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()

    backend = LocalBackend(tmp_path / FILE)
    lease = backend.lock(LockRequest())

    assert "victim" in lease.notice
    backend.unlock(lease)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
