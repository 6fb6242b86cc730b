"""The sentence for every event, the same for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from mlctl.core.event import (
    Event,
    Notice,
    OutputPublished,
    OutputsSet,
    ResourceCompleted,
    ResourceFailed,
    ResourceIdentified,
    ResourceProgress,
    ResourceStarted,
    RunFinished,
    RunStarted,
    Skipped,
    StepFailed,
    StepForgotten,
    StepInterrupted,
    StepLog,
    StepProgress,
    StepRetrying,
    StepReused,
    StepStarted,
    StepSucceeded,
)
from mlctl.core.plan import Action, Drift, ResourceChange, StepChange, Summary
from mlctl.core.state import ResourceRecord
from mlctl.views.sealed import is_sealed_text
from mlctl.views.text import duration, plural, safe, safe_line

_DOING = {
    Action.CREATE: "Creating",
    Action.READ: "Reading",
    Action.UPDATE: "Modifying",
    Action.REPLACE: "Replacing",
    Action.DELETE: "Destroying",
    Action.FORGET: "Forgetting",
}
_DONE = {
    Action.CREATE: "Creation complete",
    Action.READ: "Read complete",
    Action.UPDATE: "Modifications complete",
    Action.REPLACE: "Replacement complete",
    Action.DELETE: "Destruction complete",
    Action.FORGET: "Forgotten",
}
_FAILED = {
    Action.CREATE: "Creation failed",
    Action.READ: "Read failed",
    Action.UPDATE: "Modification failed",
    Action.REPLACE: "Replacement failed",
    Action.DELETE: "Destruction failed",
    Action.FORGET: "Could not be forgotten",
}
_PLANNED = {
    Action.CREATE: "Plan to create",
    Action.READ: "Plan to read",
    Action.UPDATE: "Plan to update",
    Action.REPLACE: "Plan to replace",
    Action.DELETE: "Plan to delete",
    Action.FORGET: "Plan to forget",
    Action.RUN: "Plan to run",
    Action.REUSE: "Plan to reuse",
    Action.NO_OP: "Up to date",
}


def event_sentence(event: Event) -> str:
    """What one event says.

    One line, except the lines of a step's own log, and causes that have several: theirs are
    indented, so that none can be taken for another event's.
    """
    if isinstance(event, StepLog):
        return safe(event.text)
    return "\n    ".join(map(safe_line, _sentence(event).rstrip("\n").split("\n")))


def _sentence(event: Event) -> str:
    match event:
        case (
            ResourceStarted()
            | ResourceIdentified()
            | ResourceProgress()
            | ResourceCompleted()
            | ResourceFailed()
        ):
            return f"{event.address}: {_resource(event)}"
        case (
            StepStarted()
            | StepLog()
            | StepProgress()
            | StepSucceeded()
            | StepReused()
            | StepRetrying()
            | StepFailed()
            | StepInterrupted()
            | StepForgotten()
        ):
            return f"{event.address}: {_step(event)}"
        case Skipped(address, _, because):
            return f"{address}: Skipped: {because}"
        case _:
            return _run(event)


def _resource(
    event: ResourceStarted
    | ResourceIdentified
    | ResourceProgress
    | ResourceCompleted
    | ResourceFailed,
) -> str:
    match event:
        case ResourceStarted(_, action, record):
            return f"{_doing(action)}...{_identity(record)}"
        case ResourceIdentified(_, record):
            return f"Exists, waiting until it is ready...{_identity(record)}"
        case ResourceProgress(_, action, elapsed_s, note):
            tail = f", {note}" if note else ""
            return f"Still {_doing(action).lower()}... [{duration(elapsed_s)} elapsed{tail}]"
        case ResourceCompleted(_, action, record, elapsed_s):
            done = _DONE.get(action, "Done")
            return f"{done} after {duration(elapsed_s)}{_identity(record)}"
        case ResourceFailed(_, action, error, elapsed_s):
            return f"{_FAILED.get(action, 'Failed')} after {duration(elapsed_s)}: {error}"
        case _:
            assert_never(event)


def _step(  # noqa: C901, PLR0911 - one case an event type
    event: StepStarted
    | StepLog
    | StepProgress
    | StepSucceeded
    | StepReused
    | StepRetrying
    | StepFailed
    | StepInterrupted
    | StepForgotten,
) -> str:
    match event:
        case StepStarted(compute=compute, attempt=attempt, attached=attached):
            again = f", attempt {attempt}" if attempt > 1 else ""
            verb = "Taken up again" if attached else "Running"
            return f"{verb} on {compute}{again}..."
        case StepLog(text=text):
            return text
        case StepProgress(elapsed_s=elapsed_s, note=note):
            tail = f", {note}" if note else ""
            return f"Still at work... [{duration(elapsed_s)} elapsed{tail}]"
        case StepSucceeded(elapsed_s=elapsed_s, note=note):
            tail = f" ({note})" if note else ""
            return f"Ran in {duration(elapsed_s)}{tail}."
        case StepReused(record=record, early_cutoff=early_cutoff):
            why = ", since its inputs turned out the same" if early_cutoff else ""
            return f"Reused from run {record.run_id}{why}."
        case StepRetrying(attempt=attempt, error=error, delay_s=delay_s):
            return f"Attempt {attempt} failed, the next follows in {duration(delay_s)}: {error}"
        case StepFailed(error=error, elapsed_s=elapsed_s):
            return f"Failed after {duration(elapsed_s)}: {error}"
        case StepInterrupted(detached=True, asked=True):
            return "Asked to stop, and left to it."
        case StepInterrupted(detached=detached):
            return "Left running." if detached else "Stopped before it was done."
        case StepForgotten():
            return "Forgotten: it is not declared any more."
        case _:
            assert_never(event)


def _run(event: RunStarted | OutputsSet | OutputPublished | Notice | RunFinished) -> str:
    match event:
        case RunStarted(run_id=run_id, operation=operation, total=total):
            return f"Run {run_id} ({operation}) begins: {plural(total, 'object')} to work on."
        case OutputsSet(outputs):
            return f"Outputs: {len(outputs)}"
        case OutputPublished(address, path):
            return f"{address}: Now at {path}"
        case Notice(text):
            return text
        case RunFinished(status=status, summary=summary):
            return finished_sentence(summary, status)
        case _:
            assert_never(event)


def plan_sentence(summary: Summary) -> str:
    """The counts: ``Plan: 3 to add, 1 to change, 0 to destroy; 2 steps to run, 5 reused.``."""
    imported = f"{summary.imported} to import, " if summary.imported else ""
    made = f"{summary.add} to add, {summary.change} to change, {summary.remove} to destroy"
    if not summary.run and not summary.reuse:
        return f"Plan: {imported}{made}."
    steps = f"{plural(summary.run, 'step')} to run, {summary.reuse} reused"
    return f"Plan: {imported}{made}; {steps}."


def finished_sentence(summary: Summary, status: str, operation: str = "apply") -> str:
    """``Apply complete! Resources: 3 added, 1 changed, 0 destroyed. Steps: 2 run, 5 reused.``."""
    word = {"destroy": "Destroy", "run": "Run"}.get(operation, "Apply")
    ending = {"succeeded": "complete!", "failed": "failed.", "interrupted": "interrupted."}
    return f"{word} {ending.get(status, status + '.')} {_counts(summary, operation)}"


def _counts(summary: Summary, operation: str) -> str:
    if operation == "destroy":
        return f"Resources: {summary.remove} destroyed."
    imported = f"{summary.imported} imported, " if summary.imported else ""
    made = f"{summary.add} added, {summary.change} changed, {summary.remove} destroyed"
    return f"Resources: {imported}{made}. Steps: {summary.run} run, {summary.reuse} reused."


def planned_sentence(change: ResourceChange | StepChange) -> str:
    """``compute.gpu: Plan to create``."""
    return safe_line(f"{change.address}: {_PLANNED[change.action]}")


def drift_sentence(drift: Drift) -> str:
    """``compute.gpu: Drift detected (update)``."""
    return safe_line(f"{drift.address}: Drift detected ({drift_action(drift)})")


def drift_action(drift: Drift) -> Action:
    """What happened to an object outside of mlctl, as an action."""
    return Action.DELETE if drift.after is None else Action.UPDATE


def _doing(action: Action) -> str:
    return _DOING.get(action, "Working")


def _identity(record: ResourceRecord | None) -> str:
    found = None if record is None else identity(record.attributes)
    return f" [id={found}]" if found else ""


def identity(attributes: Mapping[str, object]) -> str | None:
    """The ``id`` of an object, where it has one that may be shown."""
    found = attributes.get("id")
    return found if isinstance(found, str) and not is_sealed_text(found) else None
