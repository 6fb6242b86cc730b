"""Carrying plans out: agree, do, show, and go on until nothing is left to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from mlctl import applying, plan_files, workflow
from mlctl.apply.ports import Options as ApplyOptions
from mlctl.apply.stop import StopSignal
from mlctl.cli.configuration import Asked, opened
from mlctl.cli.errors import FAILED, INTERRUPTED, Refused
from mlctl.cli.interrupts import interruptible
from mlctl.cli.outlet import Form, Outlet, ask, outlet_for, say
from mlctl.cli.plan import made
from mlctl.cli.planning import does_something, watched
from mlctl.cli.streams import mute_stdout
from mlctl.core.event import Envelope, RunFinished
from mlctl.core.plan import PlanMode
from mlctl.outside.session import Session
from mlctl.state.lock import Lease
from mlctl.workflow import Planned, PlanRequest

T = TypeVar("T")

FEWEST = 4
"""Objects worked on at the same time, at least: much of the work is waiting."""

MakeRequest = Callable[[Session], PlanRequest]
"""What to plan, as far as only the configuration can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a plan is to be carried out.

    Attributes:
        operation: ``apply``, ``destroy`` or ``run``.
        auto_approve: Nobody is asked.
        detach: Ctrl-C leaves alone what runs.
    """

    operation: str = "apply"
    auto_approve: bool = False
    parallelism: int | None = None
    detach: bool = False

    def for_operation(self, operation: str) -> Manner:
        """The same for another operation."""
        return replace(self, operation=operation)


def apply_new(asked: Asked, form: Form, manner: Manner, make_request: MakeRequest) -> int:
    """Make a plan and carry it out.

    Returns:
        The exit code.
    """
    _refuse_unasked(asked, form, manner)
    with (
        outlet_for(asked, form, manner.operation) as outlet,
        opened(asked, outlet.notice) as session,
        applying.locked(session) as (lease, notices),
    ):
        _notice_all(outlet, notices)
        request = make_request(session)
        planned = made(workflow.plan(session, watched(request, outlet)), outlet)
        return _Applying(session, lease, outlet, manner).agree_and_do(planned, request)


def apply_saved(asked: Asked, form: Form, manner: Manner, path: Path) -> int:
    """Carry out a saved plan, which nobody is asked about any more.

    Returns:
        The exit code.
    """
    with outlet_for(asked, form, manner.operation) as outlet, ExitStack() as stack:
        session, planned = plan_files.load_plan(path, asked.invocation(outlet.notice))
        stack.callback(session.close)
        lease, notices = stack.enter_context(applying.locked(session))
        _notice_all(outlet, notices)
        made(planned, outlet)
        destroys = planned.options.mode is PlanMode.DESTROY
        how = replace(manner, operation="destroy" if destroys else manner.operation)
        request = PlanRequest(options=planned.options)
        return _Applying(session, lease, outlet, how, resume="mlctl apply").do(planned, request)


def cores() -> int:
    """How many objects are worked on at the same time unless told otherwise."""
    return max(FEWEST, os.cpu_count() or 1)


def can_agree(asked: Asked, form: Form, manner: Manner) -> bool:
    """True when somebody can be asked to agree to a plan, or has already."""
    return manner.auto_approve or (asked.asks and sys.stdin.isatty() and not form.as_json)


def _refuse_unasked(asked: Asked, form: Form, manner: Manner) -> None:
    """Before anything else: a long plan that nobody can agree to helps nobody.

    Raises:
        Refused: Somebody would have to agree, and nobody can be asked.
    """
    if can_agree(asked, form, manner):
        return
    why = (
        "--json leaves no room for a question"
        if form.as_json
        else "stdin is not a terminal"
        if asked.asks
        else "--input=false forbids the question"
    )
    raise Refused(
        f"Nobody can be asked to agree: {why}",
        f"Add --auto-approve to {manner.operation} without a question, or look at a plan first: "
        "mlctl plan --out FILE, then mlctl apply FILE.",
    )


def _notice_all(outlet: Outlet, notices: tuple[str, ...]) -> None:
    for notice in notices:
        outlet.notice(notice)


@dataclass(frozen=True, slots=True)
class _Applying:
    """One command's applying, perhaps in several rounds, under one lock."""

    session: Session
    lease: Lease | None
    outlet: Outlet
    manner: Manner
    resume: str = ""

    def agree_and_do(self, planned: Planned, request: PlanRequest) -> int:
        """Show the plan, have it agreed to, and carry it out."""
        self.outlet.plan(planned.plan)
        if not does_something(planned.plan) and not planned.plan.deferred:
            return self._nothing_to_do(planned)
        if not self.manner.auto_approve and not _agreed(self.manner.operation):
            say(f"\n{self.manner.operation.capitalize()} cancelled.\n")
            return FAILED
        return self.do(planned, request)

    def do(self, planned: Planned, request: PlanRequest) -> int:
        """Carry the plan out, and what is known only once it is done; then say how it all went."""
        whole = False
        try:
            code = self._rounds(planned, request)
            whole = True
        finally:
            resume = self.resume or self.session.invocation.command
            _even_unwatched(lambda told: self.outlet.end(told, whole=whole), resume)
        return code

    def _rounds(self, planned: Planned, request: PlanRequest) -> int:
        code = self._round(planned)
        while code == 0 and planned.plan.deferred:
            request = _next_round(request, planned)
            planned = made(workflow.plan(self.session, watched(request, self.outlet)), self.outlet)
            if not does_something(planned.plan):
                break
            self.outlet.notice("Going on with what was known only after this round.")
            self.outlet.plan(planned.plan)
            code = self._round(planned)
        return code

    def _nothing_to_do(self, planned: Planned) -> int:
        if planned.plan.republish:
            ended = None
            for envelope in self._events(planned, StopSignal()):
                ended = _finished(envelope) or ended
            if ended is None or ended.status != "succeeded":
                raise Refused("Copies under .mlctl/outputs could not be written again")
        self.outlet.nothing_to_do(planned.plan, planned.state)
        return 0

    def _round(self, planned: Planned) -> int:
        stop, ended = StopSignal(), None
        self.outlet.begin(planned)
        try:
            with interruptible(stop, self.outlet.notice, detach=self.manner.detach):
                for envelope in self._events(planned, stop):
                    ended = _finished(envelope) or ended
                    _even_unwatched(self.outlet.event, envelope)
        finally:
            _even_unwatched(lambda _: self.outlet.pause(), None)
        return _code(ended)

    def _events(self, planned: Planned, stop: StopSignal) -> Iterator[Envelope]:
        options = ApplyOptions(
            operation=self.manner.operation,
            command=self.session.invocation.command,
            parallelism=self.manner.parallelism or cores(),
        )
        return applying.apply(self.session, planned, self.lease, stop, options)


