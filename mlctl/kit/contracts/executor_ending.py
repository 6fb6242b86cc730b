"""Every job ends, and nothing of it stays: strays, timeouts, cancellations, lost supervisors."""
# ruff: noqa: D102 - the name of a test is its sentence

from __future__ import annotations

import time
from shlex import quote

import pytest

from mlctl.core.job import Absent, Cancelled, Exited, Lost, Running
from mlctl.kit.contracts.bench import Bench, eventually
from mlctl.kit.contracts.executor_base import ExecutorTests, folder_of
from mlctl.kit.contracts.executor_running import exited

_DEAF = "trap '' TERM; echo ready; while :; do sleep 0.1; done"


class EndingContract(ExecutorTests):
    """See the module."""

    def processes_of(self, bench: Bench, job_id: str) -> list[str]:
        """The processes, zombies apart, that have the job's folder in their environment."""
        folder = folder_of(bench, job_id)
        found = self.on_target(
            f"grep -lF {quote(f'TMPDIR={folder}')} /proc/[0-9]*/environ 2>/dev/null"
        )
        return found.split()

    def test_what_a_job_leaves_running_is_killed_with_it(self, bench: Bench) -> None:
        job = bench.job("sleep 60 & (trap '' TERM HUP; sleep 60) & echo started")

        status, log = bench.run(job)

        assert (exited(status).code, log) == (0, "started\n")
        eventually(lambda: not self.processes_of(bench, job.id), "nobody left")

    def test_strays_of_a_killed_leader_are_killed(self, bench: Bench) -> None:
        job = bench.job("sleep 60 & kill -KILL $$")

        status, _ = bench.run(job)

        assert exited(status).code == 137
        eventually(lambda: not self.processes_of(bench, job.id), "nobody left")

    def test_a_job_is_ended_by_its_timeout(self, bench: Bench) -> None:
        began = time.monotonic()

        status, _ = bench.run(bench.job("sleep 60", timeout_s=0.3, grace_s=5))

        assert exited(status).timed_out
        assert not exited(status).oom_suspected
        assert 0.25 <= time.monotonic() - began < 5

    def test_a_timeout_kills_a_job_that_does_not_listen(self, bench: Bench) -> None:
        job = bench.job(_DEAF, timeout_s=0.3, grace_s=0.3)

        status, _ = bench.run(job)

        assert exited(status).timed_out
        assert exited(status).code != 0
        assert not exited(status).oom_suspected
        eventually(lambda: not self.processes_of(bench, job.id), "nobody left")

    def test_a_timeout_leaves_time_to_save_work(self, bench: Bench) -> None:
        script = "trap 'sleep 0.2; echo saved; exit 3' TERM; sleep 60 & wait"

        status, log = bench.run(bench.job(script, timeout_s=0.3, grace_s=10))

        assert log == "saved\n"
        assert (exited(status).timed_out, exited(status).code) == (True, 3)

    def test_a_timeout_is_kept_with_nobody_watching(self, bench: Bench) -> None:
        job = bench.job("sleep 60", timeout_s=1, grace_s=1)
        bench.start(job)

        eventually(lambda: bool(self.processes_of(bench, job.id)), "the job at work")
        eventually(lambda: not self.processes_of(bench, job.id), "the job ended")

        assert exited(bench.finish(bench.executor.handle(job.id))).timed_out

    def test_a_job_that_ends_in_time_did_not_time_out(self, bench: Bench) -> None:
        status, _ = bench.run(bench.job("sleep 0.1", timeout_s=20))

        assert (exited(status).timed_out, exited(status).code) == (False, 0)

    def test_cancel_asks_and_leaves_time_to_save_work(self, bench: Bench) -> None:
        script = "trap 'sleep 0.2; echo saved; exit 0' TERM; echo ready; sleep 60 & wait"
        handle = bench.start(bench.job(script))
        bench.await_log(handle, "ready")

        bench.executor.cancel(handle, grace_s=20)

        assert bench.finish(handle) == Cancelled()
        assert bench.log(handle) == "ready\nsaved\n"

    def test_cancel_waits_for_a_program_that_saves_after_its_shell_is_gone(
        self, bench: Bench
    ) -> None:
        save = (
            "import signal, sys, time\n"
            "def save(*_): time.sleep(0.3); print('saved', flush=True); sys.exit()\n"
            "signal.signal(signal.SIGTERM, save); print('ready', flush=True); time.sleep(60)"
        )
        handle = bench.start(bench.job(f'python -c "{save}"; echo never'))
        bench.await_log(handle, "ready")

        bench.executor.cancel(handle, grace_s=20)

        assert bench.finish(handle) == Cancelled()
        assert bench.log(handle) == "ready\nsaved\n"

    def test_cancel_kills_a_job_that_does_not_listen(self, bench: Bench) -> None:
        job = bench.job(_DEAF)
        handle = bench.start(job)
        bench.await_log(handle, "ready")
        began = time.monotonic()

        bench.executor.cancel(handle, grace_s=0.5)
        returned = time.monotonic()

        assert bench.finish(handle) == Cancelled()
        assert 0.4 <= time.monotonic() - began < 8
        assert returned - began < 0.4, "cancel returns at once"
        eventually(lambda: not self.processes_of(bench, job.id), "nobody left")

    def test_cancel_right_after_the_start_is_not_lost(self, bench: Bench) -> None:
        for _ in range(5):
            handle = bench.start(bench.job("sleep 60"))
            bench.executor.cancel(handle, grace_s=5)

            assert bench.finish(handle) == Cancelled()

    def test_cancel_may_be_repeated_and_hurried(self, bench: Bench) -> None:
        handle = bench.start(bench.job(_DEAF))
        bench.await_log(handle, "ready")

        bench.executor.cancel(handle, grace_s=60)
        bench.executor.cancel(handle, grace_s=0)

        assert bench.finish(handle) == Cancelled()

    def test_cancelling_what_has_ended_changes_nothing(self, bench: Bench) -> None:
        handle = bench.start(bench.job("exit 4"))
        ended = bench.finish(handle)

        bench.executor.cancel(handle, grace_s=0)

        assert bench.executor.poll([handle]) == [ended]

    def test_cancelling_what_was_never_started_changes_nothing(self, bench: Bench) -> None:
        handle = bench.executor.handle(bench.job().id)

        bench.executor.cancel(handle, grace_s=0)

        assert bench.executor.poll([handle]) == [Absent()]

    def test_a_job_whose_supervisor_was_killed_is_lost(self, bench: Bench) -> None:
        job = bench.job("echo ready; sleep 60")
        handle = bench.start(job)
        bench.await_log(handle, "ready")

        self.kill_supervisor(bench, job.id)

        status = bench.finish(handle)
        assert isinstance(status, Lost)
        assert status.why

    def test_forgetting_a_lost_job_ends_what_is_left_of_it(self, bench: Bench) -> None:
        job = bench.job("echo ready; sleep 60")
        handle = bench.start(job)
        bench.await_log(handle, "ready")
        self.kill_supervisor(bench, job.id)
        bench.finish(handle)

        bench.executor.forget(handle)

        eventually(lambda: not self.processes_of(bench, job.id), "nobody left")

    def kill_supervisor(self, bench: Bench, job_id: str) -> None:
        """Kill the process that looks after a job, as the kernel would when memory is short."""
        self.on_target(f"read -r pid _ <{quote(folder_of(bench, job_id))}/proc; kill -KILL $pid")

    def test_forgetting_a_running_job_ends_it(self, bench: Bench) -> None:
        job = bench.job("echo ready; sleep 60")
        handle = bench.start(job)
        bench.await_log(handle, "ready")

        bench.executor.forget(handle)

        assert bench.executor.poll([handle]) == [Absent()]
        eventually(lambda: not self.processes_of(bench, job.id), "nobody left")

    def test_a_running_job_shows_life(self, bench: Bench) -> None:
        handle = bench.start(bench.job("sleep 60"))

        def beats() -> bool:
            (status,) = bench.executor.poll([handle], timeout_s=0.5)
            return isinstance(status, Running) and status.beat_s is not None

        eventually(beats, "a beat")
        bench.executor.forget(handle)

    def test_a_beaten_job_tells_the_lowest_free_memory(self, bench: Bench) -> None:
        status, _ = bench.run(bench.job("sleep 0.5; kill -KILL $$", timeout_s=30))

        lowest = exited(status).lowest_free_memory_bytes
        assert lowest is not None
        assert lowest > 1_000_000

    @pytest.mark.parametrize("timeout_s", [0.0, 0.3])
    def test_poll_returns_after_its_timeout(self, bench: Bench, timeout_s: float) -> None:
        handle = bench.start(bench.job("sleep 60"))
        began = time.monotonic()

        (status,) = bench.executor.poll([handle], timeout_s)

        assert isinstance(status, Running)
        assert timeout_s <= time.monotonic() - began < timeout_s + 2
        bench.executor.forget(handle)

    def test_poll_returns_as_soon_as_one_of_many_has_ended(self, bench: Bench) -> None:
        slow = bench.start(bench.job("sleep 60"))
        quick = bench.start(bench.job("sleep 0.3; exit 5"))
        began = time.monotonic()

        first, second = bench.executor.poll([slow, quick], timeout_s=30)

        assert isinstance(first, Running)
        assert isinstance(second, Exited)
        assert second.code == 5
        assert time.monotonic() - began < 10
        bench.executor.forget(slow)

    def test_poll_answers_for_nothing_at_once(self, bench: Bench) -> None:
        assert list(bench.executor.poll([], timeout_s=0.0)) == []
