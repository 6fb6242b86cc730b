"""kill -9 at any moment: the state parses, nothing is lost, nothing is made or run twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlctl.core.state import Status
from mlctl.state import history
from mlctl.state.backends.local import LocalBackend
from mlctl.state.paths import journal_path

pytest.importorskip("mlctl_local")

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).with_name("crash_driver.py")
THINGS, STEPS = 4, 6


def driver(folder: Path, run_id: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'providers'}"}
    argv = [sys.executable, str(DRIVER), str(folder), run_id]
    return subprocess.Popen(argv, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def killed_after(events: int, seconds: float, folder: Path, run_id: str) -> None:
    """Kill the driver some time after it has journaled that many events, unless it ends first."""
    path = journal_path(folder / ".mlctl", run_id)
    with driver(folder, run_id) as process:
        while process.poll() is None and _lines(path) < events:
            time.sleep(0.0005)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        assert process.stdout is not None
        process.stdout.read()


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def crash_until_done(folder: Path, moments: list[tuple[int, float]]) -> None:
    (folder / "things").mkdir(parents=True)
    for number, (events, seconds) in enumerate(moments):
        killed_after(events, seconds, folder, f"k{number}")
        LocalBackend(folder / "mlctl.state.json").read()
    with driver(folder, "last") as process:
        out, _ = process.communicate(timeout=60)

    assert out.strip() == "succeeded"
    state = LocalBackend(folder / "mlctl.state.json").read()
    assert [r.status for r in state.resources.values()] == [Status.OK] * THINGS
    assert len(state.steps) == STEPS
    made = [path.read_text() for path in (folder / "things").iterdir()]
    assert sorted(made) == sorted({f"t{n}" for n in range(THINGS)})
    ran = (folder / "ran").read_text().split()
    assert sorted(ran) == sorted({f"s{n}" for n in range(STEPS)})
    assert all(run.status in ("died", "succeeded") for run in history.runs(folder / ".mlctl"))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(12))
def test_killing_apply_at_random_moments_loses_nothing_and_repeats_nothing(
    tmp_path: Path, seed: int
) -> None:
    chosen = random.Random(seed)

    crash_until_done(tmp_path, [(chosen.randint(0, 7), chosen.uniform(0, 0.012)) for _ in range(6)])