def _even_unwatched(tell: Callable[[T], None], what: T) -> None:
    """Tell something; when whoever watched has gone, the work goes on all the same."""
    try:
        tell(what)
    except BrokenPipeError:
        mute_stdout()


def _finished(envelope: Envelope) -> RunFinished | None:
    return envelope.event if isinstance(envelope.event, RunFinished) else None


def _code(ended: RunFinished | None) -> int:
    if ended is not None and ended.status == "succeeded":
        return 0
    return INTERRUPTED if ended is not None and ended.status == "interrupted" else FAILED


def _agreed(operation: str) -> bool:
    text = {
        "destroy": "Do you really want to remove all of this?\n"
        "  mlctl will remove what is listed above. This cannot be undone.\n",
        "run": "Do you want to run this?\n  mlctl will do what is listed above.\n",
    }.get(operation, "Do you want to do this?\n  mlctl will do what is listed above.\n")
    return ask(f"\n{text}  Only 'yes' counts as an agreement.\n\n  Your answer: ") == "yes"


def _next_round(request: PlanRequest, planned: Planned) -> PlanRequest:
    """What is left: what was forced in this round is not forced again, only what waited is."""
    options, waiting = planned.options, planned.plan.deferred
    forced = waiting if options.no_reuse else options.replace
    still = tuple(a for a in forced if any(w.covers(a) or a.covers(w) for w in waiting))
    return replace(request, options=replace(options, replace=still, no_reuse=False))
