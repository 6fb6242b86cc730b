"""Environments of this machine, built from their locks into ``<root>/envs/<digest>``.

An environment is built where it will stay, since a virtual environment holds its own path, and
counts as there only once its mark is written, last. A lock lets one build it at a time.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import uv

from mlctl.core.digest import hex_of, short
from mlctl.core.errors import MlctlError
from mlctl.core.job import SoftwareLock
from mlctl.core.provider import Report
from mlctl.kit import interpreters, trees
from mlctl.kit.locks import file_lock

_MARK = "mlctl-environment.json"
_LOCK_FILE = "pylock.toml"
_LAST_LINES = 20


@dataclass
class EnvironmentBuildFailed(MlctlError):
    """An environment could not be built.

    Attributes:
        name: Its short digest.
        doing: What was being done.
        words: What the tool said, its last lines.
    """

    name: str
    doing: str
    words: str

    def __str__(self) -> str:
        return f"The environment {self.name} could not be built ({self.doing}):\n{self.words}"


@dataclass(frozen=True, slots=True)
class BuiltEnvironment:
    """An environment that is there.

    Attributes:
        name: The hex digits of its lock's digest.
        path: Its folder.
        python: The version it was built with.
        used_at: Unix time of its last use, in seconds.
    """

    name: str
    path: Path
    python: str
    used_at: float


def environment_path(lock: SoftwareLock, root: Path) -> Path:
    """Where the environment of a lock is or will be."""
    return root / "envs" / hex_of(lock.digest)


def build(lock: SoftwareLock, root: Path, report: Report) -> Path:
    """The environment's folder; built first when it is not there.

    Waits while another thread or process builds the same one.

    Raises:
        EnvironmentBuildFailed: uv refused; its own words are in the error.
        InterpreterNotFound: No interpreter of the lock's version is on this machine.
    """
    path = environment_path(lock, root)
    if not _is_complete(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(path.with_suffix(".lock")):
            if not _is_complete(path):
                _build(lock, path, report)
    # Its age is what prune goes by.
    os.utime(path / _MARK)
    return path


def list_environments(root: Path) -> Iterator[BuiltEnvironment]:
    """Every environment that is whole, in the order of their names."""
    for mark in sorted((root / "envs").glob(f"*/{_MARK}")):
        told = json.loads(mark.read_text("utf-8"))
        path = mark.parent
        yield BuiltEnvironment(path.name, path, told["python"], mark.stat().st_mtime)


def prune(root: Path, keep: Collection[str], unused_for_s: float = 0.0) -> Sequence[str]:
    """Remove environments and what crashed builds left; the names of those removed.

    Args:
        root: Holds ``envs``.
        keep: Names of environments that stay, such as those of running jobs.
        unused_for_s: Younger ones stay too.
    """
    removed = []
    oldest = time.time() - unused_for_s
    for path in sorted(path for path in (root / "envs").glob("*") if path.is_dir()):
        with file_lock(path.with_suffix(".lock")):
            if path.name in keep or _used_at(path) > oldest:
                continue
            trees.remove_whole(path)
            removed.append(path.name)
    return removed


def _used_at(path: Path) -> float:
    try:
        return (path / _MARK).stat().st_mtime
    except FileNotFoundError:
        return 0.0  # half of one; whoever built it is gone, since we hold its lock


def _is_complete(path: Path) -> bool:
    return (path / _MARK).exists()


def _build(lock: SoftwareLock, path: Path, report: Report) -> None:
    name = short(lock.digest)
    python = interpreters.find(lock.python)
    version = interpreters.inspect(python).version
    trees.remove(path)
    report(f"environment {name}: building with Python {version}")
    began = time.monotonic()
    _uv(name, "making the environment", "venv", "--no-project", "--python", str(python), str(path))
    lock_file = path / _LOCK_FILE
    lock_file.write_text(lock.text, "utf-8")
    _uv(
        name,
        "installing its packages",
        *("pip", "sync", "--require-hashes", "--python", str(path / "bin" / "python")),
        # Compiled once here instead of by every first import of every step.
        *("--compile-bytecode", "--allow-empty-requirements", str(lock_file)),
    )
    told = {"digest": lock.digest, "python": version}
    (path / _MARK).write_text(json.dumps(told, sort_keys=True) + "\n", "utf-8")
    report(f"environment {name}: built in {time.monotonic() - began:.1f} s")


def _uv(name: str, doing: str, *arguments: str) -> None:
    try:
        program = uv.find_uv_bin()
    except FileNotFoundError as error:
        raise EnvironmentBuildFailed(name, doing, f"uv is not installed: {error}") from error
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    env.update(UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1", NO_COLOR="1")
    done = subprocess.run(  # noqa: S603 - uv's own path, arguments without a shell
        [program, *arguments], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-_LAST_LINES:]
        raise EnvironmentBuildFailed(name, doing, "\n".join(last))
