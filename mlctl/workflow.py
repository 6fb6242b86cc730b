"""Validate, plan, apply, destroy, run: the story. Start reading here.

A command opens a ``Session``, asks for a plan, shows it, and, when people agree, applies it. Who
asks and who shows is not known here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from mlctl.apply.ports import Options as ApplyOptions
from mlctl.apply.ports import Ports, SystemClock, rfc3339
from mlctl.apply.stop import StopSignal
from mlctl.config.evaluation import ConfigurationValues
from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic, Diagnostics, Severity, has_errors, in_file_order
from mlctl.core.errors import Unreachable
from mlctl.core.event import Envelope
from mlctl.core.plan import Plan
from mlctl.core.provider import Attributes, Context
from mlctl.core.secret import Secret
from mlctl.core.state import State
from mlctl.core.value import Value
from mlctl.outside.session import Invocation, Loaded, Session, load_configuration
from mlctl.outside.sources import PresentSources
from mlctl.plan.planner import check
from mlctl.plan.planner import plan as make_plan
from mlctl.plan.world import Options, World
from mlctl.state.backend import LockRequest
from mlctl.state.journal import Journal
from mlctl.state.lock import Lease
from mlctl.state.paths import journal_path
from mlctl.state.recovery import close, recover, unfinished
from mlctl.store.lease import Leases

OnRefresh = Callable[[Address, bool], None]
"""Told of each object before (False) and after (True) it is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan and what it was made from.

    Attributes:
        plan: Not to be applied when the diagnostics hold errors.
        diagnostics: Problems, by file and line.
        evaluation: The configuration, told what the plan decided.
        state: As recorded.
        refreshed: The same with what refresh found.
        notices: Sentences about journals that were folded in.
    """

    session: Session
    plan: Plan
    diagnostics: Diagnostics
    evaluation: ConfigurationValues
    state: State
    refreshed: State
    context: Context
    options: Options
    notices: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """True when it may be applied."""
        return not has_errors(self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What to plan.

    Attributes:
        refresh: Look at recorded objects first.
        inputs: Values for pipeline inputs, by pipeline address and name.
        on_refresh: Told of each object looked at.
    """

    options: Options = field(default_factory=Options)
    refresh: bool = True
    inputs: Mapping[tuple[Address, str], Value] = field(default_factory=dict)
    on_refresh: OnRefresh = lambda _address, _done: None


def validate(invocation: Invocation) -> tuple[Loaded, Diagnostics]:
    """Everything that is wrong with a configuration, without a state and without running anything.

    Content is not hashed; whether folders and files are there is looked at.
    """
    loaded = load_configuration(invocation)
    found = list(loaded.found)
    session = Session(invocation, loaded)
    try:
        context = session.context("")
        evaluation = session.evaluation(context, sources=PresentSources())
        session.settle_this_machine(evaluation, context)
        found.extend(check(_world(session, evaluation, State(), context, {}, Options())))
    finally:
        session.close()
    return loaded, in_file_order(_once(found))


def plan(session: Session, request: PlanRequest) -> Planned:
    """Compare what is declared with what is recorded, found and kept."""
    state, notices = session.read_state()
    context = session.context(state.lineage)
    observed, unreachable = (
        refresh(session, state, context, request.on_refresh) if request.refresh else ({}, [])
    )
    evaluation = session.evaluation(context, request.inputs)
    session.settle_this_machine(evaluation, context)
    session.kept.prepare(state)
    world = _world(session, evaluation, state, context, observed, request.options)
    made, found = make_plan(world)
    return Planned(
        session=session,
        plan=made,
        diagnostics=_once([*session.loaded.found, *unreachable, *found, *_links_out(session)]),
        evaluation=evaluation,
        state=state,
        refreshed=_refreshed(state, observed),
        context=context,
        options=request.options,
        notices=notices,
    )


def save_plan(planned: Planned, path: Path) -> None:
    """Write a plan to a file that ``load_plan`` reads.

    Raises:
        OSError: It cannot be written.
    """
    from mlctl.outside import saved_plan  # no other plan needs it

    saved_plan.save(planned.session, planned.plan, planned.options, path)


def load_plan(path: Path, invocation: Invocation) -> tuple[Session, Planned]:
    """Make a saved plan again, to be applied as it was shown.

    Raises:
        NotAPlan: The file is something else.
        StalePlan: Something it rests on moved.
        OSError: The file cannot be read.
    """
    from mlctl.outside import saved_plan

    saved = saved_plan.read(path)
    session, options = saved_plan.reopen(saved, invocation)
    planned = plan(session, PlanRequest(options=options))
    found = [d for d in planned.diagnostics if d.severity is Severity.ERROR]
    saved_plan.hold_against(saved, session, planned.plan, found)
    return session, planned


def refresh(
    session: Session, state: State, context: Context, on_refresh: OnRefresh
) -> tuple[dict[Address, Attributes | None], Diagnostics]:
    """Look at every recorded object that a provider made.

    One that cannot be asked is taken to be as recorded, and that is said.
    """
    observed: dict[Address, Attributes | None] = {}
    unreachable: Diagnostics = []
    for address, record in sorted(state.resources.items()):
        if not record.provider or record.status != "ok":
            continue
        on_refresh(address, False)
        try:
            observed[address] = session.loaded.registry[record.kind, record.type].read(
                record.attributes, context
            )
        except Unreachable as error:
            unreachable.append(
                Diagnostic(
                    severity=Severity.WARNING,
                    summary="An object cannot be reached",
                    detail=f"{address} is taken to be as recorded: {error}",
                    address=str(address),
                )
            )
        on_refresh(address, True)
    return observed, unreachable


