"""Events as lines of ``apply --json``."""

from __future__ import annotations

from typing import assert_never

from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic, Severity
from mlctl.core.digest import Json
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
from mlctl.core.plan import Action
from mlctl.core.state import ResourceRecord
from mlctl.views.json_messages import (
    Message,
    diagnostic_message,
    message,
    object_id,
    outputs_message,
    summary_message,
)
from mlctl.views.messages import event_sentence, finished_sentence
from mlctl.views.sealed import bare
from mlctl.views.state_json import step_json
from mlctl.views.text import safe


def event_message(event: Event, operation: str = "apply") -> Message | None:
    """The line of one event; None for the start of a run, which every line's ``run_id`` tells.

    Args:
        event: What happened.
        operation: What the run is for, as its ``RunStarted`` says.
    """
    match event:
        case (
            ResourceStarted()
            | ResourceIdentified()
            | ResourceProgress()
            | ResourceCompleted()
            | ResourceFailed()
        ):
            return _resource(event)
        case StepStarted() | StepLog() | StepProgress() | StepRetrying():
            return _step_going_on(event)
        case StepSucceeded() | StepReused() | StepFailed() | StepInterrupted() | StepForgotten():
            return _step_ended(event)
        case Skipped():
            return _skipped(event)
        case _:
            return _run(event, operation)


def _resource(
    event: ResourceStarted
    | ResourceIdentified
    | ResourceProgress
    | ResourceCompleted
    | ResourceFailed,
) -> Message:
    match event:
        case ResourceStarted(address, action, record):
            return _about(event, "apply_start", address, _hook(action, record))
        case ResourceIdentified(address, record):
            return _about(event, "apply_progress", address, _hook(Action.CREATE, record))
        case ResourceProgress(address, action, elapsed_s, note):
            more: Message = {"elapsed_seconds": elapsed_s, "note": safe(note)}
            return _about(event, "apply_progress", address, {**_hook(action), **more})
        case ResourceCompleted(address, action, record, elapsed_s):
            hook = {**_hook(action, record), "elapsed_seconds": elapsed_s}
            return _about(event, "apply_complete", address, hook)
        case ResourceFailed(address, action, error, elapsed_s):
            failed: Message = {"elapsed_seconds": elapsed_s, "error": safe(error)}
            return _about(event, "apply_errored", address, {**_hook(action), **failed}, "error")
        case _:
            assert_never(event)


def _step_going_on(event: StepStarted | StepLog | StepProgress | StepRetrying) -> Message:
    match event:
        case StepStarted():
            hook: Message = {
                "action": Action.RUN.value,
                "fingerprint": event.fingerprint,
                "compute": event.compute,
                "attempt": event.attempt,
                "attached": event.attached,
            }
            return _about(event, "step_start", event.address, hook)
        case StepLog(address, text):
            return message("step_log", safe(text), {"address": str(address), "text": safe(text)})
        case StepProgress(address, elapsed_s, note):
            going: Message = {"elapsed_seconds": elapsed_s, "note": safe(note)}
            return _about(event, "step_progress", address, going)
        case StepRetrying():
            retrying: Message = {
                "attempt": event.attempt,
                "error": safe(event.error),
                "delay_seconds": event.delay_s,
            }
            return _about(event, "step_progress", event.address, retrying, "warn")
        case _:
            assert_never(event)


def _step_ended(
    event: StepSucceeded | StepReused | StepFailed | StepInterrupted | StepForgotten,
) -> Message:
    match event:
        case StepSucceeded(address, record, elapsed_s, published):
            more: Message = {"elapsed_seconds": elapsed_s, "published": published}
            return _about(event, "step_complete", address, {**step_json(record), **more})
        case StepReused(address, record, early_cutoff):
            reused: Message = {"reused_from": record.run_id, "early_cutoff": early_cutoff}
            return _about(event, "step_reused", address, {**step_json(record), **reused})
        case StepFailed():
            failed: Message = {
                "elapsed_seconds": event.elapsed_s,
                "error": safe(event.error),
                "exit_code": event.exit_code,
                "log": event.log,
                "tail": [safe(line) for line in event.tail],
            }
            return _about(event, "step_errored", event.address, failed, "error")
        case StepInterrupted(address, detached, asked):
            stopped: Message = {"error": "interrupted", "detached": detached, "asked": asked}
            kind = "step_progress" if detached else "step_errored"
            return _about(event, kind, address, stopped, "warn")
        case StepForgotten(address):
            return _about(event, "apply_complete", address, _hook(Action.FORGET))
        case _:
            assert_never(event)


def _skipped(event: Skipped) -> Message:
    if event.address.kind == "step":
        hook: Message = {"action": event.action.value, "because": safe(event.because)}
        return _about(event, "step_skipped", event.address, hook, "warn")
    # There is no line type for an object that was skipped; a warning about it is one.
    return diagnostic_message(
        Diagnostic(
            severity=Severity.WARNING,
            summary="Skipped",
            detail=event_sentence(event),
            address=str(event.address),
        )
    )


def _run(
    event: RunStarted | OutputsSet | OutputPublished | Notice | RunFinished, operation: str
) -> Message | None:
    match event:
        case RunStarted():
            return None
        case OutputsSet(outputs):
            return outputs_message(outputs)
        case OutputPublished(address, path):
            hook: Message = {"action": "publish", "path": path}
            return _about(event, "apply_progress", address, hook)
        case Notice(text):
            return diagnostic_message(Diagnostic(severity=Severity.WARNING, summary=text))
        case RunFinished(status=status, summary=summary):
            more: Message = {"status": status, "failed": event.failed, "skipped": event.skipped}
            text = finished_sentence(summary, status, operation)
            return summary_message(summary, operation, text, more)
        case _:
            assert_never(event)


def _about(
    event: Event, kind: str, address: Address, hook: Message, level: str = "info"
) -> Message:
    hooked: dict[str, Json] = {"address": str(address), "hook": hook}
    return message(kind, event_sentence(event), hooked, level)


def _hook(action: Action, record: ResourceRecord | None = None) -> Message:
    hook: Message = {"action": action.value}
    if record is not None:
        hook.update(object_id(_shown(record)))
    return hook


def _shown(record: ResourceRecord) -> dict[str, Json]:
    return {name: bare(value) for name, value in record.attributes.items()}
