"""Carrying a plan out: lock the state, fold in what dead runs left, apply, record, show.

Apart from ``workflow``, because plans are made far more often than carried out, and start sooner
without what only this needs.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from mlctl.apply.executors import ComputeExecutors
from mlctl.apply.ports import Options as ApplyOptions
from mlctl.apply.ports import Ports, SystemClock, rfc3339
from mlctl.apply.record import Recorder
from mlctl.apply.run import apply as apply_plan
from mlctl.apply.sources import StoreSources
from mlctl.apply.stop import StopSignal
from mlctl.apply.turns import LeasedTurns
from mlctl.core.address import Address
from mlctl.core.event import Envelope
from mlctl.core.state import State
from mlctl.outside.environments import all_kinds
from mlctl.outside.saved_plan import StalePlan
from mlctl.outside.session import Session
from mlctl.state.backend import LockRequest
from mlctl.state.journal import Journal
from mlctl.state.lock import Lease
from mlctl.state.paths import journal_path
from mlctl.state.recovery import close, recover, unfinished
from mlctl.store.lease import Leases
from mlctl.workflow import Planned


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
    with (
        Journal(journal_path(session.data_dir, run_id), run_id, _now) as journal,
        Recorder(state, journal, session.backend, lease, stop) as recorder,
    ):
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
    there = session.backend.read()
    if (there.lineage, there.serial) != (state.lineage, state.serial):
        raise StalePlan(
            (f"the state is at serial {there.serial}, and the plan was made from {state.serial}",)
        )


def new_run_id() -> str:
    """A name for a run: its start in UTC, so that names sort by time, and a few random digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def _pipeline_outputs(session: Session, planned: Planned) -> Iterator[Address]:
    evaluation = planned.evaluation
    for node in session.loaded.graph.order:
        if node.kind == "pipeline":
            for pipeline in evaluation.instances(node):
                yield from evaluation.pipeline_outputs(pipeline)


def _now() -> str:
    return rfc3339(SystemClock().now())
