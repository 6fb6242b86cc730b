"""Defaults of optional attributes, ``optional(type, default)``, put into a value.

They are applied before the value is converted to the type constraint, as Terraform does: only so
can a nested object that is given in part keep what is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mlctl.core.types import ListType, MapType, ObjectType, SetType, TupleType, Type, is_sequence
from mlctl.core.value import (
    NOT_NULL,
    Value,
    list_of,
    map_of,
    object_of,
    refine,
    set_of,
    tuple_of,
)
from mlctl.hcl.convert import ConversionError, unify_values


@dataclass(frozen=True, slots=True)
class Defaults:
    """The defaults a type constraint names, as a tree that follows the type.

    Attributes:
        type: The constraint these belong to.
        values: By attribute name.
        children: By attribute name, by index as text in a tuple, and under ``""`` for the
            elements of a collection.
    """

    type: Type
    values: Mapping[str, Value] = field(default_factory=dict)
    children: Mapping[str, Defaults] = field(default_factory=dict)

    def child(self, key: str | int) -> Defaults | None:
        """The defaults for what stands under a key or at an index."""
        named = isinstance(self.type, TupleType if isinstance(key, int) else ObjectType)
        return self.children.get(str(key) if named else "")


def apply_defaults(defaults: Defaults, value: Value) -> Value:
    """The value with defaults for attributes that are missing or null; marks stay."""
    if not value.is_known or value.is_null or not (defaults.values or defaults.children):
        return value
    bare, marks = value.unmark()
    if is_sequence(bare.type):
        return _sequence(defaults, bare).with_marks(marks)
    if isinstance(bare.type, (ObjectType, MapType)):
        return _keyed(defaults, bare).with_marks(marks)
    return value


def _sequence(defaults: Defaults, value: Value) -> Value:
    members = [_member(defaults, i, m) for i, m in enumerate(value.elements())]
    if isinstance(value.type, (ListType, SetType)):
        make = list_of if isinstance(value.type, ListType) else set_of
        if not members:
            return make((), value.type.element)
        alike = _alike(members)
        if alike is not None:
            return make(alike)
    return tuple_of(members)


def _keyed(defaults: Defaults, value: Value) -> Value:
    entries = {key: _member(defaults, key, m) for key, m in value.entries().items()}
    for name, default in defaults.values.items():
        entries[name] = _with_default(defaults, entries.get(name), name, default)
    if isinstance(value.type, MapType):
        if not entries:
            return map_of({}, value.type.element)
        keys = sorted(entries)
        alike = _alike([entries[key] for key in keys])
        if alike is not None:
            return map_of(dict(zip(keys, alike, strict=True)))
    return object_of(entries)


def _with_default(defaults: Defaults, given: Value | None, name: str, default: Value) -> Value:
    if given is None or given.is_null:
        child = defaults.children.get(name)
        made = default if child is None else apply_defaults(child, default)
        return made if given is None else made.with_marks(given.marks)
    # What is null will be replaced, so an unknown value that stays is not.
    return refine(given, NOT_NULL) if default.is_never_null else given


def _member(defaults: Defaults, key: str | int, value: Value) -> Value:
    child = defaults.child(key)
    return value if child is None else apply_defaults(child, value)


def _alike(values: Iterable[Value]) -> list[Value] | None:
    try:
        return unify_values(list(values))
    except ConversionError:
        return None
