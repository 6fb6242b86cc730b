"""uv as a program: how it is asked, and what its answers mean."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from mlctl.core.errors import MlctlError
from mlctl.environments.entry import without_credentials

_NEEDS_BUILD = re.compile(r"Wheels are required for `([^`]+)`")
_NETWORK = re.compile(
    r"error sending request|network was disabled|Failed to fetch|dns error|timed out"
    r"|Request failed after|Could not resolve host|Failed to connect",
    re.IGNORECASE,
)
# An index that answers "no such file" is reachable; bringing a lock from elsewhere would not help.
_ANSWERED = re.compile(r"HTTP status client error")
_NOISE = re.compile(r"^(?:warning: .*experimental.*|Resolved \d+ packages? in .*)$", re.MULTILINE)


@dataclass
class ResolverMissing(MlctlError):
    """uv, which is installed together with mlctl, is not there."""

    why: str

    hint = "Install it beside mlctl: pip install uv."

    def __str__(self) -> str:
        return f"The resolver uv cannot be found: {self.why}"


@dataclass(frozen=True, slots=True)
class Compile:
    """One question to the resolver.

    Attributes:
        lines: Requirements and options, one a line; relative paths start at ``folder``.
        constraints: A constraints file; None: no constraints.
        output: Where the lock is written; what stands there already says which versions to keep.
        folder: The configuration's folder.
        python: Version to resolve for.
        interpreter: Path of a Python that may build what has no wheel.
        from_source: Packages that may be built.
    """

    lines: Sequence[str]
    constraints: Path | None
    output: Path
    folder: Path
    python: str
    interpreter: str
    from_source: Sequence[str] = ()
    prereleases: bool = False
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """uv's answer when there is none.

    Attributes:
        words: What it printed, without credentials.
        needs_build: Packages that have no wheel for what is asked.
        network: It failed because an index did not answer.
    """

    words: str
    needs_build: tuple[str, ...]
    network: bool


def compile_lock(question: Compile) -> Refusal | None:
    """Have uv resolve; None: the lock is written.

    Universal: one answer for all platforms. ``fewest``: one version of a package where one can
    serve, because a lock is for one Python and what later Pythons could have does not matter.

    Raises:
        ResolverMissing: uv is not there.
    """
    done = subprocess.run(  # noqa: S603 - uv's own path and arguments made here, no shell
        _arguments(question),
        input="\n".join(question.lines) + "\n",
        cwd=question.folder,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode == 0:
        return None
    words = without_credentials(_NOISE.sub("", done.stderr).strip())
    return Refusal(
        words=words or f"uv ended with exit code {done.returncode} and no word.",
        needs_build=tuple(dict.fromkeys(_NEEDS_BUILD.findall(words))),
        network=bool(_NETWORK.search(words)) and not _ANSWERED.search(words),
    )


def _uv() -> str:
    try:
        return find_uv_bin()
    except FileNotFoundError as error:
        raise ResolverMissing(str(error)) from error


def _arguments(question: Compile) -> list[str]:
    arguments = [_uv(), "pip", "compile", "-", "--universal", "--fork-strategy", "fewest"]
    arguments += ["--python-version", question.python, "--python", question.interpreter]
    arguments += ["--format", "pylock.toml", "--output-file", str(question.output)]
    arguments += ["--generate-hashes", "--no-header", "--no-progress", "--color", "never"]
    arguments += ["--no-python-downloads", "--only-binary", ":all:"]
    for name in question.from_source:
        arguments += ["--no-binary", name]
    if question.constraints is not None:
        arguments += ["--constraints", str(question.constraints)]
    if question.prereleases:
        arguments += ["--prerelease", "allow"]
    if question.offline:
        arguments.append("--offline")
    return arguments
