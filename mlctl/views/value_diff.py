"""Two values and what differs between them, as a tree. Knows nothing of how it is shown."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum

from mlctl.core.types import SetType
from mlctl.core.value import UNKNOWN, Value, from_plain
from mlctl.views.sealed import is_hidden


class Mark(StrEnum):
    """What happened to one part; the text is its symbol in a plan."""

    SAME = " "
    ADD = "+"
    REMOVE = "-"
    CHANGE = "~"


@dataclass(frozen=True, slots=True)
class Whole:
    """A part that is wholly there on one side, the same on both, or another altogether."""

    mark: Mark
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class Members:
    """An object or a map of which some members differ."""

    mark: Mark
    members: tuple[tuple[str, Diff], ...]


@dataclass(frozen=True, slots=True)
class Elements:
    """A sequence of which some elements differ.

    Attributes:
        is_set: The elements have no order, so neighbours say nothing.
    """

    mark: Mark
    elements: tuple[Diff, ...]
    is_set: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """A text of several lines of which some differ."""

    mark: Mark
    lines: tuple[tuple[Mark, str], ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text that is JSON on both sides: what differs is what it says."""

    mark: Mark
    inner: Diff


Diff = Whole | Members | Elements | Lines | Encoded


def diff(before: Value | None, after: Value | None) -> Diff:
    """What differs; None on a side means that there is nothing, not even null."""
    if before is None or after is None:
        return Whole(_one_sided(before), before, after)
    if same(before, after):
        return Whole(Mark.SAME, before, after)
    if _is_opaque(before) or _is_opaque(after):
        return Whole(Mark.CHANGE, before, after)
    return _inside(before, after)


def same(a: Value, b: Value) -> bool:
    """True when people would see no difference.

    A list read back from a record is a tuple and a map an object, and marks say where a value
    came from and not what it is; an unknown value is never the same as another. A value that
    becomes sensitive or ceases to be so is a change that people must see.
    """
    if a is b:
        return a.is_wholly_known
    if (is_hidden(a)) != (is_hidden(b)):
        return False
    left, right = a.raw, b.raw
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return left is not UNKNOWN and _comparable(left) == _comparable(right)


def _comparable(raw: object) -> tuple[str, object]:
    kind = "number" if _is_number(raw) else type(raw).__name__
    return kind, raw


def _is_number(raw: object) -> bool:
    return isinstance(raw, int | Decimal) and not isinstance(raw, bool)


def _one_sided(before: Value | None) -> Mark:
    return Mark.ADD if before is None else Mark.REMOVE


def _is_opaque(value: Value) -> bool:
    return is_hidden(value) or value.raw is UNKNOWN or value.raw is None


def _inside(before: Value, after: Value) -> Diff:
    left, right = before.raw, after.raw
    if isinstance(left, dict) and isinstance(right, dict):
        return _members(left, right)
    if isinstance(left, tuple) and isinstance(right, tuple):
        if isinstance(before.type, SetType) or isinstance(after.type, SetType):
            return _set_elements(left, right)
        return Elements(Mark.CHANGE, tuple(_elements(left, right)))
    if isinstance(left, str) and isinstance(right, str):
        return _text(before, after)
    return Whole(Mark.CHANGE, before, after)


def _members(left: dict[str, Value], right: dict[str, Value]) -> Members:
    names = sorted(left.keys() | right.keys())
    sides = ((n, _present(left.get(n)), _present(right.get(n))) for n in names)
    found = ((n, diff(a, b)) for n, a, b in sides if a is not None or b is not None)
    return Members(Mark.CHANGE, tuple(found))


def _present(value: Value | None) -> Value | None:
    """A member, or None where it is null: to people a null member is one that is not there."""
    if value is not None and value.raw is None and not is_hidden(value):
        return None
    return value


def _set_elements(left: tuple[Value, ...], right: tuple[Value, ...]) -> Elements:
    known_left, known_right = set(map(_key, left)), set(map(_key, right))
    kept = [Whole(Mark.SAME if _key(v) in known_right else Mark.REMOVE, v, None) for v in left]
    new = [Whole(Mark.ADD, None, v) for v in right if _key(v) not in known_left]
    return Elements(Mark.CHANGE, (*kept, *new), is_set=True)


def _elements(left: tuple[Value, ...], right: tuple[Value, ...]) -> Iterator[Diff]:
    matcher = SequenceMatcher(None, [*map(_key, left)], [*map(_key, right)], autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield from (Whole(Mark.SAME, v, v) for v in left[i:j])
        else:
            yield from _gap(left[i:j], right[k:m])


def _gap(left: Sequence[Value], right: Sequence[Value]) -> Iterator[Diff]:
    """Elements that fit nowhere: taken in pairs where a pair is likely one that changed."""
    pairs = min(len(left), len(right))
    even = len(left) == len(right)
    for a, b in zip(left[:pairs], right[:pairs], strict=True):
        if even or _alike(a, b):
            yield diff(a, b)
        else:
            yield from (diff(a, None), diff(None, b))
    yield from (diff(a, None) for a in left[pairs:])
    yield from (diff(None, b) for b in right[pairs:])


def _alike(a: Value, b: Value) -> bool:
    return isinstance(a.raw, dict | tuple) and type(a.raw) is type(b.raw)


def _key(value: Value) -> Hashable:
    """What two equal elements share. An unknown one shares it with none but itself."""
    raw = value.raw
    if isinstance(raw, dict):
        return "object", tuple((name, _key(member)) for name, member in raw.items())
    if isinstance(raw, tuple):
        return "sequence", tuple(map(_key, raw))
    if raw is UNKNOWN:
        return "unknown", id(value)
    return (*_comparable(raw), is_hidden(value))


def _text(before: Value, after: Value) -> Diff:
    old, new = before.as_string(), after.as_string()
    decoded = _decoded(old), _decoded(new)
    if decoded[0] is not None and decoded[1] is not None:
        return _encoded(before, after, decoded[0], decoded[1])
    if "\n" in old or "\n" in new:
        return Lines(Mark.CHANGE, tuple(line_diff(old, new)))
    return Whole(Mark.CHANGE, before, after)


def _encoded(before: Value, after: Value, old: Value, new: Value) -> Diff:
    # The same data spelled differently is a change all the same, of which only the text tells.
    if same(old, new):
        return Whole(Mark.CHANGE, before, after)
    return Encoded(Mark.CHANGE, diff(old, new))


def _decoded(text: str) -> Value | None:
    """What a text says when it is a JSON object or array; None when it is not."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return from_plain(json.loads(text, parse_float=Decimal))
    except (ValueError, RecursionError):
        return None


def line_diff(before: str, after: str) -> Iterator[tuple[Mark, str]]:
    """The lines of two texts, those that went before those that came."""
    if before.endswith("\n") and after.endswith("\n"):
        before, after = before[:-1], after[:-1]
    left, right = before.split("\n"), after.split("\n")
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield from ((Mark.SAME, line) for line in left[i:j])
        else:
            yield from ((Mark.REMOVE, line) for line in left[i:j])
            yield from ((Mark.ADD, line) for line in right[k:m])
