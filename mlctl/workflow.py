"""Validate and plan: the first half of the story. Start reading here, go on in ``applying``.

A command opens a ``Session``, asks for a plan, shows it, and, when people agree, has it carried
out. Who asks and who shows is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from mlctl.config.evaluation import ConfigurationValues
from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic, Diagnostics, Severity, has_errors, in_file_order
from mlctl.core.errors import Unreachable
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
        diagnostics=_once(
            [
                *session.loaded.found,
                *unreachable,
                *found,
                *_links_out(session),
                *_translated(session),
            ]
        ),
        evaluation=evaluation,
        state=state,
        refreshed=_refreshed(state, observed),
        context=context,
        options=request.options,
        notices=notices,
    )


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


def _translated(session: Session) -> Diagnostics:
    return [
        Diagnostic(
            severity=Severity.WARNING,
            summary="A conda file is translated to Python packages",
            detail=f"{file}: {' '.join(sentences)}",
        )
        for file, sentences in session.locks.notices.items()
    ]


def _once(found: Diagnostics) -> Diagnostics:
    seen: dict[tuple[object, ...], Diagnostic] = {}
    for one in found:
        seen.setdefault((one.summary, one.detail, one.subject, one.address), one)
    return in_file_order(seen.values())
