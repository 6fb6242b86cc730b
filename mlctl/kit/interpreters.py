"""Python interpreters of this machine: what one is, and which one has a version."""

from __future__ import annotations

import functools
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlctl.core.errors import MlctlError, Rejected

_ASK = "import platform; print(platform.python_version(), platform.python_implementation())"
_NAME = re.compile(r"python3(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter.

    Attributes:
        version: As ``3.11.7``.
        implementation: As ``CPython``.
    """

    version: str
    implementation: str


@dataclass
class InterpreterNotFound(MlctlError):
    """No interpreter of a version is on this machine, and none is downloaded unasked."""

    version: str
    found: tuple[str, ...]

    def __str__(self) -> str:
        others = ", ".join(self.found) or "none at all"
        return f"Python {self.version} is not on this machine; found: {others}"

    @property
    def hint(self) -> str:  # type: ignore[override]  # made from the version
        """How to go on."""
        return f"Install it, for example with: uv python install {self.version}"


def inspect(python: Path) -> Interpreter:
    """What an interpreter is. It is only started when it is not the one that asks.

    Raises:
        Rejected: There is no such program, or it is no Python.
    """
    if python == Path(sys.executable):
        return Interpreter(platform.python_version(), platform.python_implementation())
    try:
        found = python.stat()
    except OSError as error:
        raise Rejected(f"the interpreter {python}", "there is no such file") from error
    return _ask(python, found.st_ino, found.st_mtime_ns)


def find(version: str) -> Path:
    """The interpreter of a version, given as ``3.11`` or ``3.11.7``.

    Looks at the one that asks, at ``PATH``, and where pyenv and uv keep theirs.

    Raises:
        InterpreterNotFound: None of them has it.
    """
    found: set[str] = set()
    # Names first: asking every interpreter of a machine takes seconds.
    likely: list[Path] = [Path(sys.executable)]
    unlikely: list[Path] = []
    for python in _named_python():
        is_likely = python.name in {"python3", f"python{'.'.join(version.split('.')[:2])}"}
        (likely if is_likely else unlikely).append(python)
    for python in (*likely, *unlikely):
        has = _version(python)
        if has is not None and _answers(has, version):
            return python
        found.update(() if has is None else (has,))
    raise InterpreterNotFound(version, tuple(sorted(found, key=_numbers)))


def _version(python: Path) -> str | None:
    """Its version; None for a launcher of a version manager that has no such version."""
    try:
        return inspect(python).version
    except Rejected:
        return None


def _answers(has: str, version: str) -> bool:
    wanted = version.split(".")
    return has.split(".")[: len(wanted)] == wanted


def _named_python() -> Iterator[Path]:
    for folder in _folders():
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def _folders() -> Iterator[Path]:
    home = Path.home()
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        yield Path(folder or ".")
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    data = Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share"))
    managed = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", data / "uv" / "python"))
    for parent in (pyenv / "versions", managed):
        yield from sorted(parent.glob("*/bin"), reverse=True)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


@functools.cache
def _ask(python: Path, _inode: int, _mtime_ns: int) -> Interpreter:
    """Asked once for each state of the file."""
    try:
        asked = subprocess.run(  # noqa: S603 - an interpreter the machine or the configuration names
            [python, "-I", "-c", _ASK], capture_output=True, text=True, timeout=30, check=True
        )
        version, implementation = asked.stdout.split()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Rejected(
            f"the interpreter {python}", "it does not answer as a Python does"
        ) from error
    return Interpreter(version, implementation)
