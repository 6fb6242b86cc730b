"""The folder of a job: what stands in it and what is written into it.

Knows the names and the formats that ``supervisor.sh`` and every executor share, as text. Knows no
process and no connection; ``docs/lifecycle.md`` describes the folder in prose, ``records`` reads
what the supervisor answers.
"""

from __future__ import annotations

import math
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.core.errors import Rejected
from mlctl.core.job import JobSpec, Layout
from mlctl.core.secret import Secret

SUPERVISOR = Path(__file__).with_name("supervisor.sh")
"""The POSIX shell script that runs a job; needs ``sh``, ``setsid`` and ``/proc`` where it runs."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where a job's programs are looked for, after the folders of its ``Place``."""

RUN, ENV, SECRETS, LOG = "run.sh", "env", "secrets", "log"
CLAIM, PROC, STEP, EXIT, BEAT, CANCEL = "claim", "proc", "step", "exit", "beat", "cancel"
CODE, INPUTS, OUTPUTS, TEMPORARY = "code", "in", "out", "tmp"

RESERVED: Mapping[str, int] = {EXIT: 80, PROC: 80, STEP: 32}
"""Files that must be written however full the disk is, with the bytes staging reserves for each.

The supervisor overwrites them in place, so that their blocks are ours before the step begins.
"""

_JOB_ID = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHELLS_OWN = "OLDPWD SHLVL"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job finds itself on its target.

    Attributes:
        folder: Absolute path of the job's folder, as the job sees it.
        search: Folders looked in for programs before the system's own.
        env: Variables of the target, such as a choice of GPUs; the job's own win over them.
    """

    folder: str
    search: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


def relative_folder(job_id: str) -> str:
    """Where a job's folder is under the root of all jobs: two levels keep every folder short.

    Raises:
        ValueError: ``job_id`` is not 64 hex digits, and so could lead anywhere.
    """
    if _JOB_ID.fullmatch(job_id) is None:
        raise ValueError(f"not a job id: {job_id!r} (expected 64 hex digits)")
    return f"{job_id[:2]}/{job_id}"


def layout(folder: str) -> Layout:
    """The paths a job is told, for the folder it sees itself in."""
    return Layout(f"{folder}/{CODE}", f"{folder}/{INPUTS}", f"{folder}/{OUTPUTS}")


def control_files(job: JobSpec, place: Place) -> Iterator[tuple[str, bytes, int]]:
    """Every file the supervisor needs to run a job: name, content, mode.

    Raises:
        Rejected: A variable cannot be passed to a process: its name is no name of a variable, or
            its value holds a NUL.
    """
    secrets = {name: value for name, value in job.env.items() if isinstance(value, Secret)}
    plain = {name: value for name, value in job.env.items() if isinstance(value, str)}
    variables = _assignments(job.address, _base(place, plain))
    yield RUN, _run_script(job, variables, bool(secrets)), 0o600
    if secrets:
        revealed = {name: value.reveal() for name, value in secrets.items()}
        yield SECRETS, _assignments(job.address, revealed), 0o600
    yield LOG, b"", 0o644
    for name, size in RESERVED.items():
        yield name, b" " * (size - 1) + b"\n", 0o644


def grace_argument(grace_s: float) -> str:
    """A grace time as the supervisor's ``cancel`` takes it."""
    return _hundredths(grace_s)


def _run_script(job: JobSpec, variables: bytes, has_secrets: bool) -> bytes:
    """The step's own shell, from its first line to the step itself.

    It names its process before it looks for a cancellation, and ``cancel`` does it the other way
    round, so one of the two always sees the other.
    """
    before = [
        "#!/bin/sh",
        f"# limits {_hundredths(job.timeout_s)} {_hundredths(job.grace_s)}",
        "d=$1",
        'printf "%-31s\\n" "$$" 1<>"$d/step"',
        '[ ! -e "$d/cancel" ] || exit 143',
        "umask 022",
        f'cd "$d/{CODE}" || exit 125',
        f"unset d {_SHELLS_OWN}",
    ]
    after = [
        f"[ ! -e ../{ENV} ] || . ../{ENV}",
        # A secret is on disk only until the step has it; `:` needs no other program.
        *([f". ../{SECRETS} && : >../{SECRETS}"] if has_secrets else []),
        "set --",
        _command(job),
    ]
    return _lines(before) + variables + _lines(after)


def _lines(lines: Iterable[str]) -> bytes:
    return os.fsencode("".join(f"{line}\n" for line in lines))


def _command(job: JobSpec) -> str:
    """A script as ``sh -eu -c`` runs it, without the price of another shell; argv as it is."""
    match job:
        case JobSpec(script=str(script), argv=None):
            return f"set -eu; eval {_quote(script, 'the script')}"
        case JobSpec(script=None, argv=tuple(argv)) if argv:
            words = (_quote(word, "an argument") for word in argv)
            return "exec " + " ".join(words)
    raise ValueError(f"{job.address}: exactly one of script and argv must be given")


def _base(place: Place, declared: Mapping[str, str]) -> dict[str, str]:
    """The clean environment: what the target gives, then what the job declares."""
    path = ":".join((*place.search, declared.get("PATH", SYSTEM_PATH)))
    return {
        "HOME": f"{place.folder}/{TEMPORARY}",
        "LANG": "C.UTF-8",
        "TMPDIR": f"{place.folder}/{TEMPORARY}",
        **place.env,
        **declared,
        "PATH": path,
    }


def _assignments(address: str, env: Mapping[str, str]) -> bytes:
    for name in env:
        if _NAME.fullmatch(name) is None:
            raise Rejected(
                f'the variable "{name}" of {address}',
                "a name has letters, digits and underscores, and does not begin with a digit",
            )
    lines = (
        f"export {name}={_quote(value, f'the variable {name}')}\n" for name, value in env.items()
    )
    return os.fsencode("".join(lines))


def _quote(text: str, what: str) -> str:
    if "\0" in text:
        raise Rejected(what, "it holds a NUL character, which no process can be given")
    return shlex.quote(text)


def _hundredths(seconds: float | None) -> str:
    """Seconds as the supervisor counts them; rounded up, so that a limit is never cut short."""
    return "-" if seconds is None else str(math.ceil(seconds * 100))
