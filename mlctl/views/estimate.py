"""How long the rest of a run should take, by what its steps took last time."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from mlctl.core.address import Address
from mlctl.core.plan import Action, Plan


@dataclass(frozen=True, slots=True)
class Estimate:
    """Known durations of the steps that will run, and what waits for what.

    Attributes:
        durations: In seconds, of steps that ran before. In an order in which needs come first.
        needs: The steps each waits for.
    """

    durations: Mapping[Address, float | None] = field(default_factory=dict)
    needs: Mapping[Address, tuple[Address, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> Estimate:
        """What a plan promises."""
        running = [step for step in plan.steps if step.action is Action.RUN]
        return cls(
            {step.address: step.estimated_s for step in running},
            {step.address: step.needs for step in running},
        )

    def remaining_s(
        self, done: Container[Address], elapsed_s: Mapping[Address, float]
    ) -> float | None:
        """The longest chain of what is left, in seconds; None when nothing is known of it.

        Steps that never ran count nothing, and so does waiting for room on a target: it is the
        least the rest can take.

        Args:
            done: Steps that have ended.
            elapsed_s: For how long each running step has been at work.
        """
        ends: dict[Address, float] = {}
        known = False
        for address, duration_s in self.durations.items():
            if address in done:
                continue
            known = known or duration_s is not None
            left = max((duration_s or 0.0) - elapsed_s.get(address, 0.0), 0.0)
            ends[address] = left + max((ends.get(n, 0.0) for n in self.needs[address]), default=0.0)
        return max(ends.values(), default=0.0) if known else None
