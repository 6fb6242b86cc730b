"""What earlier runs did, read from their journals. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.core.address import Address
from mlctl.core.errors import MlctlError
from mlctl.core.event import (
    Envelope,
    Event,
    RunFinished,
    RunStarted,
    Skipped,
    StepFailed,
    StepInterrupted,
    StepReused,
    StepStarted,
    StepSucceeded,
)
from mlctl.core.plan import Summary
from mlctl.state import journal
from mlctl.state.event_codec import decode
from mlctl.state.paths import journal_path, log_path, runs_folder
from mlctl.state.recovery import DIED, counted, last_line

RUNNING = "running"


@dataclass
class UnknownRun(MlctlError):
    """No journal of such a run is kept here."""

    run_id: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        newest = f" The newest is {self.known[0]}." if self.known else " There are none."
        return f"no run {self.run_id} is kept here.{newest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run in a line.

    Attributes:
        operation: ``apply``, ``destroy`` or ``run``.
        status: ``running``, ``succeeded``, ``failed``, ``interrupted`` or ``died``.
        started_at: RFC 3339, UTC; likewise ``finished_at``, empty while it runs or when unknown.
        command: As it was typed.
        summary: What was done; zeros while it runs.
    """

    run_id: str
    operation: str
    status: str
    started_at: str
    finished_at: str = ""
    command: str = ""
    summary: Summary = field(default_factory=Summary)
    failed: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSummary:
    """What a run did about one step.

    Attributes:
        status: ``running``, ``succeeded``, ``reused``, ``failed``, ``interrupted`` or ``skipped``.
        duration_s: The step's own time; None unless it ran in this run.
        attempt: The last one; 0 when it never started.
        handle: How its executor finds the job, while it may still run.
        note: The error, or why it was skipped.
        log: Where its output is kept, relative to mlctl's own folder.
    """

    address: Address
    status: str
    started_at: str = ""
    finished_at: str = ""
    duration_s: float | None = None
    attempt: int = 0
    compute: str = ""
    handle: dict[str, str] = field(default_factory=dict)
    note: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class RunDetail:
    """One run with its steps, in the order they came up."""

    run: RunSummary
    steps: tuple[StepSummary, ...]


def runs(data_dir: Path) -> tuple[RunSummary, ...]:
    """Every run kept here, newest first. Reads two lines a journal, however long it is."""
    found = [
        summary
        for path in runs_folder(data_dir).glob("*/events.jsonl")
        if (summary := _summary(path)) is not None
    ]
    return tuple(sorted(found, key=lambda run: (run.started_at, run.run_id), reverse=True))


def run(data_dir: Path, run_id: str) -> RunDetail:
    """One run; ``latest`` means the newest, and the start of an id its run.

    Raises:
        UnknownRun: Its journal is not here.
    """
    path = journal_path(data_dir, _resolved(data_dir, run_id))
    summary = _summary(path)
    if summary is None:
        raise UnknownRun(run_id, tuple(known.run_id for known in runs(data_dir)))
    envelopes = journal.read(path).envelopes
    if summary.status in (RUNNING, DIED):
        summary = _recounted(summary, envelopes)
    return RunDetail(summary, _steps(envelopes))


def log_of(data_dir: Path, run_id: str, address: Address) -> Path:
    """Where the output of a step in a run is kept; nothing may be there if it printed nothing.

    Raises:
        UnknownRun: The run's journal is not here.
    """
    return log_path(data_dir, _resolved(data_dir, run_id), address)


def _resolved(data_dir: Path, run_id: str) -> str:
    if journal_path(data_dir, run_id).exists():
        return run_id
    known = tuple(each.run_id for each in runs(data_dir))
    fitting = known[:1] if run_id == "latest" else tuple(k for k in known if k.startswith(run_id))
    if len(fitting) != 1 or not run_id:
        raise UnknownRun(run_id, known)
    return fitting[0]


def _summary(path: Path) -> RunSummary | None:
    try:
        with path.open("rb") as file:
            first = decode(file.readline())
        last = decode(last_line(path))
    except (OSError, ValueError):
        # Not a journal, or one that was cut off before its first line was whole.
        return None
    if not isinstance(first.event, RunStarted):
        return None
    if isinstance(last.event, RunFinished):
        return _finished(first, first.event, last, last.event)
    return RunSummary(
        run_id=first.run_id,
        operation=first.event.operation,
        status=RUNNING if journal.is_written(path) else DIED,
        started_at=first.at,
        command=first.event.command,
    )


def _finished(
    first: Envelope, started: RunStarted, last: Envelope, finished: RunFinished
) -> RunSummary:
    return RunSummary(
        run_id=first.run_id,
        operation=started.operation,
        status=finished.status,
        started_at=first.at,
        finished_at="" if finished.status == DIED else last.at,
        command=started.command,
        summary=finished.summary,
        failed=finished.failed,
        skipped=finished.skipped,
    )


def _recounted(run: RunSummary, envelopes: Iterable[Envelope]) -> RunSummary:
    return RunSummary(
        run_id=run.run_id,
        operation=run.operation,
        status=run.status,
        started_at=run.started_at,
        command=run.command,
        summary=counted(envelopes),
    )


def _steps(envelopes: Iterable[Envelope]) -> tuple[StepSummary, ...]:
    found: dict[Address, StepSummary] = {}
    for envelope in envelopes:
        step = _step(envelope.event, envelope.at, found)
        if step is not None:
            found[step.address] = step
    return tuple(found.values())


def _step(event: Event, at: str, known: dict[Address, StepSummary]) -> StepSummary | None:
    match event:
        case StepStarted():
            return _started(event, at)
        case StepSucceeded():
            before = known.get(event.address)
            return StepSummary(
                address=event.address,
                status="succeeded",
                started_at=event.record.started_at,
                finished_at=event.record.finished_at,
                duration_s=event.record.duration_s,
                attempt=before.attempt if before else 1,
                compute=event.record.compute,
                note=event.note,
                log=before.log if before else "",
            )
        case StepReused(address, record):
            return StepSummary(address=address, status="reused", compute=record.compute)
        case _:
            return _unsuccessful(event, at, known)


def _started(event: StepStarted, at: str) -> StepSummary:
    return StepSummary(
        address=event.address,
        status=RUNNING,
        started_at=at,
        attempt=event.attempt,
        compute=event.compute,
        handle=dict(event.handle),
        log=event.log,
    )


def _unsuccessful(event: Event, at: str, known: dict[Address, StepSummary]) -> StepSummary | None:
    match event:
        case StepFailed(address, error):
            status, note = "failed", error
        case StepInterrupted(address, detached, asked):
            left = "asked to stop" if asked else "left running"
            status, note = "interrupted", left if detached else ""
        case Skipped(address, _, because) if address.kind == "step":
            status, note = "skipped", because
        case _:
            return None
    before = known.get(address, StepSummary(address=address, status=status))
    return StepSummary(
        address=address,
        status=status,
        started_at=before.started_at,
        finished_at=at,
        attempt=before.attempt,
        compute=before.compute,
        handle=before.handle if isinstance(event, StepInterrupted) else {},
        note=note,
        log=before.log,
    )
