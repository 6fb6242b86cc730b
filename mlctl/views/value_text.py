"""Values and their differences as the lines of a plan."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mlctl.core.secret import MASK
from mlctl.core.value import UNKNOWN, Value, number_text
from mlctl.views.sealed import is_hidden
from mlctl.views.style import Style
from mlctl.views.text import cell_width, pad, plural, safe
from mlctl.views.value_diff import Diff, Elements, Encoded, Lines, Mark, Members, Whole

KNOWN_AFTER_APPLY = "(known after apply)"
FORCES_REPLACEMENT = " # forces replacement"

ALWAYS_SHOWN = ("id", "name")
"""Members that say which object is meant are shown even where they did not change."""

_LINES_AROUND = 3
"""Unchanged lines of a text shown on either side of one that changed."""


@dataclass(frozen=True, slots=True)
class Painter:
    """Makes lines. One of level ``n`` is indented by ``4 n`` columns and starts with its mark."""

    style: Style

    def line(self, level: int, mark: str, text: str) -> str:
        """One line with its mark in colour."""
        return f"{' ' * (4 * level + 2)}{self.style.mark(mark)} {text}"

    def close(self, level: int, bracket: str) -> str:
        """The bracket that ends what a line of this level began."""
        return f"{' ' * (4 * level + 4)}{bracket}"

    def hidden(self, level: int, count: int, noun: str) -> str:
        """The count of what did not change."""
        text = f"# ({plural(count, f'unchanged {noun}')} hidden)"
        return f"{' ' * (4 * level + 4)}{self.style.grey(text)}"

    @property
    def arrow(self) -> str:
        """Between what was and what will be."""
        return f" {self.style.mark('->')} "


def members(
    entries: Sequence[tuple[str, Diff]],
    level: int,
    painter: Painter,
    *,
    forcing: Container[str] = (),
) -> list[str]:
    """The members of an object, one below the other, unchanged ones counted.

    Args:
        entries: By name, in the order to show them.
        level: Of the members' own lines.
        painter: Dresses the lines.
        forcing: Names whose change forces a replacement.
    """
    shown = [(n, d) for n, d in entries if d.mark is not Mark.SAME or n in ALWAYS_SHOWN]
    names = {name: name_text(name) for name, _ in shown}
    width = max(map(cell_width, names.values()), default=0)
    lines: list[str] = []
    for name, change in shown:
        head, *rest = render(change, level, painter)
        tail = painter.style.red(FORCES_REPLACEMENT) if name in forcing else ""
        lines.append(painter.line(level, change.mark, f"{pad(names[name], width)} = {head}{tail}"))
        lines.extend(rest)
        if change.mark is Mark.REMOVE:
            lines[-1] += f"{painter.arrow}null"
    if count := len(entries) - len(shown):
        lines.append(painter.hidden(level, count, "attribute"))
    return lines


def render(change: Diff, level: int, painter: Painter) -> list[str]:
    """A part as lines. The first has neither indent nor mark: its name goes before it."""
    match change:
        case Whole():
            return _whole(change, level, painter)
        case Members(_, entries):
            inside = members(entries, level + 1, painter)
            return ["{", *inside, painter.close(level, "}")]
        case Elements():
            return ["[", *_elements(change, level + 1, painter), painter.close(level, "]")]
        case Lines(_, lines):
            return ["<<-EOT", *text_lines(lines, level + 1, painter), painter.close(level, "EOT")]
        case Encoded(_, inner):
            head, *rest = render(inner, level + 1, painter)
            first = painter.line(level + 1, inner.mark, head)
            return ["jsonencode(", first, *rest, painter.close(level, ")")]


def text_lines(lines: Sequence[tuple[Mark, str]], level: int, painter: Painter) -> Iterator[str]:
    """The lines of a text that differ with their neighbours; runs of others are counted."""
    near = _near([mark is not Mark.SAME for mark, _ in lines], _LINES_AROUND)
    skipped = 0
    for (mark, text), is_near in zip(lines, near, strict=True):
        if not is_near:
            skipped += 1
            continue
        if skipped:
            yield painter.hidden(level, skipped, "line")
            skipped = 0
        yield painter.line(level, mark, safe(text)).rstrip()
    if skipped:
        yield painter.hidden(level, skipped, "line")


def value_lines(value: Value, mark: Mark, level: int, painter: Painter) -> list[str]:
    """A whole value, every line of it with one mark."""
    raw = value.raw
    if is_hidden(value):
        return [MASK]
    if raw is UNKNOWN:
        return [KNOWN_AFTER_APPLY]
    if isinstance(raw, dict):
        return _object(raw, mark, level, painter)
    if isinstance(raw, tuple):
        return _sequence(raw, mark, level, painter)
    if isinstance(raw, str) and "\n" in raw:
        return _heredoc(raw, mark, level, painter)
    return [scalar_text(raw)]


def inline(value: Value) -> str:
    """A value on one line, as a sentence has it."""
    raw = value.raw
    if is_hidden(value):
        return MASK
    if raw is UNKNOWN:
        return KNOWN_AFTER_APPLY
    if isinstance(raw, dict):
        inside = ", ".join(f"{name_text(name)} = {inline(v)}" for name, v in raw.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(raw, tuple):
        return f"[{', '.join(map(inline, raw))}]"
    return scalar_text(raw)


def scalar_text(raw: str | int | Decimal | bool | None) -> str:
    """A known primitive as the configuration spells it."""
    match raw:
        case None:
            return "null"
        case bool():
            return "true" if raw else "false"
        case str():
            return quoted(raw)
        case _:
            return number_text(raw)


def quoted(text: str) -> str:
    """A text in quotes, with nothing in it that could act on a terminal."""
    # JSON spells C0 itself; what it lets through is spelled afterwards.
    return safe(json.dumps(text, ensure_ascii=False))


def name_text(name: str) -> str:
    """A name, in quotes unless it is an identifier."""
    plain = name.replace("-", "_").isidentifier() and not name.startswith("-")
    return name if plain else quoted(name)


def _whole(change: Whole, level: int, painter: Painter) -> list[str]:
    match change:
        case Whole(Mark.CHANGE, Value() as before, Value() as after):
            return _replaced(before, after, level, painter)
        case Whole(mark, before, after):
            value = after if after is not None else before
            assert value is not None
            return value_lines(value, mark, level, painter)


def _replaced(before: Value, after: Value, level: int, painter: Painter) -> list[str]:
    if is_hidden(before) and is_hidden(after):
        return [MASK]
    old = value_lines(before, _old_mark(before), level, painter)
    head, *rest = value_lines(after, Mark.ADD, level, painter)
    return [*old[:-1], f"{old[-1]}{painter.arrow}{head}", *rest]


def _old_mark(before: Value) -> Mark:
    # The lines of a text stand as they were; the members of an object are marked as going.
    return Mark.SAME if isinstance(before.raw, str) else Mark.REMOVE


def _object(raw: Mapping[str, Value], mark: Mark, level: int, painter: Painter) -> list[str]:
    if not raw:
        return ["{}"]
    names = [name_text(name) for name in raw]
    width = max(map(cell_width, names))
    lines = ["{"]
    for name, value in zip(names, raw.values(), strict=True):
        head, *rest = value_lines(value, mark, level + 1, painter)
        lines.append(painter.line(level + 1, mark, f"{pad(name, width)} = {head}"))
        lines.extend(rest)
    return [*lines, painter.close(level, "}")]


def _sequence(raw: Sequence[Value], mark: Mark, level: int, painter: Painter) -> list[str]:
    if not raw:
        return ["[]"]
    lines = ["["]
    for value in raw:
        lines.extend(_element(Whole(mark, value, value), level + 1, painter))
    return [*lines, painter.close(level, "]")]


def _heredoc(text: str, mark: Mark, level: int, painter: Painter) -> list[str]:
    lines = (painter.line(level + 1, mark, safe(line)).rstrip() for line in text.splitlines())
    return ["<<-EOT", *lines, painter.close(level, "EOT")]


def _elements(change: Elements, level: int, painter: Painter) -> Iterator[str]:
    """The elements that differ with their neighbours; runs of others are counted."""
    changed = [d.mark is not Mark.SAME for d in change.elements]
    near = _near(changed, 0 if change.is_set else 1)
    skipped = 0
    for element, is_near in zip(change.elements, near, strict=True):
        if not is_near:
            skipped += 1
            continue
        if skipped and not change.is_set:
            yield painter.hidden(level, skipped, "element")
            skipped = 0
        yield from _element(element, level, painter)
    if skipped:
        yield painter.hidden(level, skipped, "element")


def _near(flags: Sequence[bool], distance: int) -> list[bool]:
    """True where a flag is set at most ``distance`` places away."""
    near = [False] * len(flags)
    for i, flag in enumerate(flags):
        if flag:
            lo, hi = max(i - distance, 0), min(i + distance + 1, len(flags))
            near[lo:hi] = [True] * (hi - lo)
    return near


def _element(change: Diff, level: int, painter: Painter) -> list[str]:
    head, *rest = render(change, level, painter)
    lines = [painter.line(level, change.mark, head), *rest]
    # A heredoc's end word must stand alone on its line.
    if not lines[-1].endswith("EOT"):
        lines[-1] += ","
    return lines
