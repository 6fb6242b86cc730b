"""The constructors of values: the only way others make them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal

from mlctl.core.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    CollectionType,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    without_optional,
)
from mlctl.core.value_base import UNKNOWN, Marks, Value
from mlctl.core.value_number import Number, exact
from mlctl.core.value_order import in_order
from mlctl.core.value_refinement import NOTHING_KNOWN, Bound, Refinement


def string(s: str) -> Value:
    """A string, in Unicode's normal form C as every string of the language."""
    return Value(STRING, s if s.isascii() else unicodedata.normalize("NFC", s))


def number(n: int | Decimal) -> Value:
    """A number.

    Raises:
        ValueError: It is NaN or out of range.
    """
    return Value(NUMBER, exact(n))


def boolean(b: bool) -> Value:
    """A bool."""
    return TRUE if b else FALSE


def null(type: Type = DYNAMIC) -> Value:
    """Null of a type."""
    return DYNAMIC_NULL if type is DYNAMIC else Value(without_optional(type), None)


def unknown(
    type: Type = DYNAMIC,
    refinement: Refinement | None = None,
) -> Value:
    """A value only apply will tell; known after all where the refinement leaves but one."""
    if type is DYNAMIC:
        return DYNAMIC_UNKNOWN
    plain = Value(without_optional(type), UNKNOWN)
    return plain if refinement is None else refine(plain, refinement)


def refine(value: Value, refinement: Refinement) -> Value:
    """The value, with what else is known of it if it is unknown."""
    if value.raw is not UNKNOWN or value.type is DYNAMIC:
        return value
    narrow = value.refinement.also(refinement)
    known = _collapsed(value.type, narrow) if narrow.not_null else None
    if known is not None:
        return known.with_marks(value.marks)
    return Value(value.type, UNKNOWN, value.marks, narrow)


def list_of(values: Iterable[Value], element: Type | None = None) -> Value:
    """A list; the element type is the values' own where it is not given.

    Raises:
        ValueError: The values are not of one type.
    """
    members, of = _members(tuple(values), element)
    return Value(ListType(of), members)


def set_of(values: Iterable[Value], element: Type | None = None) -> Value:
    """A set: deduplicated, in order. It takes the marks of everything in it, as cty's does.

    Raises:
        ValueError: The values are not of one type.
    """
    members, of = _members(tuple(values), element)
    marks: Marks = frozenset().union(*(m.marks_deep() for m in members if m.contains_marked))
    if marks:
        members = tuple(m.unmark_deep()[0] for m in members)
    return Value(SetType(of), in_order(members, of), marks)


def map_of(mapping: Mapping[str, Value], element: Type | None = None) -> Value:
    """A map; the element type is the values' own where it is not given.

    Raises:
        ValueError: The values are not of one type.
    """
    keys = sorted(mapping)
    members, of = _members(tuple(mapping[key] for key in keys), element)
    return Value(MapType(of), dict(zip(map(_key, keys), members, strict=True)))


def tuple_of(values: Iterable[Value]) -> Value:
    """A tuple."""
    members = tuple(values)
    return Value(TupleType(v.type for v in members), members)


def object_of(mapping: Mapping[str, Value]) -> Value:
    """An object."""
    entries = {_key(name): mapping[name] for name in sorted(mapping)}
    return Value(ObjectType({name: v.type for name, v in entries.items()}), entries)


def number_exact(n: Number) -> Value:
    """A number already in canonical form, as ``value_number`` makes it."""
    return Value(NUMBER, n)


TRUE = Value(BOOL, True)
FALSE = Value(BOOL, False)
DYNAMIC_NULL = Value(DYNAMIC, None)
DYNAMIC_UNKNOWN = Value(DYNAMIC, UNKNOWN)


def _key(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _members(values: tuple[Value, ...], element: Type | None) -> tuple[tuple[Value, ...], Type]:
    """The values, those of unknown type taken for the others' type, and this type."""
    if element is None:
        element = next((v.type for v in values if v.type is not DYNAMIC), DYNAMIC)
    element = without_optional(element)
    if all(v.type is element for v in values):
        return values, element
    return tuple(_typed(v, element) for v in values), element


def _typed(value: Value, element: Type) -> Value:
    if value.type is element:
        return value
    if value.type is not DYNAMIC:
        raise ValueError(
            f"elements of one collection differ: {element!r} is wanted, {value.type!r} given"
        )
    return Value(element, value.raw, value.marks)


def _collapsed(t: Type, narrow: Refinement) -> Value | None:
    """The one value a refinement leaves, if it leaves but one."""
    if t is NUMBER:
        return _collapsed_number(narrow.lower, narrow.upper)
    if isinstance(t, CollectionType) and narrow.min_length == narrow.max_length:
        return _collapsed_collection(t, narrow.min_length)
    return None


def _collapsed_number(lower: Bound | None, upper: Bound | None) -> Value | None:
    same = lower is not None and lower == upper and lower.inclusive
    return number_exact(lower.number) if same and lower is not None else None


def _collapsed_collection(t: CollectionType, length: int) -> Value | None:
    if length == 0:
        return Value(t, {} if isinstance(t, MapType) else ())
    one_of_set = isinstance(t, SetType) and length == 1
    if isinstance(t, ListType) or one_of_set:
        return Value(t, (Value(t.element, UNKNOWN, frozenset(), NOTHING_KNOWN),) * length)
    return None
