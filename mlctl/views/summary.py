"""How an apply ended: the counts, what failed and why, what was skipped, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import PurePath

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
from mlctl.core.plan import Action, Plan, Summary
from mlctl.core.state import OutputValue
from mlctl.views.messages import finished_sentence
from mlctl.views.output_values import outputs_text
from mlctl.views.style import Style
from mlctl.views.text import cell_width, duration, pad, plural, safe, safe_line, wrap

MAX_ROWS = 20
"""Rows of one kind in the table; the rest is counted. Failures are never left out."""

TAIL_LINES = 20
"""Lines of a failed step's log that are shown."""

_HERE = PurePath()
_NARROWEST = 40
"""Columns beside a name that are still worth wrapping prose to; else it goes below the name."""


class RunReport:
    """Watches the rounds of an apply and says at its end how it went.

    Attributes:
        outputs: Of the root: as recorded before, until the run sets them.
    """

    def __init__(
        self,
        outputs: Mapping[str, OutputValue] | None = None,
        data_dir: PurePath = _HERE,
    ) -> None:
        """Begin to watch.

        Args:
            outputs: Of the root, as they are recorded.
            data_dir: mlctl's own folder, as it is shown in paths.
        """
        self.outputs: Mapping[str, OutputValue] = outputs or {}
        self._data_dir = data_dir
        self._started: RunStarted | None = None
        self._finished: list[RunFinished] = []
        self._counted: set[Address] = set()
        self._twice = 0
        self._done: dict[Address, str] = {}
        self._failed: dict[Address, StepFailed | ResourceFailed] = {}
        self._stopped: dict[Address, str] = {}
        self._skipped: dict[Address, str] = {}

    def begin(self, plan: Plan) -> None:
        """Another round: what an earlier one ran is up to date in it, and counts once."""
        self._twice += sum(
            row.action is Action.NO_OP and row.address in self._counted for row in plan.steps
        )
        self._counted.update(row.address for row in plan.steps)

    def show(self, envelope: Envelope) -> None:
        """Take note of one event."""
        event = envelope.event
        match event:
            case RunStarted():
                self._started = event
            case RunFinished():
                self._finished.append(event)
            case OutputsSet(outputs):
                self.outputs = outputs
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
            case StepInterrupted(address, detached, asked):
                left = "asked to stop" if asked else "left running"
                self._stopped[address] = left if detached else "stopped"
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

    def finished(self, *, whole: bool = True) -> RunFinished | None:
        """How all the rounds together ended; None when none did.

        Args:
            whole: Every round that had to follow did; else the last one's success is not all.
        """
        if not self._finished:
            return None
        last = self._finished[-1]
        counts = _sum([one.summary for one in self._finished])
        return replace(
            last,
            status="failed" if last.status == "succeeded" and not whole else last.status,
            summary=replace(counts, reuse=max(0, counts.reuse - self._twice)),
            failed=sum(one.failed for one in self._finished),
            skipped=sum(one.skipped for one in self._finished),
        )

    def text(self, style: Style, resume: str = "mlctl apply", *, whole: bool = True) -> str:
        """The end of an apply's output; empty when no run ended.

        Args:
            style: Dresses the text.
            resume: The command that goes on where this run stopped.
            whole: As for ``finished``.
        """
        finished = self.finished(whole=whole)
        if finished is None:
            return ""
        if finished.status == "succeeded":
            return self._success(finished, style)
        return self._failure(finished, style, resume)

    def _headline(self, finished: RunFinished) -> str:
        operation = "apply" if self._started is None else self._started.operation
        return finished_sentence(finished.summary, finished.status, operation)

    def _success(self, finished: RunFinished, style: Style) -> str:
        text = f"\n{style.bold(style.green(self._headline(finished)))}\n"
        outputs = outputs_text(self.outputs)
        return f"{text}\nOutputs:\n\n{outputs}" if outputs else text

    def _failure(self, finished: RunFinished, style: Style, resume: str) -> str:
        blocks = ["\n".join(self._table(style))]
        failed = [e for e in self._failed.values() if isinstance(e, StepFailed)]
        blocks.extend(_tail(e, self._data_dir, style) for e in failed)
        blocks.append(style.bold(style.red(self._headline(finished))))
        blocks.append(f"To go on from here, run:\n    {resume}")
        return "\n" + "\n\n".join(block for block in blocks if block) + "\n"

    def _table(self, style: Style) -> list[str]:
        rows: list[tuple[str, str, str]] = []
        rows.extend(_bounded("done", self._done))
        rows.extend(("failed", str(a), e.error) for a, e in self._failed.items())
        rows.extend(("stopped", str(a), how) for a, how in self._stopped.items())
        rows.extend(_bounded("skipped", self._skipped))
        column = max((cell_width(safe_line(name)) for _, name, _ in rows), default=0)
        return [_row(row, column, style) for row in rows]


def _sum(summaries: list[Summary]) -> Summary:
    names = [one.name for one in fields(Summary)]
    return Summary(**{name: sum(getattr(one, name) for one in summaries) for name in names})


def _bounded(word: str, entries: Mapping[Address, str]) -> list[tuple[str, str, str]]:
    rows = [(word, str(address), note) for address, note in list(entries.items())[:MAX_ROWS]]
    if len(entries) > MAX_ROWS:
        rows.append((word, f"and {plural(len(entries) - MAX_ROWS, 'other')}", ""))
    return rows


def _row(row: tuple[str, str, str], column: int, style: Style) -> str:
    word, name, note = row
    paint = {"done": style.green, "failed": style.red}.get(word, style.yellow)
    head = f"  {paint(pad(word, 7))}  "
    beside = f"{head}{pad(safe_line(name), column)}"
    room = style.width - column - 13
    if cell_width(note) <= room and "\n" not in note:
        return f"{beside}  {safe_line(note)}".rstrip()
    # A cause is the one thing that must not be cut. A line that begins with blanks is kept as is.
    indent = " " * (column + 13 if room >= _NARROWEST else 11)
    lines = wrap(safe(note).replace("\t", " "), style.width, indent).lstrip()
    return f"{beside}  {lines}" if room >= _NARROWEST else f"{beside.rstrip()}\n{indent}{lines}"


def _tail(failed: StepFailed, data_dir: PurePath, style: Style) -> str:
    if not failed.tail:
        return ""
    log = f" (all of it: {safe_line(str(data_dir / failed.log))})" if failed.log else ""
    head = style.bold(f"The last lines of {failed.address}{log}:")
    return "\n".join([head, *(f"    {safe(line)}" for line in failed.tail[-TAIL_LINES:])])
