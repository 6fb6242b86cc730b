"""The plan: compare what is declared with what is recorded, found and kept, and decide.

Pure: it changes nothing, and asks the world only through what it is given. One pass over the
declarations in the graph's order, so that everything a decision rests on is decided before.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mlctl.config.schemas import KINDS
from mlctl.core.address import Address
from mlctl.core.desired import DesiredResource, DesiredStep, EvaluationFailed
from mlctl.core.diagnostic import Diagnostics, in_file_order
from mlctl.core.plan import Action, Plan, PlanMode, ResourceChange
from mlctl.plan.outputs import OutputPlanner
from mlctl.plan.removal import plan_destroy, removal_reason
from mlctl.plan.resources import ResourcePlanner, delete_order
from mlctl.plan.selection import (
    Selection,
    limit_warnings,
    no_such,
    select,
    unknown_addresses,
    without_keys,
)
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
    warnings: list[str] = field(default_factory=list)
    deferred: list[Address] = field(default_factory=list)
    waiting: set[Address] = field(default_factory=set)
    seen: set[Address] = field(default_factory=set)
    left_out: set[Address] = field(default_factory=set)
    resources: ResourcePlanner = field(init=False)
    steps: StepPlanner = field(init=False)
    outputs: OutputPlanner = field(init=False)

    def __post_init__(self) -> None:
        self.resources = ResourcePlanner(self.world, self.found)
        self.steps = StepPlanner(self.world)
        self.outputs = OutputPlanner(self.world, self.found)

    def plan(self) -> tuple[Plan, Diagnostics]:
        options = self.world.options
        named = (*options.targets, *options.excludes, *options.replace)
        self.found.extend(no_such(self.world, a) for a in unknown_addresses(self.world, named))
        refresh_only = options.mode is PlanMode.REFRESH_ONLY
        for node in self.world.graph.order:
            self._node(node)
        if not refresh_only:
            self._removals()
            self.outputs.plan(self.selection)
        state = self.world.state
        made = Plan(
            mode=options.mode,
            resources=() if refresh_only else tuple(self._ordered()),
            steps=() if refresh_only else tuple(self.steps.changes),
            outputs=tuple(self.outputs.changes),
            drift=tuple(self.resources.drift),
            republish=() if refresh_only else tuple(self._republish()),
            deferred=tuple(self.deferred),
            warnings=(
                *limit_warnings(limited=bool(options.targets or options.excludes)),
                *self.warnings,
            ),
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
                self._desired(address)

    def problems(self) -> Diagnostics:
        return in_file_order([*self.found, *self.world.evaluation.found])

    # --- declarations ----------------------------------------------------------------------

    def _node(self, node: Address) -> None:
        evaluation = self.world.evaluation
        if self._must_wait(node):
            self.waiting.add(node)
            if _is_planned(node) and self._is_asked(node):
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

    def _is_asked(self, node: Address) -> bool:
        """True when the plan covers a declaration."""
        if not self.selection.has_node(node):
            return False
        pipeline = node.parent if node.kind == "step" else None
        if pipeline is None or pipeline in self.waiting:
            return True
        return any(self._runs(one) for one in self.world.evaluation.instances(pipeline))

    def _instance(self, node: Address, address: Address) -> None:
        planner = self.steps if node.kind == "step" else self.resources
        if not self.selection.has(address, node):
            planner.keep(address)
            if self.selection.excluded(address):
                self.left_out.add(address)
            return
        if node.kind == "step" and not self._runs(address.parent):
            planner.keep(address)
            if address not in self.world.state.steps:
                self.left_out.add(address)
            return
        desired = self._desired(address)
        if desired is not None and not self._is_held_back(desired):
            if isinstance(desired, DesiredStep):
                self.steps.plan(desired)
            else:
                self.resources.plan(desired)

    def _is_held_back(self, desired: DesiredStep | DesiredResource) -> bool:
        """True for what needs something that is not part of this plan and that nobody has made."""
        missing = sorted(self.left_out.intersection(desired.needs))
        if not missing:
            return False
        planner = self.steps if isinstance(desired, DesiredStep) else self.resources
        planner.keep(desired.address)
        self.left_out.add(desired.address)
        self.warnings.append(
            f"{desired.address} is left as it is, for it needs {missing[0]}, which is not part of "
            "this plan."
        )
        return True

    def _runs(self, pipeline: Address | None) -> bool:
        assert pipeline is not None
        asked = self.world.options.pipeline
        if asked is not None and asked.covers(pipeline):
            return True
        return self.world.evaluation.runs_on_apply(pipeline)

    def _desired(self, address: Address) -> DesiredStep | DesiredResource | None:
        """What is wanted of an instance; None when that has no answer, which is then said."""
        evaluation = self.world.evaluation
        try:
            if address.kind == "step":
                return evaluation.step(address)
            return evaluation.resource(address)
        except EvaluationFailed as error:
            for problem in error.diagnostics:
                evaluation.evaluator.say(problem)
            return None

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
        if any(waiting.covers(node) for waiting in self.waiting):
            return False  # whether it is still declared is known only after a first round
        if self.world.options.pipeline is not None:
            return False
        options = self.world.options
        if any(out.covers(address) for out in options.excludes):
            return False
        return not options.targets or any(t.covers(address) for t in options.targets)

    def _ordered(self) -> list[ResourceChange]:
        return delete_order(self.resources.changes, self.world.state.resources)

    def _republish(self) -> list[Address]:
        """Outputs of pipelines with nothing to run whose published copy is missing or changed."""
        evaluation, kept = self.world.evaluation, self.world.kept
        busy = {c.address.parent for c in self.steps.changes if c.action is Action.RUN}
        pipelines = {c.address.parent for c in self.steps.changes if c.action is not Action.FORGET}
        found = []
        for pipeline in sorted(p for p in pipelines - busy if p is not None):
            for output in evaluation.pipeline_outputs(pipeline):
                digest = evaluation.published_digest(output)
                if digest is not None and not kept.is_published(output, digest):
                    found.append(output)
        return found


def _is_planned(node: Address) -> bool:
    last = node.parts[-1]
    if last.kind == "step":
        return True
    return last.kind in KINDS
