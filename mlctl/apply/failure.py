"""Why an attempt at a step failed, in a sentence and as a kind that ``retry`` can name."""

from __future__ import annotations

import errno
import signal
from dataclasses import dataclass

from mlctl.apply.script import Ending, WatchFailed, WorkFailed
from mlctl.core.desired import EvaluationFailed, Retry
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.errors import MlctlError, NoCapacity, Rejected, Unreachable
from mlctl.core.job import Cancelled, Exited, Lost
from mlctl.store.errors import StoreFull, StoreUnwritable

UNREACHABLE, LOST, TIMEOUT, PREEMPTED = "unreachable", "lost", "timeout", "preempted"
REJECTED, OUTPUTS, OTHER = "rejected", "outputs", "other"

_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


@dataclass
class AttemptFailed(Exception):
    """An attempt at a step failed.

    Attributes:
        kind: ``unreachable``, ``lost``, ``timeout``, ``preempted``, ``exit:N`` or one of ours.
        text: A whole sentence.
        exit_code: Of the process, if it got that far.
    """

    kind: str
    text: str
    exit_code: int | None = None

    def __str__(self) -> str:
        return self.text


def of_work(failure: WorkFailed) -> AttemptFailed:
    """The failure of something we did for the step."""
    match failure.error:
        case Unreachable():
            kind = UNREACHABLE
        case NoCapacity():
            kind = PREEMPTED
        case Rejected():
            kind = REJECTED
        case _:
            kind = OTHER
    return AttemptFailed(kind, sentence(failure))


def of_collecting(failure: WorkFailed) -> AttemptFailed:
    """The failure to take in what a job that exited well has written.

    Where the target does not answer, or the store cannot be written, the kind is as anywhere
    else: the job is worth another look. Else it is ``outputs``: however often what the job left
    is looked at, it stays as it is, and only another run can help.
    """
    failed = of_work(failure)
    cause = failure.error
    if isinstance(cause, Unreachable | NoCapacity | StoreFull | StoreUnwritable):
        return failed
    if not (isinstance(cause, OSError) and cause.errno in _UNWRITABLE):
        failed.kind = OUTPUTS
    return failed


_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


def sentence(error: Exception) -> str:
    """What went wrong, and how to go on where that is known."""
    cause = error.error if isinstance(error, WorkFailed) else error
    if isinstance(cause, EvaluationFailed):
        return "\n".join(map(_located, cause.diagnostics))
    hint = cause.hint if isinstance(cause, MlctlError) else ""
    return f"{error}\n{hint}" if hint else str(error)


def of_ending(ending: Ending, timeout_s: float | None) -> AttemptFailed | None:
    """The failure that an ended job means; None when it exited well."""
    match ending:
        case Exited(code=0, timed_out=False):
            return None
        case Exited():
            return _of_exit(ending, timeout_s)
        case WatchFailed(failure):
            return of_work(failure)
        case Cancelled():
            return AttemptFailed(PREEMPTED, "it was cancelled from outside this run")
        case Lost(why):
            text = f"its job is lost: {why}"
        case _:
            text = "its job is not on the target any more"
    return AttemptFailed(LOST, text)


def _located(found: Diagnostic) -> str:
    where = f"{found.subject.filename}:{found.subject.start.line}: " if found.subject else ""
    text = f"{where}{found.summary}: {found.detail}" if found.detail else f"{where}{found.summary}"
    return f"{text}\n{found.hint}" if found.hint else text


def may_retry(failure: AttemptFailed, retry: Retry, attempt: int) -> bool:
    """True when another attempt is to follow. What was refused as wrong is never tried again."""
    if attempt >= retry.attempts or failure.kind == REJECTED:
        return False
    return not retry.on or failure.kind in retry.on


def delay_s(retry: Retry, attempt: int) -> float:
    """How long to wait after an attempt, in seconds."""
    return float(retry.backoff_s * 2 ** (attempt - 1))


def _of_exit(exited: Exited, timeout_s: float | None) -> AttemptFailed:
    if exited.timed_out:
        limit = f" of {timeout_s:g} s" if timeout_s is not None else ""
        return AttemptFailed(TIMEOUT, f"it took longer than its timeout{limit}", exited.code)
    text = f"it ended with exit code {exited.code}"
    if exited.code > 128:
        text += f" ({_signal(exited.code - 128)})"
    if exited.oom_suspected:
        text = f"it was killed, perhaps out of memory (exit code {exited.code})"
        if exited.lowest_free_memory_bytes is not None:
            text += f"; the lowest free memory seen was {_size(exited.lowest_free_memory_bytes)}"
    return AttemptFailed(f"exit:{exited.code}", text, exited.code)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _size(size_bytes: int) -> str:
    for unit, name in _UNITS:
        if size_bytes >= unit:
            return f"{size_bytes / unit:.1f} {name}"
    return f"{size_bytes} B"
