"""Why one type does not convert to another, in cty's words."""

from __future__ import annotations

from mlctl.core.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    CollectionType,
    MapType,
    ObjectType,
    TupleType,
    Type,
    is_primitive,
)
from mlctl.hcl.unify import convertible


def mismatch_message(got: Type, want: Type) -> str:
    """A phrase that says what is missing, without a full stop: ``string required``.

    It supposes that the types differ and does not ask whether they convert.
    """
    if isinstance(got, ObjectType) and isinstance(want, ObjectType):
        return _objects(got, want)
    if isinstance(want, CollectionType) and isinstance(got, (TupleType, ObjectType)):
        return _collection_of_structural(got, want)
    if isinstance(want, CollectionType) and isinstance(got, CollectionType):
        return _collections(got, want)
    if not _confusing(got, want):
        return f"{want.friendly_name} required, but have {got.friendly_name}"
    return _required(want)


def _required(want: Type) -> str:
    return f"{want.friendly_constraint} required"


def _objects(got: ObjectType, want: ObjectType) -> str:
    missing = [
        name for name in want.attributes if name not in got.attributes and name not in want.optional
    ]
    if missing:
        return _missing(missing)
    for unsafe in (True, False):
        for name, wanted in want.attributes.items():
            given = got.attributes.get(name, wanted)
            if not convertible(given, wanted, unsafe=unsafe):
                return f'attribute "{name}": {mismatch_message(given, wanted)}'
    return "incorrect object attributes"


def _missing(names: list[str]) -> str:
    quoted = [f'"{name}"' for name in sorted(names)]
    match quoted:
        case [one]:
            return f"attribute {one} is required"
        case [one, two]:
            return f"attributes {one} and {two} are required"
        case [*most, last]:
            return f"attributes {', '.join(most)}, and {last} are required"
        case _:
            raise AssertionError("no names")


def _collection_of_structural(got: TupleType | ObjectType, want: CollectionType) -> str:
    if isinstance(want, MapType) is not isinstance(got, ObjectType):
        return _required(want)
    if want.element is DYNAMIC:
        return f"all {want.kind} elements must have the same type"
    members = got.attributes.items() if isinstance(got, ObjectType) else enumerate(got.elements)
    for key, member in members:
        if not convertible(member, want.element):
            name = f'"{key}"' if isinstance(key, str) else key
            return f"element {name}: {mismatch_message(member, want.element)}"
    return f"all elements must be {want.element.friendly_constraint}"


def _collections(got: CollectionType, want: CollectionType) -> str:
    if isinstance(want, MapType) is not isinstance(got, MapType):
        return _required(want)
    return f"incorrect {want.kind} element type: {mismatch_message(got.element, want.element)}"


def _confusing(got: Type, want: Type) -> bool:
    """True when naming the given type beside the wanted one would puzzle more than help."""
    if is_primitive(got) is not is_primitive(want) or want is STRING:
        return False
    if {got, want} == {BOOL, NUMBER}:
        return False
    return not (isinstance(got, TupleType) and isinstance(want, ObjectType))
