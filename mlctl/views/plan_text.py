"""A plan as text: what will be made, changed and run, and why, in Terraform's shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlctl.core.plan import Action, Plan, PlanMode, Summary
from mlctl.views.messages import plan_sentence
from mlctl.views.plan_resources import SYMBOLS, drift_block, output_lines, resource_block
from mlctl.views.plan_steps import non_reproducible_notes, step_lines
from mlctl.views.style import Style
from mlctl.views.text import cell_width, plural, safe, wrap
from mlctl.views.value_text import Painter

_LEGEND = {
    Action.CREATE: "create",
    Action.UPDATE: "update in-place",
    Action.DELETE: "destroy",
    Action.REPLACE: "destroy and then create replacement",
    Action.READ: "read",
    Action.FORGET: "forget",
    Action.RUN: "run",
    Action.REUSE: "reuse",
}
_QUIET = {Action.NO_OP}
_DEFERRED = "Known only after a first round of apply, which then goes on by itself:"
_REPUBLISHED = "Copies under .mlctl/outputs that are missing or changed and are written again:"


def render(plan: Plan, style: Style) -> str:
    """The whole plan, with its line end."""
    painter = Painter(style)
    sections = [*_notes(plan, painter), *_drift(plan, painter)]
    if plan.is_empty and not _records_drift(plan):
        # First of all that there is nothing to do; what was noticed comes after it.
        sections.insert(0, _no_changes(plan, style))
    else:
        sections.extend(_actions(plan, painter))
    sections.extend(_closing_notes(plan, painter))
    return "\n\n".join(sections) + "\n"


def advice(plan: Plan, style: Style, saved_to: str = "") -> str:
    """What to do with the plan now; empty when nothing is to do.

    Args:
        plan: The plan that was shown.
        style: Dresses the text.
        saved_to: The plan file, if it was saved.
    """
    if plan.is_empty and not _records_drift(plan):
        return ""
    rule = style.grey("─" * min(style.width, 80))
    if saved_to:
        return (
            f"{rule}\n\nThe plan is saved in: {saved_to}\n\n"
            f'To do exactly this, run:\n    mlctl apply "{saved_to}"\n'
        )
    text = (
        "Note: this plan is not saved, so an apply later may find other things to do."
        " To do exactly what a plan says, save it with --out FILE."
    )
    return f"{rule}\n\n{wrap(text, style.width)}\n"


def _notes(plan: Plan, painter: Painter) -> Iterator[str]:
    for warning in plan.warnings:
        word = painter.style.bold(painter.style.yellow("Warning:"))
        yield wrap(f"Warning: {safe(warning)}", painter.style.width).replace("Warning:", word, 1)


def _drift(plan: Plan, painter: Painter) -> Iterator[str]:
    if not plan.drift:
        return
    note = painter.style.bold(painter.style.cyan("Note:"))
    yield f"{note} {painter.style.bold('Objects have changed outside of mlctl')}"
    yield from (drift_block(drift, painter) for drift in plan.drift)
    if _records_drift(plan):
        yield wrap("Apply records them as they are and touches nothing.", painter.style.width)
    elif not plan.is_empty:
        yield wrap(
            "Where the configuration does not ask for these changes, the actions below undo them.",
            painter.style.width,
        )
        yield painter.style.grey("─" * min(painter.style.width, 80))


def _records_drift(plan: Plan) -> bool:
    """True when apply would change the record and nothing else."""
    return plan.mode is PlanMode.REFRESH_ONLY and bool(plan.drift)


def _actions(plan: Plan, painter: Painter) -> Iterator[str]:
    if legend := _legend(plan, painter.style):
        yield legend
    if blocks := _resource_blocks(plan, painter):
        yield "mlctl will perform these actions:"
        yield from blocks
    if steps := step_lines(plan.steps, painter):
        yield "\n".join(["Steps:", "", *steps])
    yield _counted(plan.summary, painter.style)
    if outputs := _outputs(plan, painter):
        yield "\n".join(["Changes to Outputs:", *outputs])


def _closing_notes(plan: Plan, painter: Painter) -> Iterator[str]:
    if plan.deferred:
        head = wrap(_DEFERRED, painter.style.width)
        yield "\n".join([head, *(f"  {address}" for address in plan.deferred)])
    if plan.republish:
        head = wrap(_REPUBLISHED, painter.style.width)
        yield "\n".join([head, *(f"  {address}" for address in plan.republish)])
    yield from non_reproducible_notes(plan.steps, painter)


def _legend(plan: Plan, style: Style) -> str:
    used = {c.action for c in plan.resources}
    for step in plan.steps:
        used.add(Action.REUSE if step.action is Action.NO_OP else step.action)
    rows = [f"{style.mark(SYMBOLS[a])} {text}" for a, text in _LEGEND.items() if a in used]
    return "\n".join(["The symbols in this plan:", *rows]) if rows else ""


def _resource_blocks(plan: Plan, painter: Painter) -> list[str]:
    return [resource_block(c, painter) for c in plan.resources if c.action not in _QUIET]


def _outputs(plan: Plan, painter: Painter) -> list[str]:
    changed = [c for c in plan.outputs if c.action is not Action.NO_OP]
    width = max((cell_width(c.name) for c in changed), default=0)
    return [line for c in changed for line in output_lines(c, width, painter)]


def _counted(summary: Summary, style: Style) -> str:
    head, _, counts = plan_sentence(summary).partition(" ")
    return f"{style.bold(head)} {counts}"


def _no_changes(plan: Plan, style: Style) -> str:
    head = style.bold(style.green("No changes."))
    if plan.mode is PlanMode.REFRESH_ONLY:
        return f"{head} Nothing that is recorded has changed outside of mlctl."
    counted = _up_to_date(len(plan.resources), len(plan.steps))
    return f"{head} {counted}"


def _up_to_date(objects: int, steps: int) -> str:
    named: Sequence[str] = [
        *([plural(objects, "object")] if objects else []),
        *([plural(steps, "step")] if steps else []),
    ]
    if not named:
        return "Nothing is declared and nothing is recorded."
    verb = "is" if objects + steps == 1 else "are"
    return f"{' and '.join(named)} {verb} up to date."
