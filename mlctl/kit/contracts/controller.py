"""Another process that starts a job: ``python -m mlctl.kit.contracts.controller``.

Reads one JSON object from its standard input, stages and submits the job it tells of, prints the
handle as a line of JSON, and then sleeps until somebody kills it.
"""

from __future__ import annotations

import importlib
import json
import signal
import sys
from pathlib import Path

from mlctl.core.digest import Json
from mlctl.core.job import JobSpec
from mlctl.core.provider import ComputeType, Context, Executor, Provider
from mlctl.kit.contracts.artifacts import FolderArtifacts
from mlctl.kit.contracts.bench import silent


def make_executor(entry: str, compute: str, attributes: dict[str, Json], root: Path) -> Executor:
    """An executor made the way mlctl makes it.

    Args:
        entry: The provider's entry point, such as ``mlctl_local:provider``.
        compute: The type label of its compute.
        attributes: As the configuration gives them.
        root: Folder of the configuration.
    """
    module, _, function = entry.partition(":")
    provider: Provider = getattr(importlib.import_module(module), function)()
    kind = provider.resource_types["compute", compute]
    assert isinstance(kind, ComputeType), f'compute "{compute}" cannot run steps'
    ctx = Context(root=root, data_dir=root / ".mlctl", owner="lineage", report=silent)
    created = kind.create(attributes, "token", ctx)
    return kind.executor(kind.wait(created, ctx), ctx)


def main() -> None:
    """Start the job and stay."""
    told = json.load(sys.stdin)
    root = Path(told["root"])
    executor = make_executor(told["entry"], told["compute"], told["attributes"], root)
    job = JobSpec(id=told["job"], address="pipeline.test.step.job", script=told["script"])
    executor.stage(job, FolderArtifacts(root / "store"), silent)
    print(json.dumps(dict(executor.submit(job))), flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
