"""Functions that make new lists of lists: cut, joined, flattened, turned around."""

from __future__ import annotations

from collections.abc import Sequence

from mlctl.core.types import (
    DYNAMIC,
    EMPTY_TUPLE,
    NUMBER,
    STRING,
    ListType,
    SetType,
    TupleType,
    Type,
    is_sequence,
)
from mlctl.core.value import (
    DYNAMIC_UNKNOWN,
    TRUE,
    Marks,
    Value,
    list_of,
    number,
    tuple_of,
    unknown,
)
from mlctl.hcl import operators
from mlctl.hcl.convert import convert
from mlctl.hcl.equality import equals
from mlctl.hcl.functions.lists import known_length
from mlctl.hcl.functions.spec import (
    Function,
    FunctionError,
    Parameter,
    function,
    whole_number,
)
from mlctl.hcl.unify import unify

_STRINGS = ListType(STRING)
_ANY_LIST = Parameter("list", ListType(DYNAMIC))
_MARKED = Parameter("list", DYNAMIC, allow_marked=True)
_MAX_RANGE = 1024


def _list_of_first(args: Sequence[Value]) -> Type:
    return ListType(args[0].type)


def _same_as_first(args: Sequence[Value]) -> Type:
    return args[0].type


@function(
    "chunklist",
    "The list cut into lists of at most so many elements.",
    Parameter("list", ListType(DYNAMIC), allow_marked=True),
    Parameter("size", NUMBER, allow_marked=True),
    returns=_list_of_first,
)
def _chunklist(items: Value, size: Value, wanted: Type) -> Value:
    assert isinstance(wanted, ListType)
    bare, marks = items.unmark()
    count = whole_number(size.unmark()[0], "invalid size: ")
    if count < 0:
        raise FunctionError("the size argument must be positive")
    members = bare.elements()
    step = count or len(members) or 1
    chunks = [members[i : i + step] for i in range(0, len(members), step)]
    element = items.type
    assert isinstance(element, ListType)
    made = [list_of(chunk, element.element) for chunk in chunks]
    return list_of(made, element).with_marks(marks | size.marks)


@function(
    "compact",
    "The list without null and empty strings.",
    Parameter("list", _STRINGS),
    returns=_STRINGS,
)
def _compact(items: Value) -> Value:
    if not items.is_wholly_known:
        return unknown(_STRINGS)
    return list_of([v for v in items.elements() if v.raw], STRING)


def _concat_type(args: Sequence[Value]) -> Type:
    if not args:
        raise FunctionError("at least one argument is required")
    if all(isinstance(v.type, ListType) for v in args):
        common = unify([v.type for v in args], unsafe=True)
        if common is not None:
            return common
    elements: list[Type] = []
    for i, value in enumerate(args):
        if isinstance(value.type, TupleType):
            elements += value.type.elements
        elif not isinstance(value.type, ListType):
            name = value.type.friendly_name
            raise FunctionError(f"all arguments must be lists or tuples; got {name}", i)
        elif not value.is_known:
            return DYNAMIC
        else:
            elements += [value.type.element] * len(value.elements())
    return TupleType(elements)


@function(
    "concat",
    "All elements of several lists, in order.",
    variadic=Parameter("seqs", DYNAMIC, allow_marked=True),
    returns=_concat_type,
)
def _concat(*lists: Value, wanted: Type) -> Value:
    members: list[Value] = []
    marks: Marks = frozenset()
    for items in lists:
        alike = convert(items, wanted) if isinstance(wanted, ListType) else items
        bare, own = alike.unmark()
        members += bare.elements()
        marks |= own
    if isinstance(wanted, ListType):
        return list_of(members, wanted.element).with_marks(marks)
    return tuple_of(members).with_marks(marks)


@function("distinct", "The list without repeated elements.", _ANY_LIST, returns=_same_as_first)
def _distinct(items: Value, wanted: Type) -> Value:
    assert isinstance(wanted, ListType)
    if not items.is_wholly_known:
        return unknown(wanted)
    kept: list[Value] = []
    for item in items.elements():
        if not any(equals(item, other) is TRUE for other in kept):
            kept.append(item)
    return list_of(kept, wanted.element)


def _flat_type(args: Sequence[Value]) -> Type:
    items = args[0]
    if not items.is_wholly_known:
        return DYNAMIC
    if not is_sequence(items.type):
        raise FunctionError("can only flatten lists, sets and tuples")
    members, _, known = _flattened(items)
    return TupleType(m.type for m in members) if known else DYNAMIC


@function(
    "flatten",
    "All elements of a list, and of the lists in it, as one.",
    _MARKED,
    returns=_flat_type,
)
def _flatten(items: Value, wanted: Type) -> Value:
    if not is_sequence(items.type):
        raise FunctionError("can only flatten lists, sets and tuples")
    members, marks, known = _flattened(items)
    if not known:
        return unknown(wanted).with_marks(items.marks_deep())
    return tuple_of(members).with_marks(marks)


