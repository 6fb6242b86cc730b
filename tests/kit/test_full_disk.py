"""Whatever the disk, a job's end is recorded."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlctl.core.job import Cancelled, Exited
from mlctl.kit.contracts.shells import SHELLS, ShellTarget, number_in


@pytest.fixture(params=SHELLS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> ShellTarget:
    return ShellTarget.with_shell(str(request.param), tmp_path)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte; the test fills it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs more rights than this user has")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def fill(disk: Path) -> None:
    with (disk / "ballast").open("wb", 0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def test_the_exit_code_lands_on_a_full_disk(target: ShellTarget, full_disk: Path) -> None:
    here = ShellTarget(target.programs, full_disk)
    folder = here.stage("until [ -e ../tmp/go ]; do sleep 0.05; done; echo lost; exit 9")
    here.start(folder)
    (folder / "tmp" / "go").touch()
    fill(full_disk)

    status = here.finish(folder)

    assert isinstance(status, Exited)
    assert status.code in {1, 9}, "echo itself may have failed; the code has landed"


def test_a_job_starts_and_ends_on_a_disk_full_from_the_start(
    target: ShellTarget, full_disk: Path
) -> None:
    here = ShellTarget(target.programs, full_disk)
    folder = here.stage("exit 9")
    fill(full_disk)
    here.start(folder)

    status = here.finish(folder)

    assert isinstance(status, Exited)
    assert status.code == 9


def test_a_job_on_a_full_disk_can_be_cancelled_and_timed_out(
    target: ShellTarget, full_disk: Path
) -> None:
    here = ShellTarget(target.programs, full_disk)
    slow, asked = here.stage("sleep 60", timeout_s=0.4), here.stage("sleep 60")
    fill(full_disk)
    for folder in (slow, asked):
        here.start(folder)
        number_in(folder / "step")
    here.call("cancel", asked, "100")

    timed_out, cancelled = here.finish(slow), here.finish(asked)

    assert isinstance(timed_out, Exited)
    assert timed_out.timed_out
    assert cancelled == Cancelled()
