"""How an apply ended: the counts, what failed and why, what was skipped, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping

from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.event import (
    Envelope,
    Event,
    OutputsSet,
    ResourceCompleted,
    ResourceFailed,
    RunFinished,
    RunStarted,
    Skipped,
    StepFailed,
    StepInterrupted,
    StepReused,
    StepSucceeded,
)
from mlctl.core.state import OutputValue
from mlctl.views.messages import finished_sentence
from mlctl.views.output_values import outputs_text
from mlctl.views.style import Style
from mlctl.views.text import clip, duration, pad, plural, safe, safe_line

MAX_ROWS = 20
"""Rows of one kind in the table; the rest is counted. Failures are never left out."""

TAIL_LINES = 20
"""Lines of a failed step's log that are shown."""


class RunReport:
    """Watches a run and says at its end how it went."""

    def __init__(self) -> None:
        self._started: RunStarted | None = None
        self._finished: RunFinished | None = None
        self._done: dict[Address, str] = {}
        self._failed: dict[Address, StepFailed | ResourceFailed] = {}
        self._stopped: dict[Address, str] = {}
        self._skipped: dict[Address, str] = {}
        self._outputs: Mapping[str, OutputValue] = {}

    def show(self, envelope: Envelope) -> None:
        """Take note of one event."""
        event = envelope.event
        match event:
            case RunStarted():
                self._started = event
            case RunFinished():
                self._finished = event
            case OutputsSet(outputs):
                self._outputs = outputs
            case _:
                self._note(event)

    def _note(self, event: Event) -> None:
        match event:
            case ResourceCompleted(address, elapsed_s=elapsed_s):
                self._done[address] = duration(elapsed_s)
            case StepSucceeded(address, elapsed_s=elapsed_s):
                self._done[address] = f"ran in {duration(elapsed_s)}"
            case StepReused(address, record):
                self._done[address] = f"reused from run {record.run_id}"
            case StepFailed(address) | ResourceFailed(address):
                self._failed[address] = event
            case StepInterrupted(address, detached):
                self._stopped[address] = "left running" if detached else "stopped"
            case Skipped(address, _, because):
                self._skipped[address] = because
            case _:
                pass

    def failures(self) -> list[Diagnostic]:
        """What failed, as diagnostics: one each, with the object it is about."""
        return [
            Diagnostic(
                summary="The step failed" if isinstance(e, StepFailed) else "The object failed",
                detail=e.error,
                address=str(address),
            )
            for address, e in self._failed.items()
        ]

    def text(self, style: Style, resume: str = "mlctl apply") -> str:
        """The end of an apply's output; empty when no run ended.

        Args:
            style: Dresses the text.
            resume: The command that goes on where this run stopped.
        """
        if self._finished is None:
            return ""
        if self._finished.status == "succeeded":
            return self._success(self._finished, style)
        return self._failure(self._finished, style, resume)

    def _headline(self, finished: RunFinished) -> str:
        operation = "apply" if self._started is None else self._started.operation
        return finished_sentence(finished.summary, finished.status, operation)

    def _success(self, finished: RunFinished, style: Style) -> str:
        text = f"\n{style.bold(style.green(self._headline(finished)))}\n"
        outputs = outputs_text(self._outputs)
        return f"{text}\nOutputs:\n\n{outputs}" if outputs else text

    def _failure(self, finished: RunFinished, style: Style, resume: str) -> str:
        blocks = ["\n".join(self._table(style))]
        blocks.extend(_tail(e, style) for e in self._failed.values() if isinstance(e, StepFailed))
        blocks.append(style.bold(style.red(self._headline(finished))))
        blocks.append(f"To go on from here, run:\n    {resume}")
        return "\n" + "\n\n".join(block for block in blocks if block) + "\n"

    def _table(self, style: Style) -> list[str]:
        rows: list[tuple[str, str, str]] = []
        rows.extend(_bounded("done", self._done))
        rows.extend(("failed", str(a), e.error) for a, e in self._failed.items())
        rows.extend(("stopped", str(a), how) for a, how in self._stopped.items())
        rows.extend(_bounded("skipped", self._skipped))
        column = max((len(name) for _, name, _ in rows), default=0)
        return [_row(row, column, style) for row in rows]


def _bounded(word: str, entries: Mapping[Address, str]) -> list[tuple[str, str, str]]:
    rows = [(word, str(address), note) for address, note in list(entries.items())[:MAX_ROWS]]
    if len(entries) > MAX_ROWS:
        rows.append((word, f"and {plural(len(entries) - MAX_ROWS, 'other')}", ""))
    return rows


def _row(row: tuple[str, str, str], column: int, style: Style) -> str:
    word, name, note = row
    paint = {"done": style.green, "failed": style.red}.get(word, style.yellow)
    head = f"  {paint(pad(word, 7))}  "
    room = max(style.width - column - 13, 20)
    text = note if word == "failed" else clip(note, room)
    return f"{head}{pad(safe_line(name), column)}  {safe_line(text)}".rstrip()


def _tail(failed: StepFailed, style: Style) -> str:
    if not failed.tail:
        return ""
    log = f" (all of it: {safe_line(failed.log)})" if failed.log else ""
    head = style.bold(f"The last lines of {failed.address}{log}:")
    return "\n".join([head, *(f"    {safe(line)}" for line in failed.tail[-TAIL_LINES:])])
