"""The plan: compare what is declared with what is recorded, found and kept, and decide.

Pure: it changes nothing, and asks the world only through what it is given. One pass over the
declarations in the graph's order, so that everything a decision rests on is decided before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mlctl.config.schemas import KINDS
from mlctl.core.address import Address
from mlctl.core.desired import EvaluationFailed
from mlctl.core.diagnostic import Diagnostic, Diagnostics, in_file_order
from mlctl.core.plan import Action, OutputChange, Plan, PlanMode, ResourceChange
from mlctl.core.state import OutputValue
from mlctl.core.value import from_plain
from mlctl.hcl.ast import Expression
from mlctl.plan.outputs import output_change
from mlctl.plan.removal import plan_destroy, removal_reason
from mlctl.plan.resources import ResourcePlanner, delete_order
from mlctl.plan.selection import Selection, select, unknown_addresses, without_keys
from mlctl.plan.steps import StepPlanner
from mlctl.plan.world import World


def plan(world: World) -> tuple[Plan, Diagnostics]:
    """Decide for everything declared and recorded.

    With errors among the diagnostics the plan holds only what could be decided, and must not be
    applied.
    """
    if world.options.mode is PlanMode.DESTROY:
        return plan_destroy(world)
    planner = _Planner(world, select(world.graph, world.options))
    return planner.plan()


def check(world: World) -> Diagnostics:
    """Evaluate everything, for what is wrong with it; decide nothing."""
    planner = _Planner(world, Selection(None))
    planner.check()
    return planner.problems()


@dataclass(slots=True)
class _Planner:
    world: World
    selection: Selection
    found: Diagnostics = field(default_factory=list)
    outputs: list[OutputChange] = field(default_factory=list)
    deferred: list[Address] = field(default_factory=list)
    waiting: set[Address] = field(default_factory=set)
    seen: set[Address] = field(default_factory=set)
    resources: ResourcePlanner = field(init=False)
    steps: StepPlanner = field(init=False)

    def __post_init__(self) -> None:
        self.resources = ResourcePlanner(self.world, self.found)
        self.steps = StepPlanner(self.world)

    def plan(self) -> tuple[Plan, Diagnostics]:
        options = self.world.options
        named = (*options.targets, *options.excludes)
        self.found.extend(_no_such(a) for a in unknown_addresses(self.world.graph, named))
        refresh_only = options.mode is PlanMode.REFRESH_ONLY
        for node in self.world.graph.order:
            self._node(node)
        if not refresh_only:
            self._removals()
            self._outputs()
        state = self.world.state
        made = Plan(
            mode=options.mode,
            resources=() if refresh_only else tuple(self._ordered()),
            steps=() if refresh_only else tuple(self.steps.changes),
            outputs=tuple(self.outputs),
            drift=tuple(self.resources.drift),
            republish=() if refresh_only else tuple(self._republish()),
            deferred=tuple(self.deferred),
            warnings=_warnings(self.selection),
            lineage=state.lineage,
            serial=state.serial,
        )
        return made, self.problems()

    def check(self) -> None:
        evaluation = self.world.evaluation
        for node in self.world.graph.order:
            if evaluation.deferred(node) is not None:
                continue
            if not _is_planned(node):
                evaluation.check_outputs(node)
                continue
            for address in evaluation.instances(node):
                self._try(evaluation.step if node.kind == "step" else evaluation.resource, address)

    def problems(self) -> Diagnostics:
        return in_file_order([*self.found, *self.world.evaluation.found])

    # --- declarations ----------------------------------------------------------------------

    def _node(self, node: Address) -> None:
        evaluation = self.world.evaluation
        if self._must_wait(node):
            self.waiting.add(node)
            if _is_planned(node):
                self.deferred.append(node)
            return
        if not _is_planned(node):
            if self.selection.has_node(node):
                evaluation.check_outputs(node)
            return
        for address in evaluation.instances(node):
            self.seen.add(address)
            self._instance(node, address)

    def _must_wait(self, node: Address) -> bool:
        """True when a first round of apply must tell what there is, here or further up."""
        if not self.waiting.isdisjoint(self.world.graph.needs[node]):
            return True
        return self.world.evaluation.deferred(node) is not None

    def _instance(self, node: Address, address: Address) -> None:
        is_step = node.kind == "step"
        planner = self.steps if is_step else self.resources
        if not self.selection.has(address, node) or (is_step and not self._runs(address)):
            planner.keep(address)
        else:
            self._try(planner.plan, address)

    def _runs(self, step: Address) -> bool:
        pipeline = step.parent
        assert pipeline is not None
        asked = self.world.options.pipeline
        if asked is not None and asked.covers(pipeline):
            return True
        return self.world.evaluation.runs_on_apply(pipeline)

    def _try(self, decide: Callable[[Address], object], address: Address) -> None:
        try:
            decide(address)
        except EvaluationFailed as error:
            for problem in error.diagnostics:
                self.world.evaluation.evaluator.say(problem)

    # --- what is not declared any more -----------------------------------------------------

    def _removals(self) -> None:
        state = self.world.state
        for address, record in sorted(state.resources.items()):
            if address not in self.seen and self._may_remove(address):
                reason = removal_reason(self.world, address)
                self.resources.delete(record, reason)
        for address in sorted(state.steps):
            if address not in self.seen and self._may_remove(address):
                self.steps.forget(address)

    def _may_remove(self, address: Address) -> bool:
        node = without_keys(address)
        if any(waiting.covers(node) for waiting in self.deferred):
            return False  # whether it is still declared is known only after a first round
        if self.world.options.pipeline is not None:
            return False
        options = self.world.options
        if any(out.covers(address) for out in options.excludes):
            return False
        return not options.targets or any(t.covers(address) for t in options.targets)

    def _ordered(self) -> list[ResourceChange]:
        return delete_order(self.resources.changes, self.world.state.resources)

    # --- outputs ---------------------------------------------------------------------------

    def _outputs(self) -> None:
        evaluation, recorded = self.world.evaluation, self.world.state.outputs
        root = evaluation.configuration.root
        for name in sorted(root.outputs):
            if not self.selection.has_node(root.address("output", name)):
                continue
            if root.address("output", name) in self.world.graph.stuck:
                continue
            try:
                value = evaluation.output(name)
            except EvaluationFailed:
                continue
            sensitive = evaluation.output_is_sensitive(name)
            change, problem = output_change(
                name, recorded.get(name), value, sensitive=sensitive, seal=self.world.seal
            )
            if problem is not None:
                body = root.outputs[name]
                expr = body.expr("value")
                self.found.append(_leaking_output(name, problem, expr, body.header))
            self.outputs.append(change)
        if not self.selection.is_limited:
            for name in sorted(recorded.keys() - root.outputs.keys()):
                self.outputs.append(_gone(name, recorded[name]))

    def _republish(self) -> list[Address]:
        """Outputs of pipelines with nothing to run whose published copy is missing or changed."""
        evaluation, kept = self.world.evaluation, self.world.kept
        busy = {c.address.parent for c in self.steps.changes if c.action is Action.RUN}
        pipelines = {c.address.parent for c in self.steps.changes if c.action is not Action.FORGET}
        found = []
        for pipeline in sorted(p for p in pipelines - busy if p is not None):
            for output in evaluation.pipeline_outputs(pipeline):
                digest = evaluation.output_digest(output)
                if digest is not None and not kept.is_published(output, digest):
                    found.append(output)
        return found


def _is_planned(node: Address) -> bool:
    last = node.parts[-1]
    if last.kind == "step":
        return True
    return last.kind in KINDS


def _no_such(address: Address) -> Diagnostic:
    return Diagnostic(
        summary="No such object",
        detail=f"{address} is not declared.",
        hint="mlctl graph lists what is declared; mlctl state list what is recorded.",
    )


def _gone(name: str, recorded: OutputValue) -> OutputChange:
    before = from_plain("" if recorded.sensitive else recorded.value)
    return OutputChange(name, Action.DELETE, before, None, recorded.sensitive)


def _leaking_output(name: str, problem: str, expr: Expression | None, header: str) -> Diagnostic:
    return Diagnostic(
        summary="Output refers to sensitive values",
        detail=f'The output "{name}" {problem}',
        hint="If that is meant, add: sensitive = true",
        subject=expr.span() if expr else None,
        block=header,
    )


def _warnings(selection: Selection) -> tuple[str, ...]:
    if not selection.is_limited:
        return ()
    return (
        "The plan is limited by --target or --exclude; it may not bring everything to what the "
        "configuration says.",
    )
