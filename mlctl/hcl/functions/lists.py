"""Functions of lists, sets and tuples that look at them: what they hold, how many, which."""

from __future__ import annotations

from collections.abc import Sequence

from mlctl.core.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    CollectionType,
    ListType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    is_sequence,
)
from mlctl.core.value import (
    FALSE,
    NOTHING_KNOWN,
    TRUE,
    Bound,
    Refinement,
    Value,
    null,
    number,
    refine,
    unknown,
)
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.equality import equals
from mlctl.hcl.functions.regex_engine import graphemes
from mlctl.hcl.functions.spec import (
    Function,
    FunctionError,
    Parameter,
    anything,
    function,
    whole_number,
)
from mlctl.hcl.operators import OperatorError, add
from mlctl.hcl.unify import unify

_LIST = Parameter("list", DYNAMIC)
_BOOLS = Parameter("list", ListType(BOOL))
_NOT_ONE = "must be a list, set, or tuple value with either zero or one elements"
_NOT_NUMBERS = "argument must be list, set, or tuple of number values"


def known_length(value: Value) -> int | None:
    """How many elements a collection has; None while that is not known."""
    if isinstance(value.type, TupleType):
        return len(value.type.elements)
    if isinstance(value.type, ObjectType):
        return len(value.type.attributes)
    if not value.is_known:
        return None
    count = len(value.elements())
    # Elements of a set that are not known yet may turn out to be equal.
    open_ended = isinstance(value.type, SetType) and count > 1 and not value.is_wholly_known
    return None if open_ended else count


def length_range(value: Value) -> Refinement:
    """Between which numbers the length of a collection lies."""
    count = known_length(value)
    if count is not None:
        return Refinement(not_null=True, lower=Bound(count), upper=Bound(count))
    if value.is_known:
        return Refinement(not_null=True, lower=Bound(1), upper=Bound(len(value.elements())))
    low, high = value.refinement.min_length, value.refinement.max_length
    return Refinement(not_null=True, lower=Bound(low), upper=None if high is None else Bound(high))


@function("alltrue", "True when all elements are true.", _BOOLS, returns=BOOL)
def _alltrue(items: Value) -> Value:
    for item in items.elements():
        if not item.is_known:
            return unknown(BOOL)
        if item.raw is not True:
            return FALSE
    return TRUE


@function("anytrue", "True when at least one element is true.", _BOOLS, returns=BOOL)
def _anytrue(items: Value) -> Value:
    if any(item.raw is True for item in items.elements()):
        return TRUE
    return FALSE if items.is_wholly_known else unknown(BOOL)


def _common_type(args: Sequence[Value]) -> Type:
    found = unify([v.type for v in args], unsafe=True)
    if found is None:
        raise FunctionError("all arguments must have the same type")
    return found


@function(
    "coalesce",
    "The first argument that is neither null nor an empty string.",
    variadic=anything("vals"),
    returns=_common_type,
)
def _coalesce(*values: Value, wanted: Type) -> Value:
    for index, value in enumerate(values):
        if not value.is_known:
            return unknown(wanted)
        converted = _converted(value, wanted, index)
        if not converted.is_null and not (wanted is STRING and converted.raw == ""):
            return converted
    raise FunctionError("no non-null, non-empty-string arguments")


def _first_list_type(args: Sequence[Value]) -> Type:
    if not args:
        raise FunctionError("at least one argument is required")
    for value in args:
        if not value.is_known:
            return DYNAMIC
        if not isinstance(value.type, (ListType, TupleType)):
            raise FunctionError("coalescelist arguments must be lists or tuples")
    return args[0].type if len({v.type for v in args}) == 1 else DYNAMIC


@function(
    "coalescelist",
    "The first argument that is not an empty list.",
    variadic=anything("vals"),
    returns=_first_list_type,
)
def _coalescelist(*values: Value, wanted: Type) -> Value:
    for value in values:
        if not value.is_known:
            return unknown(wanted)
        if not value.is_null and value.elements():
            return value
    raise FunctionError("no non-null arguments")


@function(
    "contains",
    "True when a list, a set or a tuple holds the value.",
    _LIST,
    Parameter("value", DYNAMIC),
    returns=BOOL,
)
def _contains(items: Value, value: Value) -> Value:
    if not is_sequence(items.type):
        raise FunctionError("argument must be list, tuple, or set")
    answers = [equals(value, item) for item in items.elements()]
    if TRUE in answers:
        return TRUE
    return FALSE if all(answer.is_known for answer in answers) else unknown(BOOL)


def _element_type(args: Sequence[Value]) -> Type:
    items, index = args
    if isinstance(items.type, ListType):
        return items.type.element
    if not isinstance(items.type, TupleType):
        raise FunctionError(f"cannot read elements from {items.type.friendly_name}")
    if not index.is_known:
        return DYNAMIC
    return items.type.elements[_wrapped(index, len(items.type.elements))]