@function(
    "range",
    "A list of numbers from a start up or down to an end.",
    variadic=Parameter("params", NUMBER),
    returns=ListType(NUMBER),
)
def _range(*params: Value) -> Value:
    start, end, step = _range_of(params)
    down = step.as_number() < 0
    reached = operators.less_equal if down else operators.greater_equal
    _check_direction(start, end, step)
    members: list[Value] = []
    at = start
    while reached(at, end) is not TRUE:
        if len(members) >= _MAX_RANGE:
            raise FunctionError(
                "more than 1024 values were generated; either decrease the difference between "
                "start and end or use a smaller step"
            )
        members.append(at)
        at = operators.add(at, step)
    return list_of(members, NUMBER)


def _reversed_type(args: Sequence[Value]) -> Type:
    t = args[0].type
    if isinstance(t, TupleType):
        return TupleType(reversed(t.elements))
    if isinstance(t, (ListType, SetType)):
        return ListType(t.element)
    raise FunctionError(f"can only reverse list or tuple values, not {t.friendly_name}", 0)


@function("reverse", "The list in reverse order.", _MARKED, returns=_reversed_type)
def _reverse(items: Value, wanted: Type) -> Value:
    bare, marks = items.unmark()
    return _sequence(tuple(reversed(bare.elements())), wanted).with_marks(marks)


def _slice_type(args: Sequence[Value]) -> Type:
    items = args[0]
    if isinstance(items.type, SetType):
        raise FunctionError(
            "cannot slice a set, because its elements do not have indices; explicitly convert "
            "to a list if the ordering of the result is not important",
            0,
        )
    if not isinstance(items.type, (ListType, TupleType)):
        raise FunctionError("must be a list or tuple value", 0)
    start, end = _slice_bounds(args)
    if isinstance(items.type, ListType):
        return items.type
    if start is None or end is None:
        return DYNAMIC
    return TupleType(items.type.elements[start:end]) if end > start else EMPTY_TUPLE


@function(
    "slice",
    "The elements of a list from a start index to before an end index.",
    _MARKED,
    Parameter("start_index", NUMBER),
    Parameter("end_index", NUMBER),
    returns=_slice_type,
)
def _slice(items: Value, start: Value, end: Value, wanted: Type) -> Value:
    bare, marks = items.unmark()
    if wanted is DYNAMIC:
        return DYNAMIC_UNKNOWN.with_marks(marks)
    first, last = _slice_bounds((bare, start, end))
    return _sequence(bare.elements()[first:last], wanted).with_marks(marks)


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (_chunklist, _compact, _concat, _distinct, _flatten, _range, _reverse, _slice)


def _sequence(members: tuple[Value, ...], wanted: Type) -> Value:
    return list_of(members, wanted.element) if isinstance(wanted, ListType) else tuple_of(members)


def _flattened(items: Value) -> tuple[list[Value], Marks, bool]:
    """All elements, the marks of the lists they were in, and whether all of these are known."""
    bare, marks = items.unmark()
    if known_length(bare) is None or not bare.is_known:
        return [], marks, False
    members: list[Value] = []
    known = True
    for item in bare.elements():
        known = known and not item.unmark()[0].is_any
        if item.is_null or not is_sequence(item.type):
            members.append(item)
            continue
        inner, inner_marks, inner_known = _flattened(item)
        members += inner
        marks |= inner_marks
        known = known and inner_known
    return members, marks, known


def _range_of(params: Sequence[Value]) -> tuple[Value, Value, Value]:
    match params:
        case [end]:
            start = number(0)
        case [start, end]:
            pass
        case [start, end, step]:
            return start, end, step
        case _:
            raise FunctionError("must have one, two, or three arguments")
    return start, end, number(-1 if end.as_number() < start.as_number() else 1)


def _check_direction(start: Value, end: Value, step: Value) -> None:
    first, last, by = start.as_number(), end.as_number(), step.as_number()
    if by == 0:
        raise FunctionError("step must not be zero", 2)
    if by < 0 and last > first:
        raise FunctionError("end must be less than start when step is negative", 1)
    if by > 0 and last < first:
        raise FunctionError("end must be greater than start when step is positive", 1)


def _slice_bounds(args: Sequence[Value]) -> tuple[int | None, int | None]:
    length = known_length(args[0].unmark()[0])
    start = _slice_bound(args[1], "start", 1, length)
    end = _slice_bound(args[2], "end", 2, length)
    if start is not None and end is not None and start > end:
        raise FunctionError("start index must not be greater than end index", 1)
    return start, end


def _slice_bound(value: Value, name: str, argument: int, length: int | None) -> int | None:
    if not value.is_known:
        return None
    bound = whole_number(value, f"invalid {name} index: ", argument)
    if bound < 0:
        raise FunctionError(f"{name} index must not be less than zero", argument)
    if length is not None and bound > length:
        raise FunctionError(
            f"{name} index must not be greater than the length of the list", argument
        )
    return bound
