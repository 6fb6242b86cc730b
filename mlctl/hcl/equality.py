"""Equality of values where some are not known yet: true, false, or known after apply."""

from __future__ import annotations

from collections.abc import Iterable

from mlctl.core.types import (
    BOOL,
    NUMBER,
    STRING,
    CollectionType,
    ListType,
    MapType,
    SetType,
    Type,
    conforms,
)
from mlctl.core.value import (
    FALSE,
    NOT_NULL,
    TRUE,
    UNKNOWN,
    Refinement,
    Value,
    boolean,
    unknown,
)

_LATER = unknown(BOOL, NOT_NULL)


def equals(a: Value, b: Value) -> Value:
    """Whether two values are equal: of one type and of one value; all nulls are equal.

    The answer has the marks of both, those inside them too, but where exactly one is null: there
    nothing inside the other mattered.
    """
    if not (a.contains_marked or b.contains_marked):
        return _equals(a, b)
    bare_a, marks_a = a.unmark_deep()
    bare_b, marks_b = b.unmark_deep()
    if a.is_null is not b.is_null:
        marks_a, marks_b = a.marks, b.marks
    return _equals(bare_a, bare_b).with_marks(marks_a | marks_b)


def _equals(a: Value, b: Value) -> Value:
    if a.is_known and b.is_known:
        return _known_equals(a, b)
    if a.is_known:
        return _later_equals(b, a)
    return _later_equals(a, b) if b.is_known else _LATER


def _later_equals(later: Value, known: Value) -> Value:
    """An unknown value against a known one: false where it cannot become that."""
    if known.is_null:
        return FALSE if later.is_never_null else _LATER
    if later.type.has_dynamic:
        return _LATER if conforms(known.type, later.type) else FALSE
    if later.type is not known.type or not _within(later.refinement, known):
        return FALSE
    return _LATER


def _within(refinement: Refinement, known: Value) -> bool:
    """False when the known value is outside of what the refinement allows."""
    if known.type is STRING:
        return known.as_string().startswith(refinement.prefix)
    if known.type is NUMBER:
        return _between(refinement, known)
    if isinstance(known.type, CollectionType):
        count = len(known.elements())
        most = refinement.max_length
        return refinement.min_length <= count and (most is None or count <= most)
    return True


def _between(refinement: Refinement, known: Value) -> bool:
    n, low, high = known.as_number(), refinement.lower, refinement.upper
    above = low is None or n > low.number or (low.inclusive and n == low.number)
    below = high is None or n < high.number or (high.inclusive and n == high.number)
    return above and below


def _known_equals(a: Value, b: Value) -> Value:
    if a.is_null or b.is_null:
        return boolean(a.is_null and b.is_null)
    if a.type is not b.type:
        return _by_types(a.type, b.type)
    if a.is_wholly_known and b.is_wholly_known:
        return boolean(a.raw == b.raw)
    if a.type.has_dynamic:
        return _LATER
    if isinstance(a.type, SetType):
        return _LATER
    return _members_equal(a, b)


def _by_types(a: Type, b: Type) -> Value:
    if not (a.has_dynamic or b.has_dynamic):
        return FALSE
    return _LATER if conforms(a, b) or conforms(b, a) else FALSE


def _members_equal(a: Value, b: Value) -> Value:
    if isinstance(a.type, MapType) and a.entries().keys() != b.entries().keys():
        return FALSE
    if isinstance(a.type, ListType) and len(a.elements()) != len(b.elements()):
        return FALSE
    return _all(_equals(x, y) for x, y in zip(a.elements(), b.elements(), strict=True))


def _all(answers: Iterable[Value]) -> Value:
    """False at the first that is false, later at the first that is not known: as cty walks."""
    for answer in answers:
        if answer is not TRUE:
            return FALSE if answer.raw is not UNKNOWN else _LATER
    return TRUE
