"""What a start costs: each command loads what it needs, and ``--version`` next to nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("networkx", "rich", "docker", "boto3", "paramiko", "hcl2")


def loaded(*words: str, cwd: Path) -> set[str]:
    """The modules that a command line loads."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mlctl", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize("words", [["--version"], ["version"], ["--help"]])
def test_asking_for_the_version_or_for_help_loads_no_machinery(
    words: list[str], tmp_path: Path
) -> None:
    modules = loaded(*words, cwd=tmp_path)

    assert not modules & set(HEAVY)
    packages = {name for name in modules if name.startswith("mlctl.")}
    assert not {n for n in packages if n.startswith(("mlctl.views", "mlctl.config", "mlctl.hcl"))}


def test_a_plan_loads_no_library_that_it_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text('output "x" { value = 1 }\n')

    modules = loaded("plan", cwd=tmp_path)

    assert not modules & {"networkx", "docker", "boto3", "paramiko", "hcl2"}
