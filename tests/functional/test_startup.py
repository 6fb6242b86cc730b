"""Commands load only what they use."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.project import Project, program
from tests.functional.small import with_input

HEAVY = {"networkx", "docker", "boto3", "paramiko"}
_IMPORTED = re.compile(r"^import time:[^|]*\|[^|]*\| *(\w+)", re.MULTILINE)


def imported(folder: Path, *arguments: str) -> set[str]:
    """The top-level packages that a command imports, as Python itself reports them."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", program(), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    found = set(_IMPORTED.findall(done.stderr))
    assert "mlctl" in found
    return found


@pytest.mark.parametrize("arguments", [["--version"], ["version"], ["--help"], ["plan", "--help"]])
def test_saying_the_version_or_helping_loads_nothing_heavy(
    tmp_path: Path, arguments: list[str]
) -> None:
    heavy = HEAVY | {"asyncio", "hcl2", "lark"}
    if "plan" not in arguments:
        heavy |= {"uv", "sqlite3", "concurrent", "rich"}

    assert imported(tmp_path, *arguments) & heavy == set()


@pytest.mark.parametrize("command", ["plan", "validate", "show", "output"])
def test_planning_and_looking_load_no_cloud_and_no_event_loop(
    project: Project, command: str
) -> None:
    with_input(project)

    found = imported(project.root, command)

    assert found & (HEAVY | {"asyncio", "hcl2", "lark"}) == set()


def test_applying_loads_only_the_providers_that_the_configuration_names(project: Project) -> None:
    with_input(project)

    found = imported(project.root, "apply", "--auto-approve")

    assert found & (HEAVY | {"asyncio"}) == set()
