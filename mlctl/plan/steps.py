"""Steps: run or reuse, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlctl.core.address import Address
from mlctl.core.desired import DesiredStep
from mlctl.core.plan import Action, StepChange
from mlctl.core.reason import (
    Forced,
    FormatChanged,
    NeverRan,
    OutputMissing,
    Reason,
    ResultNotKept,
)
from mlctl.core.result import ResultRecord
from mlctl.core.state import StepRecord
from mlctl.core.step import StepKey
from mlctl.plan.reasons import differences, waiting
from mlctl.plan.world import World


@dataclass(slots=True)
class StepPlanner:
    """Decides for one step after the other, upstream first."""

    world: World
    changes: list[StepChange] = field(default_factory=list)
    _settled: set[Address] = field(default_factory=set)

    def plan(self, step: DesiredStep) -> None:
        """Decide for one step, and tell evaluation what its outputs are where that is known."""
        change = self._decide(step)
        if change.record is not None:
            self.world.evaluation.settle_step(step.address, change.record)
            self._settled.add(step.address)
        self.changes.append(change)

    def keep(self, address: Address) -> None:
        """Let a step be as it is recorded: its pipeline is not part of this plan."""
        record = self.world.state.steps.get(address)
        if record is not None:
            self.world.evaluation.settle_step(address, record)
            self._settled.add(address)

    def forget(self, address: Address) -> None:
        """The state shall say nothing more of a step."""
        self.changes.append(StepChange(address=address, action=Action.FORGET))

    def _decide(self, step: DesiredStep) -> StepChange:
        prior = self.world.state.steps.get(step.address)
        forced = self._forced(step)
        if not step.key.is_known:
            waits = waiting(step.key, self._settled)
            reasons = (*forced, *self._known_differences(step, prior), *waits)
            return self._run(step, prior, reasons, forced=bool(forced))
        fingerprint = step.key.fingerprint()
        result = self.world.kept.find(fingerprint)
        if result is None:
            own = self._why_not_kept(step, prior)
            return self._run(step, prior, (*forced, *own), forced=bool(forced))
        missing = self._missing(result)
        if forced or missing:
            return self._run(step, prior, (*forced, *missing), forced=bool(forced), result=result)
        return self._reuse(step, prior, result)

    def _forced(self, step: DesiredStep) -> tuple[Reason, ...]:
        options = self.world.options
        if any(wanted.covers(step.address) for wanted in options.replace):
            return (Forced("--replace"),)
        if options.no_reuse:
            return (Forced("--no-reuse"),)
        return () if step.deterministic else (Forced("deterministic = false"),)

    def _known_differences(self, step: DesiredStep, prior: StepRecord | None) -> tuple[Reason, ...]:
        if prior is None:
            return (NeverRan(),)
        before = _recorded_key(prior)
        if before is None:
            return (FormatChanged(),)
        return tuple(differences(before, step, self.world.kept))

    def _why_not_kept(self, step: DesiredStep, prior: StepRecord | None) -> tuple[Reason, ...]:
        found = self._known_differences(step, prior)
        if found or prior is None:
            return found
        digests = {name: out.artifact.digest for name, out in prior.outputs.items()}
        lost = self.world.kept.missing(digests.values())
        missing = tuple(OutputMissing(n, d) for n, d in digests.items() if d in lost)
        return missing or (ResultNotKept(),)

    def _missing(self, result: ResultRecord) -> tuple[Reason, ...]:
        digests = result.output_digests
        lost = self.world.kept.missing(digests.values())
        return tuple(OutputMissing(n, d) for n, d in sorted(digests.items()) if d in lost)

    def _run(
        self,
        step: DesiredStep,
        prior: StepRecord | None,
        reasons: tuple[Reason, ...],
        *,
        forced: bool,
        result: ResultRecord | None = None,
    ) -> StepChange:
        last = result.duration_s if result else prior.duration_s if prior else None
        return StepChange(
            address=step.address,
            action=Action.RUN,
            key=step.key,
            fingerprint=step.key.fingerprint() if step.key.is_known else None,
            reasons=reasons,
            estimated_s=last,
            compute=str(step.compute),
            needs=step.needs,
            forced=forced,
            non_reproducible=_runs(result),
        )

    def _reuse(
        self, step: DesiredStep, prior: StepRecord | None, result: ResultRecord
    ) -> StepChange:
        record = StepRecord.of(step.address, result)
        same = prior is not None and (prior.fingerprint, prior.run_id, prior.outputs) == (
            record.fingerprint,
            record.run_id,
            record.outputs,
        )
        return StepChange(
            address=step.address,
            action=Action.NO_OP if same else Action.REUSE,
            key=step.key,
            fingerprint=result.fingerprint,
            record=prior if same else record,
            reused_from=result.run_id,
            estimated_s=result.duration_s,
            compute=str(step.compute),
            needs=step.needs,
            non_reproducible=_runs(result),
        )


def _runs(result: ResultRecord | None) -> tuple[str, ...]:
    if result is None or not result.non_reproducible:
        return ()
    return (result.run_id, *(other.run_id for other in result.also))


def _recorded_key(prior: StepRecord) -> StepKey | None:
    try:
        return StepKey.from_json(prior.parts)
    except ValueError:
        return None
