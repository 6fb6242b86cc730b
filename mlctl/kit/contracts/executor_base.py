"""What the parts of the executor contract have in common."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from mlctl.core.digest import Json
from mlctl.core.job import Handle
from mlctl.core.provider import Executor
from mlctl.kit.contracts.artifacts import FolderArtifacts
from mlctl.kit.contracts.bench import Bench, on_this_machine
from mlctl.kit.contracts.controller import make_executor


class ExecutorTests:
    """What a subclass may give, and what its tests get."""

    entry: ClassVar[str]
    """The provider's entry point, such as ``mlctl_local:provider``."""

    compute: ClassVar[str]
    """The type label of its compute."""

    def attributes(self, root: Path) -> dict[str, Json]:  # noqa: ARG002 - for those who override
        """The compute's attributes; ``root`` is a folder of this test's own."""
        return {}

    def on_target(self, script: str) -> str:
        """The output of a shell script, run where the jobs run."""
        return on_this_machine(script)

    def another(self, root: Path) -> Executor:
        """An executor that knows nothing of what others did."""
        return make_executor(self.entry, self.compute, self.attributes(root), root)

    @contextmanager
    def controller(self, root: Path, job_id: str, script: str) -> Iterator[tuple[int, Handle]]:
        """Another process that started a job: its number, and the job's handle."""
        told: dict[str, Json] = {
            "entry": self.entry,
            "compute": self.compute,
            "job": job_id,
            "script": script,
        }
        told |= {"attributes": self.attributes(root), "root": str(root)}
        process = subprocess.Popen(
            [sys.executable, "-m", "mlctl.kit.contracts.controller"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            json.dump(told, process.stdin)
            process.stdin.close()
            try:
                yield process.pid, json.loads(process.stdout.readline())
            finally:
                process.kill()

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Bench:
        """An executor and a store in a folder of their own."""
        return Bench(self.another(tmp_path), FolderArtifacts(tmp_path / "store"))


def folder_of(bench: Bench, job_id: str) -> str:
    """The job's folder on its target."""
    return bench.executor.layout(job_id).code.rpartition("/")[0]
