"""Every call may be repeated, from any thread and from another process."""
# ruff: noqa: D102 - the name of a test is its sentence

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from shlex import quote

import pytest

from mlctl.core.errors import MlctlError
from mlctl.core.job import Absent, Running
from mlctl.kit.contracts.artifacts import FolderArtifacts
from mlctl.kit.contracts.bench import Bench, eventually, finish, silent
from mlctl.kit.contracts.executor_base import ExecutorTests, folder_of
from mlctl.kit.contracts.executor_running import exited

_JOB = "c" * 64


class AgainContract(ExecutorTests):
    """See the module."""

    def test_a_job_that_was_never_started_is_absent(self, bench: Bench) -> None:
        handle = bench.executor.handle("d" * 64)

        assert bench.executor.poll([handle]) == [Absent()]
        assert bench.executor.logs(handle, 0) == b""

    def test_a_staged_job_is_absent_until_it_is_submitted(self, bench: Bench) -> None:
        job = bench.job()
        bench.executor.stage(job, bench.artifacts, silent)

        assert bench.executor.poll([bench.executor.handle(job.id)]) == [Absent()]

    def test_a_job_that_was_not_staged_cannot_start(self, bench: Bench) -> None:
        with pytest.raises(MlctlError):
            bench.executor.submit(bench.job())

    def test_the_handle_is_plain_json_and_known_beforehand(self, bench: Bench) -> None:
        job = bench.job()
        before = bench.executor.handle(job.id)

        handle = bench.start(job)

        assert handle == before
        assert json.loads(json.dumps(handle)) == handle
        bench.finish(handle)

    def test_the_layout_is_absolute_and_the_jobs_own(self, bench: Bench) -> None:
        one, other = bench.executor.layout("d" * 64), bench.executor.layout("e" * 64)

        assert all(path.startswith("/") for path in (one.code, one.inputs, one.outputs))
        assert {one.code, one.inputs, one.outputs}.isdisjoint(
            {other.code, other.inputs, other.outputs}
        )

    def test_submitting_twice_runs_once(self, bench: Bench) -> None:
        job = bench.job("echo ran")
        first = bench.start(job)
        second = bench.executor.submit(job)
        bench.finish(first)
        third = bench.start(job)

        assert exited(bench.finish(third)).code == 0
        assert first == second == third
        assert bench.log(first) == "ran\n"

    def test_submitting_from_many_threads_and_executors_runs_once(
        self, bench: Bench, tmp_path: Path
    ) -> None:
        job = bench.job("echo ran; sleep 0.2")
        bench.executor.stage(job, bench.artifacts, silent)
        executors = [bench.executor, *(self.another(tmp_path) for _ in range(3))]
        threads = [
            threading.Thread(target=executor.submit, args=(job,)) for executor in executors * 2
        ]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        handle = bench.executor.handle(job.id)
        assert exited(bench.finish(handle)).code == 0
        assert bench.log(handle) == "ran\n"

    def test_staging_again_before_the_start_takes_the_newer_job(self, bench: Bench) -> None:
        bench.executor.stage(bench.job("echo old", id=_JOB), bench.artifacts, silent)

        _, log = bench.run(bench.job("echo new", id=_JOB))

        assert log == "new\n"

    def test_staging_again_after_the_start_keeps_what_runs(self, bench: Bench) -> None:
        handle = bench.start(bench.job("echo old; sleep 0.3; echo still", id=_JOB))
        bench.await_log(handle, "old")

        bench.executor.stage(bench.job("echo new", id=_JOB), bench.artifacts, silent)

        assert exited(bench.finish(handle)).code == 0
        assert bench.log(handle) == "old\nstill\n"

    def test_staging_that_fails_leaves_nothing_that_could_start(self, bench: Bench) -> None:
        elsewhere = FolderArtifacts(Path(folder_of(bench, _JOB) + "-store"))
        missing = elsewhere.put_text("not in the store")
        job = bench.job(id=_JOB, inputs={"table": missing})

        with pytest.raises((MlctlError, OSError)):
            bench.executor.stage(job, bench.artifacts, silent)
        with pytest.raises(MlctlError):
            bench.executor.submit(job)

    def test_another_executor_finds_a_running_job_by_its_handle(
        self, bench: Bench, tmp_path: Path
    ) -> None:
        handle = bench.start(bench.job("echo ready; sleep 0.5; exit 6"))
        bench.await_log(handle, "ready")
        other = self.another(tmp_path)

        (status,) = other.poll([handle])

        assert isinstance(status, Running)
        assert exited(finish(other, handle)).code == 6
        assert other.logs(handle, 0) == b"ready\n"

    def test_a_job_survives_the_kill_of_whoever_started_it(
        self, bench: Bench, tmp_path: Path
    ) -> None:
        gate = quote(folder_of(bench, _JOB)) + "/out/go"
        script = f"echo ready; until [ -e {gate} ]; do sleep 0.05; done; echo done; exit 8"
        with self.controller(tmp_path, _JOB, script) as (controller, handle):
            bench.await_log(handle, "ready")
            os.kill(controller, signal.SIGKILL)

        (status,) = bench.executor.poll([handle], timeout_s=0.3)
        self.on_target(f": >{gate}")

        assert isinstance(status, Running)
        assert exited(bench.finish(handle)).code == 8
        assert bench.log(handle) == "ready\ndone\n"

    def test_another_executor_can_cancel(self, bench: Bench, tmp_path: Path) -> None:
        handle = bench.start(bench.job("echo ready; sleep 60"))
        bench.await_log(handle, "ready")

        self.another(tmp_path).cancel(handle, grace_s=5)

        eventually(
            lambda: not isinstance(bench.executor.poll([handle])[0], Running), "the job ended"
        )

    def test_a_forgotten_job_is_absent(self, bench: Bench) -> None:
        handle = bench.start(bench.job("echo ran"))
        bench.finish(handle)

        bench.executor.forget(handle)
        bench.executor.forget(handle)

        assert bench.executor.poll([handle]) == [Absent()]
        assert bench.executor.logs(handle, 0) == b""
        assert bench.executor.fetch(handle, {}, bench.artifacts) == {}

    def test_a_forgotten_job_runs_again(self, bench: Bench) -> None:
        job = bench.job("echo ran; exit 2")
        handle = bench.start(job)
        bench.finish(handle)
        bench.executor.forget(handle)

        status, log = bench.run(job)

        assert (exited(status).code, log) == (2, "ran\n")

    def test_a_job_of_code_that_cannot_be_written_is_forgotten_too(self, bench: Bench) -> None:
        job = bench.job("mkdir -p a/b; echo x >a/b/c; chmod 500 a/b a")
        handle = bench.start(job)
        bench.finish(handle)

        bench.executor.forget(handle)

        assert bench.executor.poll([handle]) == [Absent()]

    def test_a_job_id_cannot_lead_elsewhere(self, bench: Bench) -> None:
        with pytest.raises(ValueError, match="job id"):
            bench.executor.layout("../" * 21 + "e")
