"""The local executor keeps the contract, and does what only this machine can do."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.core.digest import Json, digest
from mlctl.core.errors import NoCapacity
from mlctl.core.job import Exited, Limits, SoftwareLock
from mlctl.kit.contracts.artifacts import FolderArtifacts
from mlctl.kit.contracts.bench import Bench, eventually, silent
from mlctl.kit.contracts.executor import ExecutorContract
from mlctl.kit.contracts.executor_running import exited
from mlctl_local.executor import LocalExecutor, Target
from mlctl_local.gpus import Gpus, count_gpus

EMPTY_LOCK = 'lock-version = "1.0"\ncreated-by = "test"\npackages = []\n'


class TestLocalExecutor(ExecutorContract):
    entry = "mlctl_local:provider"
    compute = "local"

    def test_jobs_are_kept_beside_the_configuration(self, bench: Bench, tmp_path: Path) -> None:
        folder = bench.executor.handle("a" * 64)["folder"]

        assert folder == f"{tmp_path}/.mlctl/jobs/aa/{'a' * 64}"

    def test_a_jobs_environment_comes_first(self, bench: Bench, tmp_path: Path) -> None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        lock = SoftwareLock(digest("lock", EMPTY_LOCK), version, EMPTY_LOCK)
        show = "import sys; print(sys.prefix)"

        status, log = bench.run(bench.job(argv=("python", "-c", show), software=lock))

        assert exited(status).code == 0, log
        assert log.startswith(f"{tmp_path}/.mlctl/envs/")

    def test_many_jobs_at_once_each_have_their_own_end(self, bench: Bench) -> None:
        jobs = [bench.job(f"exit {code}") for code in range(40)]
        threads = [threading.Thread(target=bench.start, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        ended = [bench.finish(bench.executor.handle(job.id)) for job in jobs]

        assert [exited(status).code for status in ended] == list(range(40))

    def test_no_process_and_no_descriptor_is_left_behind(self, bench: Bench) -> None:
        before = possessions()
        for _ in range(10):
            bench.run(bench.job())

        def nothing_new() -> bool:
            bench.executor.poll([])
            return possessions() <= before

        eventually(nothing_new, "everything let go")


def possessions() -> set[str]:
    """Open files and children of this process."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {*children, *(f"fd {path.name}" for path in Path("/proc/self/fd").iterdir())}


class TestAnotherInterpreter(ExecutorContract):
    """Everything again with a folder and an interpreter of one's own choice."""

    entry = "mlctl_local:provider"
    compute = "local"

    def attributes(self, root: Path) -> dict[str, Json]:
        python = root / "some place" / "python3.x"
        python.parent.mkdir(exist_ok=True)
        if not python.is_symlink():
            python.symlink_to(os.path.realpath(sys.executable))
        return {"python": "some place/python3.x", "root": "it's here"}

    def target_variables(self) -> set[str]:
        return {"CUDA_VISIBLE_DEVICES"}

    def test_the_chosen_interpreter_runs(self, bench: Bench, tmp_path: Path) -> None:
        script = 'python -c "import sys; print(sys.executable)"'

        status, log = bench.run(bench.job(script))

        assert exited(status).code == 0, log
        assert log.startswith(f"{tmp_path}/it's here/pythons/")


@pytest.fixture
def gpu_bench(tmp_path: Path) -> Bench:
    """A machine with two GPUs, as far as the driver's folder tells."""
    driver = tmp_path / "driver"
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (driver / name).mkdir(parents=True)
    target = Target(root=tmp_path / "root", python=Path(sys.executable), slots=4)
    gpus = Gpus(count_gpus(driver), tmp_path / "root" / "gpus")
    return Bench(LocalExecutor(target, gpus), FolderArtifacts(tmp_path / "store"))


def visible(bench: Bench, gpus: int) -> str:
    job = bench.job('echo "$CUDA_VISIBLE_DEVICES"', limits=Limits(gpus=gpus))
    return bench.run(job)[1].strip()


def test_a_job_sees_the_gpus_it_asked_for(gpu_bench: Bench) -> None:
    assert gpu_bench.executor.capabilities.gpus == 2
    assert visible(gpu_bench, gpus=2) == "0,1"
    assert visible(gpu_bench, gpus=0) == ""


def test_two_jobs_never_share_a_gpu(gpu_bench: Bench) -> None:
    one = replace(gpu_bench.job('echo "$CUDA_VISIBLE_DEVICES"; sleep 60'), limits=Limits(gpus=1))
    handle = gpu_bench.start(one)
    gpu_bench.await_log(handle, "0")

    assert visible(gpu_bench, gpus=1) == "1"
    with pytest.raises(NoCapacity, match="2 GPUs"):
        gpu_bench.start(gpu_bench.job(limits=Limits(gpus=2)))

    gpu_bench.executor.forget(handle)
    assert visible(gpu_bench, gpus=2) == "0,1"


def test_a_machine_without_the_driver_has_no_gpus(tmp_path: Path) -> None:
    assert count_gpus(tmp_path / "none") == 0


def test_a_job_that_waited_for_gpus_starts_later(gpu_bench: Bench) -> None:
    first = gpu_bench.start(gpu_bench.job("sleep 0.3", limits=Limits(gpus=2)))
    second = gpu_bench.job(limits=Limits(gpus=2))
    gpu_bench.executor.stage(second, gpu_bench.artifacts, silent)
    with pytest.raises(NoCapacity):
        gpu_bench.executor.submit(second)
    gpu_bench.finish(first)

    assert isinstance(gpu_bench.run(second)[0], Exited)
