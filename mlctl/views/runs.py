"""Run history: ``runs list`` and ``runs show``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from mlctl.core.digest import Json
from mlctl.state.history import RunDetail, RunSummary, StepSummary
from mlctl.views.style import Style
from mlctl.views.text import duration, safe_line, table


def runs_text(runs: Iterable[RunSummary], style: Style) -> str:
    """One line a run, in the order given."""
    rows = [_run_row(run) for run in runs]
    if not rows:
        return "No run is kept here.\n"
    head, *lines = table([("RUN", "WHAT", "STATUS", "STARTED", "TOOK", "DONE"), *rows])
    return "\n".join([style.bold(head), *lines]) + "\n"


def runs_json(runs: Iterable[RunSummary]) -> list[Json]:
    """The same as data."""
    return [run_json(run) for run in runs]


def run_text(detail: RunDetail, style: Style) -> str:
    """One run and what it did about each step."""
    run = detail.run
    facts = [
        ("run", run.run_id),
        ("what", run.operation),
        ("command", run.command),
        ("status", run.status),
        ("started", run.started_at),
        ("finished", run.finished_at),
        ("done", _done(run)),
    ]
    lines = table([(name, safe_line(value)) for name, value in facts if value])
    if detail.steps:
        rows = [("STEP", "STATUS", "TOOK", "COMPUTE", "NOTE"), *map(_step_row, detail.steps)]
        head, *steps = table(rows)
        lines.extend(["", style.bold(head), *steps])
    return "\n".join(lines) + "\n"


def run_detail_json(detail: RunDetail) -> dict[str, Json]:
    """The same as data."""
    return {**run_json(detail.run), "steps": [_step_json(step) for step in detail.steps]}


def run_json(run: RunSummary) -> dict[str, Json]:
    """One run as data."""
    counts = run.summary
    return {
        "run_id": run.run_id,
        "operation": run.operation,
        "status": run.status,
        "started_at": run.started_at,
        "finished_at": run.finished_at or None,
        "duration_seconds": elapsed_s(run.started_at, run.finished_at),
        "command": run.command,
        "changes": {
            "add": counts.add,
            "change": counts.change,
            "remove": counts.remove,
            "import": counts.imported,
            "run": counts.run,
            "reuse": counts.reuse,
        },
        "failed": run.failed,
        "skipped": run.skipped,
    }


def elapsed_s(started_at: str, finished_at: str) -> float | None:
    """Seconds between two RFC 3339 times; None unless both can be read."""
    try:
        started, finished = map(datetime.fromisoformat, (started_at, finished_at))
        return (finished - started).total_seconds()
    except (ValueError, TypeError):
        # An empty or damaged time, or only one of the two with a zone.
        return None


def _run_row(run: RunSummary) -> tuple[str, ...]:
    took = elapsed_s(run.started_at, run.finished_at)
    return (
        safe_line(run.run_id),
        safe_line(run.operation),
        safe_line(run.status),
        _minute(run.started_at),
        "" if took is None else duration(took),
        _done(run),
    )


def _minute(at: str) -> str:
    return safe_line(at[:16].replace("T", " "))


def _done(run: RunSummary) -> str:
    counts = run.summary
    made = f"{counts.add} added, {counts.change} changed, {counts.remove} destroyed"
    steps = [f"{counts.run} run", f"{counts.reuse} reused"]
    steps.extend([f"{run.failed} failed"] if run.failed else [])
    steps.extend([f"{run.skipped} skipped"] if run.skipped else [])
    is_any_made = counts.add or counts.change or counts.remove
    return f"{made}; {', '.join(steps)}" if is_any_made else ", ".join(steps)


def _step_row(step: StepSummary) -> tuple[str, ...]:
    tried = f"{step.status} (attempt {step.attempt})" if step.attempt > 1 else step.status
    return (
        safe_line(str(step.address)),
        safe_line(tried),
        "" if step.duration_s is None else duration(step.duration_s),
        safe_line(step.compute),
        safe_line(step.note),
    )


def _step_json(step: StepSummary) -> dict[str, Json]:
    return {
        "address": str(step.address),
        "status": step.status,
        "started_at": step.started_at or None,
        "finished_at": step.finished_at or None,
        "duration_seconds": step.duration_s,
        "attempt": step.attempt,
        "compute": step.compute or None,
        "note": step.note,
        "log": step.log or None,
    }
