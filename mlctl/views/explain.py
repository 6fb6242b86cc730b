"""Why a step would run or be reused: every part of its key, then and now, side by side."""

from __future__ import annotations

from mlctl.core.digest import Json
from mlctl.core.plan import Action, StepChange
from mlctl.core.step import StepKey
from mlctl.views.key_parts import PartRow, compare
from mlctl.views.plan_json import step_action
from mlctl.views.reason_json import reason_json
from mlctl.views.reasons import sentence
from mlctl.views.style import Style
from mlctl.views.text import cell_width, clip, pad, safe_line, wrap
from mlctl.views.value_text import KNOWN_AFTER_APPLY

_HEADLINES = {
    Action.RUN: "will run",
    Action.REUSE: "is reused",
    Action.NO_OP: "is up to date",
    Action.FORGET: "is not declared any more and is forgotten",
}
_NOTHING = "-"
_MIN_COLUMN = 16


def explain_text(change: StepChange, then: StepKey | None, style: Style) -> str:
    """The explanation, with its line end.

    Args:
        change: What the plan says of the step.
        then: The key of the recorded result, if there is one that can be read.
        style: Dresses the text.
    """
    blocks = ["\n".join(_head(change, style))]
    if change.key is not None:
        blocks.append("\n".join(_rows(compare(change.key, then), style)))
    if change.non_reproducible:
        runs = " and ".join(change.non_reproducible)
        note = f"Runs {runs} had this fingerprint and gave different outputs."
        blocks.append(wrap(note, style.width))
    return "\n\n".join(blocks) + "\n"


def explain_json(change: StepChange, then: StepKey | None) -> dict[str, Json]:
    """The same as a document: ``parts[]`` is ``{part, then, now, differs}``."""
    rows = compare(change.key, then) if change.key is not None else ()
    return {
        "address": str(change.address),
        "action": step_action(change.action),
        "reasons": [reason_json(reason) for reason in change.reasons],
        "fingerprint": {"then": _fingerprint(then), "now": change.fingerprint},
        "reused_from": change.reused_from,
        "non_reproducible": list(change.non_reproducible),
        "parts": [
            {"part": row.part, "then": row.then, "now": row.now, "differs": row.differs}
            for row in rows
        ],
    }


def _head(change: StepChange, style: Style) -> list[str]:
    source = f" from run {change.reused_from}" if change.reused_from else ""
    name = style.bold(safe_line(str(change.address)))
    lines = [f"{name} {_HEADLINES.get(change.action, change.action.value)}{source}"]
    lines.extend(f"  {sentence(reason)}" for reason in change.reasons)
    return [*lines, f"  fingerprint: {change.fingerprint or KNOWN_AFTER_APPLY}"]


def _rows(rows: tuple[PartRow, ...], style: Style) -> list[str]:
    """A table where it fits; what does not fit is told in full below its part."""
    names = max((cell_width(row.part) for row in rows), default=4)
    column = max((style.width - names - 8) // 2, _MIN_COLUMN)
    lines = [style.grey(f"    {pad('part', names)}  {pad('then', column)}  now")]
    for row in rows:
        lines.extend(_row(row, (names, column), style))
    return lines


def _row(row: PartRow, widths: tuple[int, int], style: Style) -> list[str]:
    names, column = widths
    mark = style.mark("~") if row.differs else " "
    then, now = safe_line(row.then or _NOTHING), safe_line(row.now or _NOTHING)
    name = pad(safe_line(row.part), names)
    shown = f"  {mark} {name}  {pad(clip(then, column), column)}  {clip(now, column)}"
    if not row.differs or max(cell_width(then), cell_width(now)) <= column:
        return [shown.rstrip()]
    return [shown.rstrip(), f"      {style.red('-')} {then}", f"      {style.green('+')} {now}"]


def _fingerprint(key: StepKey | None) -> Json:
    return key.fingerprint() if key is not None else None
