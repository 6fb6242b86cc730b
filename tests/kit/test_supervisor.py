"""The supervisor under every shell it will meet, driven as a connection drives it: by its verbs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlctl.core.job import Absent, Cancelled, Exited, Lost, Running
from mlctl.kit import records
from mlctl.kit.contracts.shells import SHELLS, ShellTarget, eventually, is_gone, number_in
from mlctl.kit.jobdir import SUPERVISOR


@pytest.fixture(params=SHELLS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> ShellTarget:
    return ShellTarget.with_shell(str(request.param), tmp_path)


def test_a_job_runs_and_tells_its_code_and_its_log(target: ShellTarget) -> None:
    status, log = target.run("echo out; echo err >&2; exit 7")

    assert isinstance(status, Exited)
    assert status.code == 7
    assert log == "out\nerr\n"


def test_times_are_those_of_the_targets_clock(target: ShellTarget) -> None:
    before = time.time()
    status, _ = target.run("sleep 0.5")

    assert isinstance(status, Exited)
    assert status.started_at is not None
    assert status.finished_at is not None
    assert before - 2 < status.started_at < status.finished_at < time.time() + 2
    assert 0.4 < status.finished_at - status.started_at < 5


def test_nothing_of_the_connection_reaches_the_job(target: ShellTarget) -> None:
    _, log = target.run("env")

    names = {line.partition("=")[0] for line in log.splitlines()}
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH", "HOME", "LANG", "TMPDIR"}


def test_a_job_started_by_a_connection_can_be_interrupted(target: ShellTarget) -> None:
    status, log = target.run("(kill -INT $$; sleep 5) & wait; echo deaf")

    assert isinstance(status, Exited)
    assert (status.code, log) == (130, "")


def test_a_second_start_attaches(target: ShellTarget) -> None:
    folder = target.stage("echo ran; sleep 0.3")

    answers = [target.start(folder), target.start(folder)]
    target.finish(folder)
    answers.append(target.start(folder))

    assert answers == ["started", "attached", "attached"]
    assert (folder / "log").read_text() == "ran\n"


def test_many_starts_at_once_run_once(target: ShellTarget) -> None:
    folder = target.stage("echo ran; sleep 0.3")
    starts = [
        subprocess.Popen(
            [target.programs / "sh", SUPERVISOR, "start", folder],
            env={"PATH": str(target.programs)},
            stdout=subprocess.DEVNULL,
        )
        for _ in range(6)
    ]
    for start in starts:
        start.wait(timeout=20)

    assert isinstance(target.finish(folder), Exited)
    assert (folder / "log").read_text() == "ran\n"


def test_starting_what_was_not_staged_says_so(target: ShellTarget) -> None:
    assert target.start(target.root / "nothing") == "absent"


def test_a_job_outlives_the_session_that_started_it(target: ShellTarget) -> None:
    folder = target.stage("echo ready; sleep 1; echo done; exit 3")
    session = subprocess.Popen(
        [target.programs / "sh", "-c", f"sh {SUPERVISOR} start {folder}; sleep 60"],
        env={"PATH": str(target.programs)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    target.await_log(folder, "ready")
    os.killpg(session.pid, signal.SIGHUP)
    os.killpg(session.pid, signal.SIGKILL)
    session.wait()

    status = target.finish(folder)

    assert isinstance(status, Exited)
    assert status.code == 3
    assert (folder / "log").read_text() == "ready\ndone\n"


def test_a_poll_answers_for_many_in_one_round_trip(target: ShellTarget) -> None:
    done, absent = target.stage("printf 'no newline'"), target.stage(":")
    target.start(done)
    target.finish(done)

    answers = records.parse_poll(target.call("poll", "4", done, "3", absent, "0", done, "99"))

    assert [answer.log for answer in answers] == [b"newl", b"", b""]
    assert [answer.log_size for answer in answers] == [10, 0, 10]
    assert isinstance(answers[1].status, Absent)


def test_a_log_read_in_pieces_has_no_gap_and_no_repeat(target: ShellTarget) -> None:
    folder = target.stage("for i in 1 2 3 4 5 6; do printf 'a\\000b\\n%s\\n' $i; sleep 0.05; done")
    target.start(folder)
    seen = b""
    while True:
        answer = target.poll(folder, offset=len(seen), most=5)
        seen += answer.log
        if not isinstance(answer.status, Running) and len(seen) == answer.log_size:
            break

    assert seen == b"".join(b"a\0b\n%d\n" % i for i in range(1, 7))


def test_strays_do_not_outlive_the_job(target: ShellTarget) -> None:
    folder = target.stage("(trap '' TERM HUP; echo $$; sleep 60) & sleep 60 & echo $!")
    target.start(folder)
    target.finish(folder)

    stray = int((folder / "log").read_text().split()[-1])
    eventually(lambda: is_gone(stray), bool)


@pytest.mark.parametrize("listens", [True, False])
def test_the_timeout_is_enforced_beside_the_job(target: ShellTarget, listens: bool) -> None:
    deaf = "" if listens else "trap '' TERM; "
    folder = target.stage(f"{deaf}echo $$; sleep 60; sleep 60", timeout_s=0.4, grace_s=0.4)
    began = time.monotonic()
    target.start(folder)
    step = number_in(folder / "log")

    eventually(lambda: is_gone(step), bool)  # nobody polls meanwhile

    status = target.finish(folder)
    assert isinstance(status, Exited)
    assert status.timed_out
    assert 0.3 < time.monotonic() - began < 15


def test_cancel_leaves_time_and_then_kills(target: ShellTarget) -> None:
    gentle = target.stage("trap 'echo saved; exit 0' TERM; echo ready; sleep 60 & wait")
    deaf = target.stage("trap '' TERM; echo ready; while :; do sleep 0.1; done")
    for folder, grace in ((gentle, "2000"), (deaf, "40")):
        target.start(folder)
        target.await_log(folder, "ready")
        target.call("cancel", folder, grace)

    assert target.finish(gentle) == target.finish(deaf) == Cancelled()
    assert (gentle / "log").read_text() == "ready\nsaved\n"


def test_an_ended_job_is_not_cancelled(target: ShellTarget) -> None:
    folder = target.stage("exit 0")
    target.start(folder)
    ended = target.finish(folder)

    target.call("cancel", folder, "0")

    assert isinstance(ended, Exited)
    assert isinstance(target.poll(folder).status, Exited)


def test_a_killed_supervisor_makes_the_job_lost(target: ShellTarget) -> None:
    folder = target.stage("echo ready; sleep 60")
    target.start(folder)
    target.await_log(folder, "ready")
    os.kill(number_in(folder / "proc"), signal.SIGKILL)

    assert isinstance(target.finish(folder), Lost)
    # Its watcher is still there and ends what nobody looks after any more.
    step = number_in(folder / "step")
    eventually(lambda: is_gone(step), bool)


def test_a_process_that_took_over_the_number_is_not_the_supervisor(target: ShellTarget) -> None:
    folder = target.stage("echo ready; sleep 60")
    target.start(folder)
    target.await_log(folder, "ready")
    supervisor, step = number_in(folder / "proc"), number_in(folder / "step")
    record = (folder / "proc").read_text()
    try:
        (folder / "proc").write_text(record.replace(record.split()[1], "12345"))
        by_start = target.poll(folder).status
        (folder / "proc").write_text(record.replace(record.split()[2], "another-boot"))
        by_boot = target.poll(folder).status
    finally:
        os.kill(supervisor, signal.SIGKILL)
        os.killpg(step, signal.SIGKILL)

    assert isinstance(by_start, Lost)
    assert isinstance(by_boot, Lost)


def test_a_zombie_does_not_count_as_running(target: ShellTarget) -> None:
    folder = target.stage("sleep 60")
    supervisor = subprocess.Popen(
        [target.programs / "sh", SUPERVISOR, "supervise", folder],
        env={"PATH": str(target.programs)},
    )
    step = number_in(folder / "step")
    supervisor.kill()
    eventually(lambda: is_gone(supervisor.pid), bool)  # dead, and not reaped by us

    status = target.poll(folder).status
    supervisor.wait()
    os.killpg(step, signal.SIGKILL)

    assert isinstance(status, Lost)


def test_a_running_job_shows_life_and_its_lowest_memory(target: ShellTarget) -> None:
    folder = target.stage("sleep 0.7; kill -KILL $$")
    target.start(folder)
    alive = eventually(
        lambda: target.poll(folder).status,
        lambda s: isinstance(s, Running) and s.beat_s is not None,
    )
    status = target.finish(folder)

    assert isinstance(alive, Running)
    assert isinstance(status, Exited)
    assert (status.code, status.oom_suspected) == (137, True)
    assert (status.lowest_free_memory_bytes or 0) > 1_000_000


def test_nothing_of_a_job_stays_in_the_process_table(target: ShellTarget) -> None:
    target.run("sleep 0.1", timeout_s=30)

    def ours() -> list[str]:
        # Every process of this test has the folder of its programs in its PATH.
        found = subprocess.run(
            f"grep -lF '{target.programs}' /proc/[0-9]*/environ 2>/dev/null",
            shell=True,
            text=True,
            capture_output=True,
            check=False,
        )
        return found.stdout.split()

    began = time.monotonic()
    assert eventually(ours, lambda found: not found) == []
    assert time.monotonic() - began < 3


def test_the_script_is_clean(tmp_path: Path) -> None:
    shellcheck = shutil.which("shellcheck") or Path(sys.executable).with_name("shellcheck")
    if not Path(shellcheck).exists():
        pytest.skip("shellcheck is not installed")

    checked = subprocess.run([shellcheck, SUPERVISOR], capture_output=True, text=True, check=False)

    assert checked.stdout == ""
