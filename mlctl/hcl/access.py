"""Steps into values: ``.name`` and ``[key]``, with unknown values and marks.

The rules and the words of errors are those of hashicorp/hcl's ``GetAttr`` and ``Index``, which
Terraform shows as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlctl.core.suggest import did_you_mean
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
    is_primitive,
)
from mlctl.core.value import DYNAMIC_UNKNOWN, Marks, Value, unknown
from mlctl.hcl.convert import ConversionError, convert

_NO_ELEMENT = "The given key does not identify an element in this collection value"


@dataclass
class AccessError(Exception):
    """A value has no such attribute or element.

    Attributes:
        summary: As a diagnostic has it.
        detail: Whole sentences.
        hint: The nearest name there is.
    """

    summary: str
    detail: str
    hint: str = ""

    def __str__(self) -> str:
        return self.detail


def get_attribute(value: Value, name: str) -> Value:
    """``value.name``.

    Raises:
        AccessError: There is no such attribute.
    """
    if value.is_null:
        raise AccessError(
            "Attempt to get attribute from null value",
            "This value is null, so it does not have any attributes.",
        )
    match value.type:
        case ObjectType() as t:
            if name not in t.attributes:
                raise AccessError(
                    "Unsupported attribute",
                    f'This object does not have an attribute named "{name}".',
                    did_you_mean(name, t.attributes),
                )
            return _member(value, name)
        case MapType() as t:
            if value.is_known and name not in value.entries():
                raise AccessError(
                    "Missing map element",
                    f'This map does not have an element with the key "{name}".',
                    did_you_mean(name, value.entries()),
                )
            return _member(value, name)
        case _ if value.type is DYNAMIC:
            return DYNAMIC_UNKNOWN.with_marks(value.marks)
        case _:
            raise AccessError("Unsupported attribute", _no_attributes(value, name))


def _no_attributes(value: Value, name: str) -> str:
    t = value.type
    if isinstance(t, ListType) and isinstance(t.element, ObjectType):
        which = f'attribute "{name}"' if name in t.element.attributes else "an attribute"
        return (
            f"Can't access attributes on a list of objects. Did you mean to access {which} for a "
            "specific element of the list, or across all elements of the list?"
        )
    if isinstance(t, SetType) and isinstance(t.element, ObjectType):
        return (
            "Can't access attributes on a set of objects. Did you mean to access an attribute "
            "across all elements of the set?"
        )
    if is_primitive(t):
        return f"Can't access attributes on a primitive-typed value ({t.friendly_name})."
    return "This value does not have any attributes."


def _member(value: Value, key: str) -> Value:
    if value.is_known:
        return value.entries()[key].with_marks(value.marks)
    t = value.type
    found = t.attributes[key] if isinstance(t, ObjectType) else _element(value)
    return unknown(found).with_marks(value.marks)


def _element(value: Value) -> Type:
    assert isinstance(value.type, CollectionType)
    return value.type.element


def index(value: Value, key: Value) -> Value:
    """``value[key]``.

    Raises:
        AccessError: There is no such element.
    """
    if value.is_null:
        raise AccessError(
            "Attempt to index null value", "This value is null, so it does not have any indices."
        )
    if key.is_null:
        raise _invalid("Can't use a null value as an indexing key.")
    if value.type is DYNAMIC or key.type is DYNAMIC:
        return DYNAMIC_UNKNOWN.with_marks(_of_any(value, key))
    match value.type:
        case ListType() | TupleType():
            return _by_number(value, _key(key, NUMBER))
        case MapType():
            return _by_name(value, _key(key, STRING))
        case ObjectType():
            return _by_attribute(value, key)
        case SetType():
            raise _invalid(
                "Elements of a set are identified only by their value and don't have any separate "
                "index or key to select with, so it's only possible to perform operations across "
                "all elements of the set."
            )
        case _:
            raise _invalid("This value does not have any indices.")


def _invalid(detail: str) -> AccessError:
    return AccessError("Invalid index", detail)


def _key(key: Value, wanted: Type) -> Value:
    try:
        return convert(key, wanted)
    except ConversionError as error:
        raise _invalid(f"{_NO_ELEMENT}: {error.message}.") from error


def _by_number(value: Value, key: Value) -> Value:
    is_tuple = isinstance(value.type, TupleType)
    if not key.is_known or not (is_tuple or value.is_known):
        t = DYNAMIC if is_tuple else _element(value)
        return unknown(t).with_marks(_of_any(value, key))
    number = key.as_number()
    if not isinstance(number, int):
        raise _invalid(
            f"{_NO_ELEMENT}: indexing a sequence requires a whole number, but the given index has "
            "a fractional part."
        )
    if number < 0:
        raise _invalid(f"{_NO_ELEMENT}: a negative number is not a valid index for a sequence.")
    if number >= _length(value):
        raise _invalid(_too_far(value))
    if isinstance(value.type, TupleType) and not value.is_known:
        found = unknown(value.type.elements[number])
    else:
        found = value.elements()[number]
    return found.with_marks(value.marks | key.marks)


def _length(value: Value) -> int:
    if isinstance(value.type, TupleType):
        return len(value.type.elements)
    return len(value.elements())


def _too_far(value: Value) -> str:
    if value.marks:
        return f"{_NO_ELEMENT}."  # How long a sensitive list is may be a secret, too.
    if not _length(value):
        return f"{_NO_ELEMENT}: the collection has no elements."
    return (
        f"{_NO_ELEMENT}: the given index is greater than or equal to the length of the collection."
    )


def _by_name(value: Value, key: Value) -> Value:
    if not (key.is_known and value.is_known):
        return unknown(_element(value)).with_marks(_of_any(value, key))
    found = value.entries().get(key.as_string())
    if found is None:
        raise _invalid(f"{_NO_ELEMENT}.")
    return found.with_marks(value.marks | key.marks)


def _by_attribute(value: Value, key: Value) -> Value:
    text = _key(key, STRING)
    if not text.is_known:
        return DYNAMIC_UNKNOWN.with_marks(_of_any(value, key))
    assert isinstance(value.type, ObjectType)
    if text.as_string() not in value.type.attributes:
        by_number = ""
        if key.type is NUMBER:
            by_number = (
                " An object only supports looking up attributes by name, not by numeric index."
            )
        raise _invalid(f"{_NO_ELEMENT}.{by_number}")
    return _member(value, text.as_string()).with_marks(key.marks)


def _of_any(value: Value, key: Value) -> Marks:
    """The marks of an element that is not known: it may be any of them."""
    return value.marks_deep() | key.marks_deep()
