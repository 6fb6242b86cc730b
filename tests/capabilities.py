"""What some tests need of the machine: ``need("git")`` skips the calling test where it is missing.

Where ``MLCTL_CI`` is set the machine was prepared by ``.ci/run``, so a missing capability fails the
test there: a check that silently stopped running would look like one that passes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
import uv

IN_CI = "MLCTL_CI"
PROBE_TIMEOUT_S = 30


def need(*names: str) -> None:
    """Skip the calling test, or fail it in CI, unless the machine has all of these.

    Raises:
        KeyError: There is no such capability.
    """
    missing = [name for name in names if not has(name)]
    if not missing:
        return
    text = f"needs {', '.join(missing)}"
    if os.environ.get(IN_CI):
        pytest.fail(f"{text}, which .ci/run provides")
    pytest.skip(text)


@cache
def has(name: str) -> bool:
    """True when the machine has this capability; asked once a process.

    Raises:
        KeyError: There is no such capability.
    """
    return _PROBES[name]()


def _program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _uv() -> bool:
    try:
        return Path(uv.find_uv_bin()).exists()
    except FileNotFoundError:
        return False


def _package_index() -> bool:
    # Asked through uv, so that the answer holds for whatever index and proxy uv is told to use.
    return _uv() and _succeeds(
        [uv.find_uv_bin(), "pip", "compile", "--no-cache", "--quiet", "-"], stdin="iniconfig\n"
    )


def _tmpfs() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        mounted = _succeeds(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder])
        return mounted and _succeeds(["umount", folder])


def _succeeds(command: list[str], stdin: str = "") -> bool:
    try:
        done = subprocess.run(
            command,
            input=stdin,
            text=True,
            capture_output=True,
            timeout=PROBE_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


_PROBES: Mapping[str, Callable[[], bool]] = {
    "bash": _program("bash"),
    "busybox": _program("busybox"),
    "dash": _program("dash"),
    "git": _program("git"),
    "mlctl": _program("mlctl"),
    "network": _package_index,
    "shellcheck": _program("shellcheck"),
    "tmpfs": _tmpfs,
    "uv": _uv,
}
