"""Conversion of values between types, by the rules and in the words of cty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mlctl.core.types import (
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
from mlctl.core.value import (
    Refinement,
    Value,
    boolean,
    list_of,
    map_of,
    null,
    number_text,
    object_of,
    parse_number,
    set_of,
    string,
    tuple_of,
    unknown,
)
from mlctl.core.value_make import number_exact
from mlctl.hcl.mismatch import mismatch_message
from mlctl.hcl.unify import common_element, convertible, element_types, unify


@dataclass(frozen=True, slots=True)
class AttributeStep:
    """Into an attribute of an object."""

    name: str


@dataclass(frozen=True, slots=True)
class IndexStep:
    """Into an element of a collection or a tuple."""

    key: str | int


Path: TypeAlias = tuple[AttributeStep | IndexStep, ...]


@dataclass
class ConversionError(ValueError):
    """A value does not convert to a type.

    Attributes:
        message: cty's words, without a full stop.
        path: Where in the value the trouble is.
    """

    message: str
    path: Path = ()

    def __str__(self) -> str:
        return self.message

    @property
    def path_text(self) -> str:
        """The path as it is written: ``.servers[0]["name"]``; empty for the value itself."""
        return "".join(map(_step_text, self.path))


def convert(value: Value, wanted: Type) -> Value:
    """The value as one of that type; the same object when it is one already.

    Marks stay where they are. A null or unknown value stays one, of the new type. Attributes the
    type does not name are dropped, missing optional ones are null.

    Raises:
        ConversionError: It does not convert.
    """
    if value.type is wanted or wanted is DYNAMIC:
        return value
    if value.type is without_optional(wanted):
        return value
    if not convertible(value.type, wanted):
        raise ConversionError(mismatch_message(value.type, wanted))
    return _convert(value, wanted, ())


def can_convert(source: Type, target: Type) -> bool:
    """True when some values of one type convert to the other."""
    return convertible(source, target)


def unify_values(values: Sequence[Value], *, unsafe: bool = True) -> list[Value] | None:
    """The values converted to the one type they unify to; None when there is none.

    Raises:
        ConversionError: A value does not convert after all.
    """
    target = unify([v.type for v in values], unsafe=unsafe)
    return None if target is None else [convert(v, target) for v in values]


def _convert(value: Value, wanted: Type, path: Path) -> Value:
    if wanted is DYNAMIC or value.type is wanted:
        return value
    if value.marks:
        bare, marks = value.unmark()
        return _convert(bare, wanted, path).with_marks(marks)
    if not value.is_known:
        return _unknown(value, without_optional(wanted))
    if value.is_null:
        return null(_filled(value.type, without_optional(wanted)))
    return _convert_known(value, wanted, path)


def _convert_known(value: Value, wanted: Type, path: Path) -> Value:
    match wanted:
        case ObjectType():
            return _to_object(value, wanted, path)
        case TupleType():
            members = zip(value.elements(), wanted.elements, strict=True)
            return tuple_of(
                _convert(m, t, (*path, IndexStep(i))) for i, (m, t) in enumerate(members)
            )
        case MapType():
            return _to_map(value, wanted, path)
        case ListType() | SetType():
            return _to_sequence(value, wanted, path)
        case _:
            return _to_primitive(value, wanted, path)


def _to_primitive(value: Value, wanted: Type, path: Path) -> Value:
    if wanted is STRING:
        if value.type is NUMBER:
            return string(number_text(value.as_number()))
        return string("true" if value.as_bool() else "false")
    if wanted is NUMBER:
        try:
            return number_exact(parse_number(value.as_string()))
        except ValueError:
            raise ConversionError("a number is required", path) from None
    return boolean(_truth(value.as_string(), path))


def _truth(text: str, path: Path) -> bool:
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    lower = text.lower()
    if lower in ("true", "false"):
        hint = f'; to convert from string, use lowercase "{lower}"'
        raise ConversionError(f"a bool is required{hint}", path)
    raise ConversionError("a bool is required", path)


def _to_object(value: Value, wanted: ObjectType, path: Path) -> Value:
    entries = value.entries()
    is_map = isinstance(value.type, MapType)
    made: dict[str, Value] = {}
    for name, t in wanted.attributes.items():
        if name in entries:
            step = IndexStep(name) if is_map else AttributeStep(name)
            made[name] = _attribute(entries[name], t, (*path, step), name, is_map)
        elif name in wanted.optional:
            made[name] = null(t)
        else:
            raise ConversionError(f'map has no element for required attribute "{name}"', path)
    return object_of(made)


def _attribute(value: Value, wanted: Type, path: Path, name: str, is_map: bool) -> Value:
    if is_map and not convertible(value.type, wanted):
        why = mismatch_message(value.type, wanted)
        raise ConversionError(
            f'map element type is incompatible with attribute "{name}": {why}', path[:-1]
        )
    return _convert(value, wanted, path)


def _to_map(value: Value, wanted: MapType, path: Path) -> Value:
    entries = value.entries()
    element = _element(value.type, wanted)
    if not entries:
        return map_of({}, element)
    made = {key: _convert(m, element, (*path, IndexStep(key))) for key, m in entries.items()}
    if isinstance(element, (CollectionType, ObjectType)):
        made = dict(zip(made, _same_type(list(made.values()), path), strict=True))
    return _collected(lambda: map_of(made), "map", path)


def _to_sequence(value: Value, wanted: ListType | SetType, path: Path) -> Value:
    members = value.elements()
    element = _element(value.type, wanted)
    make = list_of if isinstance(wanted, ListType) else set_of
    if not members:
        return make((), element)
    made = [_convert(m, element, (*path, IndexStep(i))) for i, m in enumerate(members)]
    if make is list_of and isinstance(value.type, TupleType):
        made = _same_type(made, path)
    return _collected(lambda: make(made), wanted.kind, path)


def _element(source: Type, wanted: CollectionType) -> Type:
    """The element type asked for; where that is ``any``, what the value's own elements share."""
    if isinstance(source, CollectionType):
        dynamic = wanted.element is DYNAMIC
        return source.element if dynamic else wanted.element
    assert isinstance(source, (TupleType, ObjectType))
    if not element_types(source):
        return without_optional(wanted.element)
    element = common_element(source, wanted, unsafe=True)
    assert element is not None
    return element


