"""mlctl killed, interrupted, or out of disk: nothing recorded is lost and nothing runs twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.functional.mounts import tmpfs
from tests.functional.project import FAILED, INTERRUPTED, Project, lines_of, until
from tests.functional.small import step

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

KILLS = 50
LANES, LENGTH = 2, 12


def lanes(log: Path) -> str:
    """Rows of short steps side by side, each of which writes to the log that it began and ended."""
    steps = [
        f"""
  step "{name}" {{
    command    = <<-EOT
      echo begin {name} $GENERATION >> {log}
      sleep 0.1
      echo end {name} $GENERATION >> {log}
    EOT
    env        = {{ GENERATION = var.generation }}
    depends_on = [{before}]
  }}"""
        for lane in range(LANES)
        for number in range(LENGTH)
        for name in [f"s{lane}_{number}"]
        for before in [f"steps.s{lane}_{number - 1}" if number else ""]
    ]
    return f'variable "generation" {{ default = 0 }}\npipeline "p" {{{"".join(steps)}\n}}\n'


def kill(process: subprocess.Popen[str]) -> None:
    """End mlctl itself, at once; what it started lives on."""
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def assert_state_parses(project: Project) -> None:
    file = project.root / "mlctl.state.json"
    if file.exists():
        assert json.loads(file.read_text(encoding="utf-8"))["version"] == 1


def test_killed_fifty_times_at_random_moments_no_step_runs_twice(
    project: Project, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    project.write("main.hcl", lanes(log))
    moments = random.Random(2)
    generation = killed = 0

    while killed < KILLS:
        apply = project.start("apply", "--auto-approve", "--var", f"generation={generation}")
        try:
            apply.wait(moments.uniform(0.0, 1.3))
        except subprocess.TimeoutExpired:
            killed += 1
        finally:
            kill(apply)
        assert_state_parses(project)
        generation += apply.returncode == 0
    project.apply("--var", f"generation={generation}")

    told = Counter(lines_of(log))
    expected = {
        f"{what} s{lane}_{number} {made}"
        for what in ("begin", "end")
        for lane in range(LANES)
        for number in range(LENGTH)
        for made in range(generation + 1)
    }
    assert set(told) == expected
    assert {line: count for line, count in told.items() if count > 1} == {}
    assert project.would_run("--var", f"generation={generation}") == set()


# --- one step that waits to be let on ----------------------------------------------------------


def waiting(tmp_path: Path, *, deaf: bool = False) -> str:
    """A step that writes to a log that it began, waits to be let on, and then gives its output."""
    trap = "trap '' TERM INT; " if deaf else ""
    wait = f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    return step(f"{trap}echo begin >> {tmp_path}/log; {wait}; echo 1 > ${{outputs.out}}")


def begun(project: Project, tmp_path: Path) -> subprocess.Popen[str]:
    """An apply whose step has begun."""
    apply = project.start("apply", "--auto-approve")
    until(lambda: lines_of(tmp_path / "log") == ["begin"], "the step to begin")
    return apply


def test_a_step_that_still_runs_is_attached_to_and_not_started_again(
    project: Project, tmp_path: Path
) -> None:
    project.write("main.hcl", waiting(tmp_path))
    kill(begun(project, tmp_path))

    second = project.start("apply", "--auto-approve", "--json")
    assert second.stdout is not None
    starts = (json.loads(line) for line in second.stdout if '"step_start"' in line)
    start = next(starts)
    (tmp_path / "go").touch()
    second.communicate(timeout=20)

    assert second.returncode == 0
    assert start["hook"]["attached"] is True
    assert lines_of(tmp_path / "log") == ["begin"]
    assert project.output_text("out") == "1\n"


def test_a_step_that_ended_while_nobody_watched_is_collected(
    project: Project, tmp_path: Path
) -> None:
    project.write("main.hcl", waiting(tmp_path))
    kill(begun(project, tmp_path))
    (tmp_path / "go").touch()
    time.sleep(1)

    said = project.apply()

    assert lines_of(tmp_path / "log") == ["begin"], said.text
    assert project.output_text("out") == "1\n"
    assert project.would_run() == set()


def test_a_run_that_died_is_listed_as_such(project: Project, tmp_path: Path) -> None:
    project.write("main.hcl", waiting(tmp_path))
    kill(begun(project, tmp_path))
    (tmp_path / "go").touch()
    project.apply()

    runs = json.loads(project.mlctl("runs", "list", "--json").ok().out)

    assert {run["status"] for run in runs} == {"died", "succeeded"}


def test_an_edit_after_the_crash_starts_the_step_anew(project: Project, tmp_path: Path) -> None:
    project.write("main.hcl", waiting(tmp_path))
    kill(begun(project, tmp_path))
    project.edit("main.hcl", "echo 1 >", "echo 2 >")
    (tmp_path / "go").touch()

    project.apply()

    assert project.output_text("out") == "2\n"
    assert lines_of(tmp_path / "log") == ["begin", "begin"]


def interrupted(apply: subprocess.Popen[str]) -> None:
    """Ctrl-C, once."""
    os.kill(apply.pid, signal.SIGINT)


def test_ctrl_c_asks_the_step_to_stop_and_the_next_apply_goes_on(
    project: Project, tmp_path: Path
) -> None:
    done = f'\nstep "done" {{ command = "echo done >> {tmp_path}/done" }}\n'
    project.write("main.hcl", waiting(tmp_path).replace('step "s"', f'{done}step "s"'))
    apply = begun(project, tmp_path)
    until((tmp_path / "done").exists, "the other step to end")
    time.sleep(0.5)

    interrupted(apply)
    said, _ = apply.communicate(timeout=20)

    assert apply.returncode == INTERRUPTED, said
    assert "Interrupted" in said
    assert "mlctl apply" in said
    assert_state_parses(project)
    (tmp_path / "go").touch()
    assert project.ran() == {"s"}
    assert lines_of(tmp_path / "done") == ["done"]


def test_ctrl_c_twice_leaves_at_once_and_the_step_runs_on(project: Project, tmp_path: Path) -> None:
    project.write("main.hcl", waiting(tmp_path, deaf=True))
    apply = begun(project, tmp_path)

    interrupted(apply)
    time.sleep(0.7)
    assert apply.poll() is None, "left although the step had not stopped"
    interrupted(apply)
    begin = time.monotonic()
    said, _ = apply.communicate(timeout=20)

    assert time.monotonic() - begin < 3
    assert apply.returncode == INTERRUPTED, said
    assert_state_parses(project)
    (tmp_path / "go").touch()
    project.apply()
    assert project.output_text("out") == "1\n"


def test_a_lock_left_by_a_killed_run_is_taken_over_with_a_notice(
    project: Project, tmp_path: Path
) -> None:
    project.write("main.hcl", waiting(tmp_path))
    killed = begun(project, tmp_path)
    kill(killed)
    (tmp_path / "go").touch()

    said = project.apply()

    assert str(killed.pid) in said.text
    assert not (project.root / "mlctl.state.json.lock").exists()


# --- a full disk -------------------------------------------------------------------------------


def test_a_state_that_cannot_be_saved_loses_nothing(project: Project, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    log, filler = tmp_path / "log", small / "filler"
    state = ("--state", str(small / "mlctl.state.json"))
    fill = f"echo fill >> {log}; cat /dev/zero > {filler} || true"
    with tmpfs(small, "256k"):
        project.write(
            "main.hcl",
            f"""
