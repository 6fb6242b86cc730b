"""Where a plan and a run are shown: as text, as JSON lines, or both."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TextIO

from mlctl.apply.ports import rfc3339
from mlctl.cli.configuration import Asked, to_stderr
from mlctl.cli.errors import EXPECTED, diagnostics_of, exit_code_of
from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic, Severity
from mlctl.core.event import Envelope, OutputsSet, RunFinished
from mlctl.core.plan import Plan
from mlctl.core.state import State
from mlctl.views import diagnostics, plan_text
from mlctl.views.estimate import Estimate
from mlctl.views.json_messages import (
    diagnostic_message,
    refresh_completed,
    refresh_started,
    summary_message,
)
from mlctl.views.jsonl import JsonLines
from mlctl.views.live import LiveBoard
from mlctl.views.markdown import plan_markdown
from mlctl.views.messages import finished_sentence
from mlctl.views.output_values import outputs_text
from mlctl.views.progress import LiveProgress, PlainProgress, Progress
from mlctl.views.style import Style
from mlctl.views.summary import RunReport
from mlctl.views.text import safe
from mlctl.workflow import Planned


class Outlet(Protocol):
    """Someone who is told what a plan says and what a run does."""

    def refreshing(self, address: Address, done: bool) -> None:
        """An object is about to be looked at, or has been."""

    def notice(self, text: str) -> None:
        """Something people should know. May be called from another thread."""

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """Problems."""

    def plan(self, plan: Plan) -> None:
        """A plan was made."""

    def nothing_to_do(self, plan: Plan, state: State) -> None:
        """Nothing was applied, since the plan that was shown is empty."""

    def begin(self, planned: Planned) -> None:
        """A round begins: a plan is about to be carried out."""

    def event(self, envelope: Envelope) -> None:
        """Something happened."""

    def pause(self) -> None:
        """A round is over; another may follow."""

    def end(self, resume: str, *, whole: bool) -> None:
        """It has all ended; ``resume`` is the command that goes on.

        ``whole`` is false when something that had to follow the last round did not.
        """


@dataclass(slots=True)
class Text:
    """Text for people.

    Attributes:
        out: Dresses what goes to stdout; likewise ``err``.
        markdown: The plan is shown as Markdown.
    """

    out: Style
    err: Style
    markdown: bool = False
    _progress: Progress | None = None
    _report: RunReport | None = None

    def refreshing(self, address: Address, done: bool) -> None:
        """See ``Outlet``; a flood of these is no help to anybody."""

    def notice(self, text: str) -> None:
        """See ``Outlet``."""
        if self._progress is not None:
            self._progress.notice(text)
        else:
            to_stderr(text)

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """See ``Outlet``."""
        sys.stdout.flush()
        sys.stderr.write(diagnostics.render_all(found, self.err))
        sys.stderr.flush()

    def plan(self, plan: Plan) -> None:
        """See ``Outlet``."""
        say(plan_markdown(plan) if self.markdown else plan_text.render(plan, self.out))

    def nothing_to_do(self, plan: Plan, state: State) -> None:
        """See ``Outlet``."""
        del plan  # it has been shown, and says itself that nothing is to do
        if outputs := outputs_text(state.outputs):
            say(f"\nOutputs:\n\n{outputs}")

    def begin(self, planned: Planned) -> None:
        """See ``Outlet``."""
        self._report = _going_on(self._report, planned)
        say("\n")
        if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
            board = LiveBoard(Estimate.of(planned.plan), time.monotonic)
            self._progress = LiveProgress(sys.stdout, self.out, board)
        else:
            self._progress = PlainProgress(sys.stdout, self.out)

    def event(self, envelope: Envelope) -> None:
        """See ``Outlet``."""
        if self._report is not None:
            self._report.show(envelope)
        if self._progress is not None:
            self._progress.show(envelope)

    def pause(self) -> None:
        """See ``Outlet``."""
        if self._progress is not None:
            self._progress.close()
            self._progress = None

    def end(self, resume: str, *, whole: bool) -> None:
        """See ``Outlet``."""
        if self._report is not None:
            say(self._report.text(self.out, resume, whole=whole))


@dataclass(slots=True)
class Machine:
    """JSON lines for programs.

    Attributes:
        operation: ``apply``, ``destroy`` or ``run``; of summaries that no event tells.
    """

    lines: JsonLines
    operation: str = "apply"
    _report: RunReport | None = None
    _ended: Envelope | None = None
    _told_outputs: bool = False

    def refreshing(self, address: Address, done: bool) -> None:
        """See ``Outlet``."""
        self.lines.say(refresh_completed(address) if done else refresh_started(address))

    def notice(self, text: str) -> None:
        """See ``Outlet``."""
        found = Diagnostic(severity=Severity.WARNING, summary=text)
        self.lines.say(diagnostic_message(found))

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """See ``Outlet``."""
        self.lines.diagnostics(found)

    def plan(self, plan: Plan) -> None:
        """See ``Outlet``."""
        self.lines.plan(plan)

    def nothing_to_do(self, plan: Plan, state: State) -> None:
        """See ``Outlet``."""
        summary = plan.summary
        text = finished_sentence(summary, "succeeded", self.operation)
        self.lines.say(summary_message(summary, self.operation, text))
        self.lines.outputs(state.outputs)

    def begin(self, planned: Planned) -> None:
        """See ``Outlet``."""
        self._report = _going_on(self._report, planned)

    def event(self, envelope: Envelope) -> None:
        """See ``Outlet``."""
        if self._report is not None:
            self._report.show(envelope)
        if isinstance(envelope.event, RunFinished):
            self._ended = envelope  # told once all rounds are over
            return
        self._told_outputs |= isinstance(envelope.event, OutputsSet)
        self.lines.show(envelope)

    def pause(self) -> None:
        """See ``Outlet``; nothing is drawn here."""

    def end(self, resume: str, *, whole: bool) -> None:
        """See ``Outlet``."""
        del resume  # a program knows what it called
        if self._report is None or self._ended is None:
            return
        finished = self._report.finished(whole=whole)
        assert finished is not None
        if finished.status == "succeeded" and self._report.outputs and not self._told_outputs:
            self.lines.outputs(self._report.outputs)
        self.lines.show(replace(self._ended, event=finished))
        self.lines.diagnostics(self._report.failures())


@dataclass(frozen=True, slots=True)
class Several:
    """All of these, each told everything."""

    outlets: Sequence[Outlet]

    def refreshing(self, address: Address, done: bool) -> None:
        """See ``Outlet``."""
        for outlet in self.outlets:
            outlet.refreshing(address, done)

    def notice(self, text: str) -> None:
        """See ``Outlet``."""
        for outlet in self.outlets:
            outlet.notice(text)

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """See ``Outlet``."""
        told = list(found)
        for outlet in self.outlets:
            outlet.diagnostics(told)

    def plan(self, plan: Plan) -> None:
        """See ``Outlet``."""
        for outlet in self.outlets:
            outlet.plan(plan)

    def nothing_to_do(self, plan: Plan, state: State) -> None:
        """See ``Outlet``."""
        for outlet in self.outlets:
            outlet.nothing_to_do(plan, state)

    def begin(self, planned: Planned) -> None:
        """See ``Outlet``."""
        for outlet in self.outlets:
            outlet.begin(planned)

    def event(self, envelope: Envelope) -> None:
        """See ``Outlet``."""
        for outlet in self.outlets:
            outlet.event(envelope)

    def pause(self) -> None:
        """See ``Outlet``."""
        for outlet in self.outlets:
            outlet.pause()

    def end(self, resume: str, *, whole: bool) -> None:
        """See ``Outlet``."""
        for outlet in self.outlets:
            outlet.end(resume, whole=whole)


def _going_on(report: RunReport | None, planned: Planned) -> RunReport:
    """The report of all rounds, told of the next."""
    if report is None:
        # From where people stand: --chdir has changed the folder for the whole program.
        shown = Path(os.path.relpath(planned.session.data_dir))
        report = RunReport(planned.state.outputs, shown)
    report.begin(planned.plan)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How people asked to be told.

    Attributes:
        as_json: JSON lines on stdout instead of text.
        json_into: The same lines into this file, beside what stdout gets.
        markdown: The plan as Markdown.
    """

    as_json: bool = False
    json_into: Path | None = None
    markdown: bool = False


@contextmanager
def outlet_for(asked: Asked, form: Form, operation: str = "apply") -> Iterator[Outlet]:
    """The outlet for a command; expected errors inside are told there and end the command."""
    with _file(form.json_into) as file:
        streams: list[TextIO] = [sys.stdout] if form.as_json else []
        streams.extend([file] if file is not None else [])
        machines = [Machine(JsonLines(stream, _now), operation) for stream in streams]
        for machine in machines:
            machine.lines.version()
        people = [] if form.as_json else [Text(asked.out, asked.err, form.markdown)]
        outlet = Several([*people, *machines])
        try:
            yield outlet
        except BrokenPipeError:
            raise
        except EXPECTED as error:
            outlet.diagnostics(diagnostics_of(error))
            raise SystemExit(exit_code_of(error)) from error


@contextmanager
def _file(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8") as file:
        yield file


def say(text: str) -> None:
    """Print text on stdout at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def ask(question: str) -> str:
    """One line of an answer; empty when there is none."""
    say(safe(question))
    return sys.stdin.readline().rstrip("\n")


def _now() -> str:
    return rfc3339(time.time())
