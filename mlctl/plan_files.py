"""Plans in files: saved when they are shown, made again when they are applied."""

from __future__ import annotations

from pathlib import Path

from mlctl.core.diagnostic import Severity
from mlctl.outside import saved_plan
from mlctl.outside.session import Invocation, Session
from mlctl.workflow import Planned, PlanRequest, plan


def save_plan(planned: Planned, path: Path) -> None:
    """Write a plan to a file that ``load_plan`` reads.

    Raises:
        OSError: It cannot be written.
    """
    saved_plan.save(planned.session, planned.plan, planned.options, path)


def load_plan(path: Path, invocation: Invocation) -> tuple[Session, Planned]:
    """Make a saved plan again, to be applied as it was shown.

    Raises:
        NotAPlan: The file is something else.
        StalePlan: Something it rests on moved.
        OSError: The file cannot be read.
    """
    saved = saved_plan.read(path)
    session, options = saved_plan.reopen(saved, invocation)
    planned = plan(session, PlanRequest(options=options))
    found = [d for d in planned.diagnostics if d.severity is Severity.ERROR]
    saved_plan.hold_against(saved, session, planned.plan, found)
    return session, planned
