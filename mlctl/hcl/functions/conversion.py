"""Functions of types and marks: tostring and its like, sensitive and its like."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlctl.core.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
)
from mlctl.core.value import (
    FALSE,
    NOTHING_KNOWN,
    SENSITIVE,
    TRUE,
    Value,
    list_of,
    map_of,
    null,
    object_of,
    tuple_of,
    unknown,
)
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.functions.go_quote import quote
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function
from mlctl.hcl.mismatch import mismatch_message
from mlctl.hcl.unify import convertible

EPHEMERAL = "ephemeral"
"""The mark of what must not be kept."""


def _open(name: str) -> Parameter:
    return Parameter(
        name,
        DYNAMIC,
        allow_null=True,
        allow_unknown=True,
        allow_marked=True,
        allow_dynamic=True,
    )


_VALUE = _open("value")


def _own_type(args: Sequence[Value]) -> Type:
    return args[0].type


@function(
    "ephemeralasnull",
    "The value, with null in place of whatever is ephemeral.",
    _VALUE,
    returns=_own_type,
    refinement=NOTHING_KNOWN,
)
def _ephemeralasnull(value: Value, wanted: Type) -> Value:
    assert wanted is value.type
    return _without_ephemeral(value)


@function(
    "issensitive",
    "True when the value is marked as sensitive.",
    _VALUE,
    returns=BOOL,
    refinement=NOTHING_KNOWN,
)
def _issensitive(value: Value) -> Value:
    kept = value.marks_deep() - {SENSITIVE}
    if SENSITIVE in value.marks:
        return TRUE.with_marks(kept)
    return (FALSE if value.is_known else unknown(BOOL)).with_marks(kept)


@function(
    "nonsensitive",
    "The value without the mark that it is sensitive.",
    _VALUE,
    returns=_own_type,
    refinement=NOTHING_KNOWN,
)
def _nonsensitive(value: Value, wanted: Type) -> Value:
    assert wanted is value.type
    bare, marks = value.unmark()
    return bare.with_marks(marks - {SENSITIVE})


@function(
    "sensitive",
    "The value, marked as sensitive.",
    _VALUE,
    returns=_own_type,
    refinement=NOTHING_KNOWN,
)
def _sensitive(value: Value, wanted: Type) -> Value:
    assert wanted is value.type
    return value.mark(SENSITIVE)


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (
        _ephemeralasnull,
        _issensitive,
        _nonsensitive,
        _sensitive,
        conversion_to("tobool", BOOL),
        conversion_to("tolist", ListType(DYNAMIC)),
        conversion_to("tomap", MapType(DYNAMIC)),
        conversion_to("tonumber", NUMBER),
        conversion_to("toset", SetType(DYNAMIC)),
        conversion_to("tostring", STRING),
    )


def conversion_to(name: str, target: Type) -> Function:
    """The function of that name that converts its argument to a type."""
    declare = function(
        name,
        f"The value as a {target.friendly_constraint.removesuffix(' of any single type')}.",
        _open("v"),
        returns=_converted_type(target),
        refinement=NOTHING_KNOWN,
    )
    return declare(_converted)


def _converted(value: Value, wanted: Type) -> Value:
    try:
        return convert(value, wanted)
    except ConversionError as error:
        raise FunctionError(_trouble(value, wanted), 0) from error


def _converted_type(target: Type) -> Callable[[Sequence[Value]], Type]:
    def wanted(args: Sequence[Value]) -> Type:
        given = args[0].type
        if convertible(given, target):
            return target
        for kind, name in ((TupleType, "tuple"), (ObjectType, "object")):
            if isinstance(given, kind) and isinstance(target, kind):
                why = mismatch_message(given, target)
                raise FunctionError(f"incompatible {name} type for conversion: {why}", 0)
        raise FunctionError(_cannot(given, target), 0)

    return wanted


def _trouble(value: Value, wanted: Type) -> str:
    if SENSITIVE in value.marks_deep():
        name = value.type.friendly_name
        return f"cannot convert this sensitive {name} to {wanted.friendly_constraint}"
    if value.type is STRING and wanted is BOOL:
        only = 'only the strings "true" or "false" are allowed'
        return f"cannot convert {quote(value.as_string())} to bool; {only}"
    if value.type is STRING and wanted is NUMBER:
        only = "given string must be a decimal representation of a number"
        return f"cannot convert {quote(value.as_string())} to number; {only}"
    return _cannot(value.type, wanted)


def _cannot(given: Type, wanted: Type) -> str:
    return f"cannot convert {given.friendly_name} to {wanted.friendly_constraint}"


def _without_ephemeral(value: Value) -> Value:
    if EPHEMERAL in value.marks:
        return null(value.type).with_marks(value.marks - {EPHEMERAL})
    if not value.contains_marked:
        return value
    return _rebuilt(value).with_marks(value.marks)


def _rebuilt(value: Value) -> Value:
    match value.type:
        case ListType(element=element):
            return list_of(map(_without_ephemeral, value.elements()), element)
        case MapType(element=element):
            entries = value.entries().items()
            return map_of({k: _without_ephemeral(v) for k, v in entries}, element)
        case TupleType() if value.is_known and not value.is_null:
            return tuple_of(map(_without_ephemeral, value.elements()))
        case ObjectType() if value.is_known and not value.is_null:
            return object_of({k: _without_ephemeral(v) for k, v in value.entries().items()})
        case _:
            return value
