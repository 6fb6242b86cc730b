"""The supervisor driven by its verbs, on this machine, under a shell of one's choice.

What a provider that reaches its target through a shell can test without its target.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from mlctl.core.job import JobSpec, JobStatus, Running
from mlctl.kit import records, staging
from mlctl.kit.contracts.artifacts import FolderArtifacts
from mlctl.kit.jobdir import SUPERVISOR, Place
from mlctl.kit.records import Answer

SHELLS = ("dash", "bash", "busybox")
"""Shells that are ``sh`` somewhere."""

_NEEDED = ("date", "env", "find", "head", "setsid", "sleep", "tail", "wc")
_PATIENCE_S = 20.0

T = TypeVar("T")


@dataclass(frozen=True)
class ShellTarget:
    """A machine that has one kind of shell, and jobs in a folder."""

    programs: Path
    root: Path

    @classmethod
    def with_shell(cls, shell: str, root: Path) -> ShellTarget:
        """A machine on which ``sh`` is that shell; the test is skipped where there is none."""
        return cls(_programs(shell, root / "bin"), root)

    def stage(self, script: str, timeout_s: float | None = None, grace_s: float = 5.0) -> Path:
        """The folder of a new job that runs a script."""
        folder = self.root / secrets.token_hex(8)
        job = JobSpec(
            id=secrets.token_hex(32),
            address="step.test",
            script=script,
            timeout_s=timeout_s,
            grace_s=grace_s,
        )
        artifacts = FolderArtifacts(self.programs.parent / "store")
        staging.stage_folder(job, folder, Place(str(folder)), artifacts)
        return folder

    def call(self, *arguments: str | Path) -> bytes:
        """The output of one call of the supervisor."""
        done = subprocess.run(  # noqa: S603 - a shell of this machine, our own script
            [self.programs / "sh", SUPERVISOR, *arguments],
            env={"PATH": str(self.programs), "LEAKED": "of the connection"},
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        assert done.stderr == b""
        return done.stdout

    def start(self, folder: Path) -> str:
        """What ``start`` answers."""
        return self.call("start", folder).decode().strip()

    def poll(self, folder: Path, offset: int = 0, most: int = 65536) -> Answer:
        """What ``poll`` answers for one job."""
        (answer,) = records.parse_poll(self.call("poll", str(most), folder, str(offset)))
        return answer

    def finish(self, folder: Path) -> JobStatus:
        """The status the job ends with."""
        return eventually(
            lambda: self.poll(folder).status, lambda status: not isinstance(status, Running)
        )

    def run(self, script: str, timeout_s: float | None = None) -> tuple[JobStatus, str]:
        """Run a script to its end: its status and its log."""
        folder = self.stage(script, timeout_s)
        self.start(folder)
        return self.finish(folder), self.poll(folder).log.decode()

    def await_log(self, folder: Path, text: str) -> None:
        """Wait until the log holds ``text``."""
        eventually((folder / "log").read_text, lambda log: text in log)


def eventually(look: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """What ``look`` sees, once it is as it should be."""
    deadline = time.monotonic() + _PATIENCE_S
    while not holds(seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r}"
        time.sleep(0.02)
    return seen


def number_in(path: Path) -> int:
    """The number a record begins with, once it is written."""
    return int(eventually(path.read_text, lambda text: bool(text.strip())).split()[0])


def is_gone(pid: int) -> bool:
    """True when no process of this number is more than a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _programs(shell: str, folder: Path) -> Path:
    """A folder in which ``sh`` is that shell; with busybox, every other program is its own too."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"this machine has no {shell}")
    folder.mkdir()
    if shell == "busybox":
        subprocess.run([path, "--install", "-s", folder], check=True)  # noqa: S603 - found above
        return folder
    for name in _NEEDED:
        (folder / name).symlink_to(str(shutil.which(name)))
    (folder / "sh").symlink_to(path)
    return folder