def _same_type(values: list[Value], path: Path) -> list[Value]:
    """Elements that ``any`` inside the wanted type left of different types, made alike."""
    alike = unify_values(values)
    if alike is None:
        raise ConversionError("cannot find a common base type for all elements", path)
    return alike


def _collected(make: Callable[[], Value], kind: str, path: Path) -> Value:
    try:
        return make()
    except ValueError:
        message = f"element types must all match for conversion to {kind}"
        raise ConversionError(message, path) from None


def _unknown(value: Value, wanted: Type) -> Value:
    source, known = value.type, value.refinement
    target = _filled(source, wanted)
    low, high = _length_range(source, target, known)
    lengths = Refinement(known.not_null, min_length=low, max_length=high)
    return unknown(target, lengths if isinstance(target, CollectionType) else known.only_null())


def _length_range(source: Type, target: Type, known: Refinement) -> tuple[int, int | None]:
    """How many elements the collection will have, from what is known of its source."""
    is_set = isinstance(target, SetType)
    match source:
        case CollectionType():
            low, high = known.min_length, known.max_length
        case TupleType() | ObjectType():
            low = len(element_types(source))
            high = low
        case _:
            return 0, None
    # Elements that differ may be equal once converted, so a set may be as small as one.
    return (min(low, 1) if is_set else low), high


def _filled(source: Type, wanted: Type) -> Type:
    """The wanted type, with what the source knows in place of ``any``."""
    if source is DYNAMIC or not wanted.has_dynamic:
        return wanted
    match wanted:
        case CollectionType():
            return type(wanted)(_filled(_any_element(source), wanted.element))
        case ObjectType():
            return ObjectType(
                {name: _filled(_member(source, name), t) for name, t in wanted.attributes.items()}
            )
        case TupleType() if isinstance(source, TupleType):
            pairs = zip(source.elements, wanted.elements, strict=True)
            return TupleType(_filled(a, b) for a, b in pairs)
        case _:
            return source


def _any_element(source: Type) -> Type:
    if isinstance(source, CollectionType):
        return source.element
    assert isinstance(source, (TupleType, ObjectType))
    return unify(element_types(source), unsafe=True) or DYNAMIC


def _member(source: Type, name: str) -> Type:
    if isinstance(source, MapType):
        return source.element
    return source.attributes.get(name, DYNAMIC) if isinstance(source, ObjectType) else DYNAMIC


def _step_text(step: AttributeStep | IndexStep) -> str:
    if isinstance(step, AttributeStep):
        return f".{step.name}"
    return f"[{step.key}]" if isinstance(step.key, int) else f'["{step.key}"]'
