"""What a run has done so far, counted from its own events."""

from __future__ import annotations

from dataclasses import dataclass

from mlctl.core.event import (
    Event,
    ResourceCompleted,
    ResourceFailed,
    Skipped,
    StepFailed,
    StepReused,
    StepSucceeded,
)
from mlctl.core.plan import Action, Summary


@dataclass(slots=True)
class Tally:
    """Counts.

    Attributes:
        trouble: What went wrong about no object in particular, such as publishing an output.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    ran: int = 0
    reused: int = 0
    failed: int = 0
    skipped: int = 0
    trouble: int = 0

    @property
    def is_bad(self) -> bool:
        """True when something did not go as planned."""
        return bool(self.failed or self.skipped or self.trouble)

    def count(self, event: Event) -> None:
        """Take one event in."""
        match event:
            case ResourceCompleted(action=action):
                self.added += action is Action.CREATE
                self.changed += action is Action.UPDATE
                self.removed += action is Action.DELETE
            case StepSucceeded():
                self.ran += 1
            case StepReused():
                self.reused += 1
            case ResourceFailed() | StepFailed():
                self.failed += 1
            case Skipped():
                self.skipped += 1
            case _:
                # Everything else is on the way to one of these, or about no object.
                return

    def summary(self, up_to_date: int) -> Summary:
        """The counts of an apply; steps that are up to date count as reused, as in a plan."""
        return Summary(
            add=self.added,
            change=self.changed,
            remove=self.removed,
            run=self.ran,
            reuse=self.reused + up_to_date,
        )
