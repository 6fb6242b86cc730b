"""The objects of a plan: a headline with its reason, and a block with what differs."""

from __future__ import annotations

from collections.abc import Container

from mlctl.core.plan import Action, ActionReason, Drift, OutputChange, ResourceChange
from mlctl.core.secret import MASK
from mlctl.core.value import SENSITIVE, Value
from mlctl.views.sealed import is_hidden
from mlctl.views.text import safe_line
from mlctl.views.value_diff import Diff, Mark, diff
from mlctl.views.value_text import Painter, members, render

SYMBOLS = {
    Action.CREATE: "  +",
    Action.UPDATE: "  ~",
    Action.DELETE: "  -",
    Action.REPLACE: "-/+",
    Action.READ: " <=",
    Action.FORGET: "  .",
    Action.RUN: "  >",
    Action.REUSE: "  =",
}
"""Three columns before the block or the line of each action."""

_HEADLINES = {
    Action.CREATE: "will be created",
    Action.UPDATE: "will be updated in-place",
    Action.DELETE: "will be destroyed",
    Action.REPLACE: "must be replaced",
    Action.READ: "will be read during apply",
    Action.FORGET: "will no longer be managed by mlctl, but will not be destroyed",
}

_REPLACEMENTS = {
    ActionReason.REPLACE_BECAUSE_TAINTED: "is tainted, so must be replaced",
    ActionReason.REPLACE_BY_REQUEST: "will be replaced, as requested",
    ActionReason.REPLACE_BY_TRIGGERS: "will be replaced due to changes in replace_triggered_by",
}


def resource_block(change: ResourceChange, painter: Painter) -> str:
    """One object's part of the plan."""
    headline = _REPLACEMENTS.get(change.reason, _HEADLINES.get(change.action, ""))
    lines = [_header(str(change.address), headline, painter)]
    if because := _because(change):
        lines.append(f"  # ({safe_line(because)})")
    lines.extend(_body(change, painter))
    return "\n".join(lines)


def drift_block(drift: Drift, painter: Painter) -> str:
    """One object that was changed outside of mlctl."""
    gone = drift.after is None
    mark = "  -" if gone else "  ~"
    lines = [_header(str(drift.address), "has been deleted" if gone else "has changed", painter)]
    opening = block_label(drift.kind, drift.type, drift.address.name)
    lines.append(f"{painter.style.mark(mark)} {opening} {{")
    lines.extend(_attributes(drift.before, drift.after, painter))
    return "\n".join([*lines, "    }"])


def output_lines(change: OutputChange, width: int, painter: Painter) -> list[str]:
    """A root output's part of the plan, its name padded to ``width`` columns."""
    difference = diff(change.before, change.after)
    head, *rest = [MASK] if change.sensitive else render(difference, 0, painter)
    mark = _output_mark(change, difference)
    lines = [painter.line(0, mark, f"{change.name:{width}} = {head}"), *rest]
    if change.after is None:
        lines[-1] += f"{painter.arrow}null"
    return lines


def block_label(kind: str, type_label: str, name: str) -> str:
    """The header a declaration has in the configuration: ``compute "ssh" "gpu"``."""
    return f'{kind} "{type_label}" "{name}"' if type_label else f'{kind} "{name}"'


def _header(address: str, headline: str, painter: Painter) -> str:
    name = painter.style.bold(f"  # {safe_line(address)}")
    loud = "destroyed" in headline.split()[-1:] or "replaced" in headline
    return f"{name} {painter.style.red(headline) if loud else headline}"


def _output_mark(change: OutputChange, difference: Diff) -> Mark:
    if change.sensitive and difference.mark is Mark.SAME:
        return Mark.CHANGE
    return difference.mark


def _because(change: ResourceChange) -> str:
    address = change.address
    match change.reason:
        case ActionReason.DELETE_BECAUSE_NOT_DECLARED:
            return f"because {address} is not in configuration"
        case ActionReason.DELETE_BECAUSE_COUNT_INDEX:
            return f"because index [{address.key}] is out of range for count"
        case ActionReason.DELETE_BECAUSE_EACH_KEY:
            key = str(address.parts[-1]).removeprefix(f"{address.kind}.{address.name}")
            return f"because key {key} is not in for_each map"
        case ActionReason.CREATE_BECAUSE_GONE:
            return "because the recorded object does not exist any more"
        case ActionReason.RESUME_CREATION:
            return "because an earlier run was interrupted while it was being made"
        case _:
            return ""


def _body(change: ResourceChange, painter: Painter) -> list[str]:
    symbol = painter.style.mark(SYMBOLS.get(change.action, "   "))
    opening = f"{symbol} {block_label(change.kind, change.type, change.address.name)} {{"
    if change.action is Action.FORGET:
        inside = _attributes(change.before, change.before, painter)
    else:
        inside = _attributes(change.before, change.after, painter, _forcing(change))
    return [opening, *inside, "    }"]


def _forcing(change: ResourceChange) -> Container[str]:
    if change.action is not Action.REPLACE:
        return ()
    # A path inside an attribute is shown at the attribute itself.
    return {path.partition(".")[0].partition("[")[0] for path in change.replace_paths}


def _attributes(
    before: Value | None, after: Value | None, painter: Painter, forcing: Container[str] = ()
) -> list[str]:
    entries = _entries(before, after)
    return members(entries, 1, painter, forcing=forcing)


def _entries(before: Value | None, after: Value | None) -> list[tuple[str, Diff]]:
    """What differs attribute by attribute, also where an object comes or goes as a whole."""
    old, new = _attributes_of(before), _attributes_of(after)
    names = sorted(old.keys() | new.keys())
    return [(name, diff(old.get(name), new.get(name))) for name in names]


def _attributes_of(value: Value | None) -> dict[str, Value]:
    if value is None or not isinstance(value.raw, dict):
        return {}
    hidden = value.marks & {SENSITIVE}
    # What is null is not there, except where even that must not be told.
    inside = {n: v.with_marks(hidden) for n, v in value.raw.items()}
    return {n: v for n, v in inside.items() if v.raw is not None or is_hidden(v)}
