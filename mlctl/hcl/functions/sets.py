"""Functions of sets: setintersection setproduct setsubtract setunion."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeAlias

from mlctl.core.types import (
    DYNAMIC,
    CollectionType,
    ListType,
    SetType,
    TupleType,
    Type,
)
from mlctl.core.value import (
    Refinement,
    Value,
    list_of,
    set_of,
    tuple_of,
    unknown,
)
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.functions.lists import known_length
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function, marks_of
from mlctl.hcl.unify import unify

Members: TypeAlias = Sequence[Value]

_ANY_SET = SetType(DYNAMIC)
_FIRST = Parameter("first_set", _ANY_SET, allow_dynamic=True)
_OTHERS = Parameter("other_sets", _ANY_SET, allow_dynamic=True)
_FIRST_OF_UNION = Parameter("first_set", _ANY_SET, allow_unknown=True, allow_dynamic=True)
_OTHERS_OF_UNION = Parameter("other_sets", _ANY_SET, allow_unknown=True, allow_dynamic=True)

# Beyond these a bound on the length of a product says too little to be worth keeping; cty's.
_MAX_BOUND_OF_ONE = 1024
_MAX_BOUND = 2048


def _joint_type(args: Sequence[Value]) -> Type:
    elements = [_element(v) for v in args]
    known = [t for t in elements if t is not None]
    if not known:
        return _ANY_SET
    joint = unify(known, unsafe=True)
    if joint is None:
        raise FunctionError("given sets must all have compatible element types")
    return SetType(joint)


@function(
    "setintersection",
    "What is in all of the sets.",
    _FIRST,
    variadic=_OTHERS,
    returns=_joint_type,
)
def _setintersection(*sets: Value, wanted: Type) -> Value:
    return _folded(sets, wanted, lambda a, b: [v for v in a if v in b])


@function(
    "setsubtract",
    "What is in the first set and not in the second.",
    Parameter("a", _ANY_SET, allow_dynamic=True),
    Parameter("b", _ANY_SET, allow_dynamic=True),
    returns=_joint_type,
)
def _setsubtract(*sets: Value, wanted: Type) -> Value:
    return _folded(sets, wanted, lambda a, b: [v for v in a if v not in b])


@function(
    "setunion",
    "What is in any of the sets.",
    _FIRST_OF_UNION,
    variadic=_OTHERS_OF_UNION,
    returns=_joint_type,
)
def _setunion(*sets: Value, wanted: Type) -> Value:
    return _folded(sets, wanted, lambda a, b: [*a, *b], unknown_members=True)


def _product_type(args: Sequence[Value]) -> Type:
    if len(args) < 2:
        raise FunctionError("at least two arguments are required")
    elements = TupleType(_factor_type(v.type, i) for i, v in enumerate(args))
    in_order = all(isinstance(v.type, (ListType, TupleType)) for v in args)
    return ListType(elements) if in_order else SetType(elements)


@function(
    "setproduct",
    "All combinations of one element of each of the sets.",
    variadic=Parameter("sets", DYNAMIC, allow_unknown=True, allow_marked=True),
    returns=_product_type,
)
def _setproduct(*sets: Value, wanted: Type) -> Value:
    assert isinstance(wanted, (ListType, SetType))
    assert isinstance(wanted.element, TupleType)
    bare = [v.unmark()[0] for v in sets]
    marks = frozenset[object]().union(*(v.marks for v in sets))
    if any(not v.is_known or known_length(v) is None for v in bare):
        return unknown(wanted, _product_length(bare)).with_marks(marks_of(sets))
    factors = [
        [convert(member, t) for member in v.elements()]
        for v, t in zip(bare, wanted.element.elements, strict=True)
    ]
    made = [tuple_of(combination) for combination in itertools.product(*factors)]
    make = list_of if isinstance(wanted, ListType) else set_of
    return make(made, wanted.element).with_marks(marks)


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (_setintersection, _setproduct, _setsubtract, _setunion)


def _element(value: Value) -> Type | None:
    """The element type, or None of an empty set that does not say."""
    if not isinstance(value.type, SetType):
        return DYNAMIC
    t = value.type.element
    silent = t is DYNAMIC and value.is_known and not value.elements()
    return None if silent else t


def _folded(
    sets: Sequence[Value],
    wanted: Type,
    combine: Callable[[Members, Members], Members],
    *,
    unknown_members: bool = False,
) -> Value:
    assert isinstance(wanted, SetType)
    alike = [_alike(v, wanted, i) for i, v in enumerate(sets)]
    if not all(v.is_known and (unknown_members or v.is_wholly_known) for v in alike):
        return unknown(wanted)
    first, *others = (v.elements() for v in alike)
    joined: Members = first
    for members in others:
        joined = combine(joined, members)
    return set_of(joined, wanted.element)


def _alike(value: Value, wanted: Type, index: int) -> Value:
    try:
        return convert(value, wanted)
    except ConversionError as error:
        raise FunctionError(error.message, index) from error


def _factor_type(t: Type, index: int) -> Type:
    if isinstance(t, (ListType, SetType)):
        return t.element
    if not isinstance(t, TupleType):
        raise FunctionError("a set or a list is required", index)
    if not t.elements:
        return DYNAMIC
    joint = unify(t.elements, unsafe=True)
    if joint is None:
        raise FunctionError("all elements must be of the same type", index)
    return joint


def _product_length(sets: Sequence[Value]) -> Refinement:
    most = 1
    for value in sets:
        bound = _most(value)
        if bound is None or bound > _MAX_BOUND_OF_ONE:
            return Refinement()
        most *= bound
        if most > _MAX_BOUND:
            return Refinement()
    # Not null, as the result of every function: so a length of none at all is known.
    return Refinement(not_null=True, min_length=min(most, 1), max_length=most)


def _most(value: Value) -> int | None:
    if isinstance(value.type, TupleType):
        return len(value.type.elements)
    if not isinstance(value.type, CollectionType):
        return None
    return len(value.elements()) if value.is_known else value.refinement.max_length
