"""The lock file: who holds it, until when, and who takes it over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.core.state import State
from mlctl.state import codec
from mlctl.state.backend import LockRequest
from mlctl.state.backends.local import LocalBackend
from mlctl.state.lock import Holder, Lease, LockLost, StateLocked
from mlctl.state.process import identity

FILE = "mlctl.state.json"


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


def test_a_lock_of_another_container_on_this_host_is_respected(tmp_path: Path) -> None:
    boot = identity(os.getpid()).partition("/")[0]
    put_lock(tmp_path, card(60.0, pid=999_999_999, process=f"{boot}/pid:[1]/77"))

    with pytest.raises(StateLocked):
        LocalBackend(tmp_path / FILE).lock(LockRequest())


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
