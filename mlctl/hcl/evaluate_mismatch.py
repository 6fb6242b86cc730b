"""Why the two results of a conditional do not go together, in Terraform's words."""

from __future__ import annotations

from mlctl.core.types import CollectionType, ObjectType, TupleType, Type, is_structural


def describe_mismatch(if_true: Type, if_false: Type) -> str:
    """The first difference between two types that do not unify, without a full stop."""
    match if_true, if_false:
        case ObjectType(), ObjectType():
            found = _objects(if_true, if_false)
        case TupleType(), TupleType():
            found = _tuples(if_true, if_false)
        case CollectionType(), CollectionType():
            found = _collections(if_true, if_false)
        case _:
            found = ""
    return found or _names(if_true, if_false)


def _names(if_true: Type, if_false: Type) -> str:
    true_name, false_name = if_true.friendly_name, if_false.friendly_name
    if true_name == false_name:
        return (
            "At least one deeply-nested attribute or element is not compatible across both the "
            "'true' and the 'false' value"
        )
    return f"The 'true' value is {true_name}, but the 'false' value is {false_name}"


def _objects(if_true: ObjectType, if_false: ObjectType) -> str:
    for name, t in if_true.attributes.items():
        other = if_false.attributes.get(name)
        if other is None:
            return _absent("true", name, "false")
        if t is not other:
            why = describe_mismatch(t, other)
            return f'Type mismatch for object attribute "{name}": {why}'
    missing = (name for name in if_false.attributes if name not in if_true.attributes)
    return next((_absent("false", name, "true") for name in missing), "")


def _absent(here: str, name: str, there: str) -> str:
    return (
        f"The '{here}' value includes object attribute \"{name}\", which is absent in the "
        f"'{there}' value"
    )


def _tuples(if_true: TupleType, if_false: TupleType) -> str:
    counts = len(if_true.elements), len(if_false.elements)
    if counts[0] != counts[1]:
        return (
            f"The 'true' tuple has length {counts[0]}, but the 'false' tuple has length {counts[1]}"
        )
    for i, (a, b) in enumerate(zip(if_true.elements, if_false.elements, strict=True)):
        if a is not b:
            return f"Type mismatch for tuple element {i}: {describe_mismatch(a, b)}"
    return ""


def _collections(if_true: CollectionType, if_false: CollectionType) -> str:
    a, b = if_true.element, if_false.element
    if type(if_true) is type(if_false) and type(a) is type(b) and is_structural(a):
        return f"Mismatched {if_true.kind} element types: {describe_mismatch(a, b)}"
    return ""