@contextmanager
def locked(session: Session) -> Iterator[tuple[Lease | None, tuple[str, ...]]]:
    """Hold the state's lock, and fold in the journals of runs that died.

    Yields the lease, or None without a lock, and sentences about what was found.
    """
    invocation, backend = session.invocation, session.backend
    lease = None
    if invocation.lock:
        lease = backend.lock(
            LockRequest(
                command=invocation.command,
                timeout_s=invocation.lock_timeout_s,
                report=invocation.report,
            )
        )
    try:
        notices = (lease.notice,) if lease is not None and lease.notice else ()
        yield lease, (*notices, *_recover(session, lease))
    finally:
        if lease is not None:
            backend.unlock(lease)


def _recover(session: Session, lease: Lease | None) -> tuple[str, ...]:
    state = session.backend.read()
    dead = unfinished(session.data_dir, state.lineage)
    if not dead:
        return ()
    recovered, notices = recover(state, dead)
    session.backend.write(recovered, lease)
    for run in dead:
        close(run, _now)
    return notices


def apply(
    session: Session,
    planned: Planned,
    lease: Lease | None,
    stop: StopSignal,
    options: ApplyOptions,
) -> Iterator[Envelope]:
    """Do what a plan says, and say what happens; each event is on disk before it is yielded."""
    # Loaded here: planning, which is done far more often, starts sooner without.
    from mlctl.apply.executors import ComputeExecutors
    from mlctl.apply.record import Recorder
    from mlctl.apply.run import apply as apply_plan
    from mlctl.apply.sources import StoreSources
    from mlctl.apply.turns import LeasedTurns
    from mlctl.outside.environments import all_kinds

    evaluation, context = planned.evaluation, planned.context
    evaluation.evaluator.functions = session.functions(at_apply=True)
    run_id = new_run_id()
    state = planned.refreshed
    _require_current(session, state)
    if not state.lineage or state != planned.state:
        # Before the first journal line: a run that dies at once is still ours, and what refresh
        # found, of which no event tells, is recorded.
        state = session.backend.write(state, lease)
        context = replace(context, owner=state.lineage)
    kinds = all_kinds(session)
    turns = LeasedTurns(Leases(session.store.root), run_id)
    ports = Ports(
        run_id=run_id,
        evaluation=evaluation,
        state=state,
        store=session.store,
        sources=StoreSources(session.store, session.invocation.root),
        results=session.results,
        turns=turns,
        executors=ComputeExecutors(state, evaluation, kinds, context),
        kind_of=kinds,
        context=context,
        seal=session.seal,
        pipeline_outputs=tuple(_pipeline_outputs(session, planned)),
        clock=SystemClock(),
    )
    with Journal(journal_path(session.data_dir, run_id), run_id, _now) as journal:
        recorder = Recorder(state, journal, session.backend, lease, stop)
        try:
            for event in apply_plan(planned.plan, ports, options, stop):
                yield recorder.take(event)
        finally:
            turns.close()
    for trouble in recorder.trouble:
        path = journal_path(session.data_dir, run_id)
        trouble.hint = f"Nothing is lost: {path} holds what was done, and the next run folds it in."
        raise trouble


def _require_current(session: Session, state: State) -> None:
    from mlctl.outside.saved_plan import StalePlan  # as in apply

    there = session.backend.read()
    if (there.lineage, there.serial) != (state.lineage, state.serial):
        raise StalePlan(
            (f"the state is at serial {there.serial}, and the plan was made from {state.serial}",)
        )


def new_run_id() -> str:
    """A name for a run: its start in UTC, so that names sort by time, and a few random digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def _world(
    session: Session,
    evaluation: ConfigurationValues,
    state: State,
    context: Context,
    observed: Mapping[Address, Attributes | None],
    options: Options,
) -> World:
    return World(
        graph=session.loaded.graph,
        evaluation=evaluation,
        state=state,
        kept=session.kept,
        foresee=session.foresee(context),
        seal=session.seal,
        observed=observed,
        options=options,
    )


def _pipeline_outputs(session: Session, planned: Planned) -> Iterator[Address]:
    evaluation = planned.evaluation
    for node in session.loaded.graph.order:
        if node.kind == "pipeline":
            for pipeline in evaluation.instances(node):
                yield from evaluation.pipeline_outputs(pipeline)


def _refreshed(state: State, observed: Mapping[Address, Attributes | None]) -> State:
    """The state with what was found; what is gone is out of it."""
    resources = dict(state.resources)
    for address, found in observed.items():
        if found is None:
            del resources[address]
        else:
            recorded = resources[address].attributes
            plain = {n: recorded.get(n) if isinstance(v, Secret) else v for n, v in found.items()}
            resources[address] = replace(resources[address], attributes=plain)
    return replace(state, resources=resources)


def _links_out(session: Session) -> Diagnostics:
    return [
        Diagnostic(
            severity=Severity.WARNING,
            summary="A link leads out of its folder",
            detail=f"{folder}: {path} is a link to {target}. Steps get the link, not what it leads "
            "to, and a change there is not seen.",
            hint="Put the file itself into the folder, or give it to the step as a data input.",
        )
        for folder, path, target in session.sources.links_out()
    ]


def _once(found: Diagnostics) -> Diagnostics:
    seen: dict[tuple[object, ...], Diagnostic] = {}
    for one in found:
        seen.setdefault((one.summary, one.detail, one.subject, one.address), one)
    return in_file_order(seen.values())


def _now() -> str:
    return rfc3339(SystemClock().now())