pipeline "p" {{
  step "fill" {{ command = "{fill}" }}
  step "after" {{
    depends_on = [steps.fill]
    command    = "echo after >> {log}; echo {"x" * 3000}"
  }}
}}
""",
        )
        full = project.mlctl("apply", "--auto-approve", *state)
        before = (small / "mlctl.state.json").read_text() if _exists(small) else ""
        filler.unlink()
        again = project.apply(*state)
        steps = json.loads((small / "mlctl.state.json").read_text())["steps"]

    assert full.code == FAILED, full.text
    assert before == "" or json.loads(before)["version"] == 1
    assert "space" in full.err.lower() or "could not be saved" in full.err
    assert ".mlctl/runs" in full.text
    assert lines_of(log).count("fill") == 1, again.text
    assert {record["address"] for record in steps} == {
        "pipeline.p.step.fill",
        "pipeline.p.step.after",
    }


def _exists(folder: Path) -> bool:
    file = folder / "mlctl.state.json"
    return file.exists() and file.stat().st_size > 0


def test_a_step_that_fills_the_disk_fails_clearly_and_the_state_parses(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    with tmpfs(root, "8m"):
        project = Project(root)
        project.write("main.hcl", step("cat /dev/zero > ${outputs.out}"))
        full = project.mlctl("apply", "--auto-approve")
        assert_state_parses(project)
        project.edit("main.hcl", "cat /dev/zero", "echo 1")
        again = project.apply()

    assert full.code == FAILED
    assert "Traceback" not in full.text
    assert "pipeline.p.step.s" in full.text
    assert "1 run" in again.out