@function(
    "element",
    "The element at an index, counted around the end of the list.",
    Parameter("list", DYNAMIC, allow_marked=True),
    Parameter("index", NUMBER),
    returns=_element_type,
    refinement=NOTHING_KNOWN,
)
def _element(items: Value, index: Value, wanted: Type) -> Value:
    bare, marks = items.unmark()
    if not bare.is_known:
        return unknown(wanted).with_marks(marks)
    members = bare.elements()
    return members[_wrapped(index, len(members))].with_marks(marks)


@function(
    "index",
    "The index of the first element that equals the value.",
    _LIST,
    Parameter("value", DYNAMIC),
    returns=NUMBER,
)
def _index(items: Value, value: Value) -> Value:
    if not isinstance(items.type, (ListType, TupleType)):
        raise FunctionError("argument must be a list or tuple")
    if not items.elements():
        raise FunctionError("cannot search an empty list")
    for i, item in enumerate(items.elements()):
        answer = equals(item, value)
        if not answer.is_known:
            return unknown(NUMBER)
        if answer is TRUE:
            return number(i)
    raise FunctionError("item not found")


def _measured_type(args: Sequence[Value]) -> Type:
    t = args[0].type
    if t in (STRING, DYNAMIC) or isinstance(t, (CollectionType, TupleType, ObjectType)):
        return NUMBER
    raise FunctionError("argument must be a string, a collection type, or a structural type")


@function(
    "length",
    "How many elements a collection has, or characters a string.",
    Parameter("value", DYNAMIC, allow_unknown=True, allow_marked=True, allow_dynamic=True),
    returns=_measured_type,
    refinement=Refinement(not_null=True, lower=Bound(0)),
)
def _length(value: Value, wanted: Type) -> Value:
    bare, marks = value.unmark()
    if bare.type is STRING:
        return _string_length(bare).with_marks(marks)
    if bare.type is DYNAMIC:
        return unknown(wanted).with_marks(marks)
    return refine(unknown(NUMBER), length_range(bare)).with_marks(marks)


def _one_type(args: Sequence[Value]) -> Type:
    t = args[0].type
    if isinstance(t, (ListType, SetType)):
        return t.element
    if isinstance(t, TupleType) and len(t.elements) < 2:
        return t.elements[0] if t.elements else DYNAMIC
    raise FunctionError(_NOT_ONE, 0)


@function(
    "one",
    "The only element of a list, or null when it is empty.",
    _LIST,
    returns=_one_type,
    refinement=NOTHING_KNOWN,
)
def _one(items: Value, wanted: Type) -> Value:
    count = known_length(items)
    if count is None:
        return unknown(wanted)
    if count > 1:
        raise FunctionError(_NOT_ONE, 0)
    return items.elements()[0] if count else null(wanted)


@function("sum", "The sum of the numbers in a list.", _LIST, returns=NUMBER)
def _sum(items: Value) -> Value:
    if not isinstance(items.type, (CollectionType, TupleType, ObjectType)):
        raise FunctionError("cannot sum noniterable", 0)
    if not items.elements():
        raise FunctionError("cannot sum an empty list", 0)
    if not is_sequence(items.type):
        name = items.type.friendly_name
        raise FunctionError(f"argument must be list, set, or tuple. Received {name}", 0)
    if not items.is_wholly_known:
        return unknown(NUMBER)
    total = number(0)
    for item in items.elements():
        total = _added(total, item)
    return total


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (
        _alltrue,
        _anytrue,
        _coalesce,
        _coalescelist,
        _contains,
        _element,
        _index,
        _length,
        _one,
        _sum,
    )


def _converted(value: Value, wanted: Type, index: int) -> Value:
    try:
        return convert(value, wanted)
    except ConversionError as error:
        raise FunctionError(error.message, index) from error


def _wrapped(index: Value, count: int) -> int:
    position = whole_number(index, "invalid index: ")
    if count == 0:
        raise FunctionError("cannot use element function with an empty list")
    return position % count


def _string_length(text: Value) -> Value:
    if text.is_known:
        return number(len(graphemes(text.as_string())))
    least = len(graphemes(text.refinement.prefix))
    return refine(unknown(NUMBER), Refinement(not_null=True, lower=Bound(least)))


def _added(total: Value, item: Value) -> Value:
    if item.is_null:
        raise FunctionError(_NOT_NUMBERS, 0)
    try:
        return add(total, convert(item, NUMBER))
    except ConversionError:
        raise FunctionError(_NOT_NUMBERS, 0) from None
    except OperatorError as error:
        raise FunctionError(error.message) from error
