"""Operators on unknown, null and marked values."""

from __future__ import annotations

import pytest

from mlctl.core.types import BOOL, DYNAMIC, NUMBER, STRING, ListType, ObjectType
from mlctl.core.value import (
    DYNAMIC_UNKNOWN,
    FALSE,
    NOT_NULL,
    TRUE,
    Bound,
    Refinement,
    Value,
    from_plain,
    list_of,
    map_of,
    null,
    number,
    object_of,
    set_of,
    string,
    tuple_of,
    unknown,
)
from mlctl.hcl import operators
from mlctl.hcl.operators import OperatorError

BOOL_LATER = unknown(BOOL, NOT_NULL)
SOME_LIST = unknown(ListType(STRING), Refinement(not_null=True, min_length=1))


def test_operands_are_converted() -> None:
    assert operators.add(string("1"), number(2)) == number(3)
    assert operators.logical_and(string("true"), TRUE) == TRUE


def test_an_operand_of_the_wrong_type_is_named() -> None:
    with pytest.raises(OperatorError, match="a number is required") as caught:
        operators.subtract(number(1), string("x"))

    assert caught.value.side == "right"


def test_the_side_is_the_one_people_wrote_also_where_operands_are_swapped() -> None:
    with pytest.raises(OperatorError) as caught:
        operators.greater(string("x"), number(1))

    assert caught.value.side == "left"


def test_null_operands_are_refused() -> None:
    with pytest.raises(OperatorError, match="argument must not be null"):
        operators.add(null(NUMBER), number(1))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (unknown(STRING), null(), BOOL_LATER),
        (unknown(STRING, NOT_NULL), null(), FALSE),
        (unknown(STRING, Refinement(prefix="ab")), string("x"), FALSE),
        (unknown(STRING, Refinement(prefix="ab")), string("abc"), BOOL_LATER),
        (unknown(NUMBER, Refinement(lower=Bound(5))), number(4), FALSE),
        (unknown(NUMBER, Refinement(upper=Bound(5, inclusive=False))), number(5), FALSE),
        (SOME_LIST, list_of([], STRING), FALSE),
        (unknown(STRING), number(1), FALSE),
        (unknown(DYNAMIC), number(1), BOOL_LATER),
        (from_plain({"a": 1}), object_of({"a": unknown(NUMBER)}), BOOL_LATER),
        (from_plain({"a": 1, "b": 2}), object_of({"a": unknown(NUMBER)}), FALSE),
        (null(ObjectType({"a": STRING})), null(STRING), TRUE),
    ],
)
def test_equality_is_decided_as_soon_as_it_can_be(a: Value, b: Value, expected: Value) -> None:
    assert operators.equal(a, b) == expected
    assert operators.equal(b, a) == expected


def test_comparisons_use_what_is_known_of_unknown_numbers() -> None:
    small = unknown(NUMBER, Refinement(upper=Bound(3)))
    large = unknown(NUMBER, Refinement(lower=Bound(4)))

    assert operators.less(small, large) == TRUE
    assert operators.greater_equal(small, large) == FALSE
    assert operators.less(small, number(2)) == BOOL_LATER


def test_one_false_or_true_operand_can_decide_alone() -> None:
    assert operators.logical_and(unknown(BOOL), FALSE) == FALSE
    assert operators.logical_or(TRUE, unknown(BOOL)) == TRUE
    assert operators.logical_or(FALSE, unknown(BOOL)) == BOOL_LATER


def test_marks_of_both_operands_are_on_the_result() -> None:
    a, b = number(1).mark("a"), number(2).mark("b")

    assert operators.add(a, b) == number(3).mark("a", "b")
    assert operators.less(a, b) == TRUE.mark("a", "b")
    assert operators.equal(list_of([a]), list_of([b])) == FALSE.mark("a", "b")
    assert operators.negate(a) == number(-1).mark("a")
    assert operators.logical_not(TRUE.mark("x")) == FALSE.mark("x")


def test_comparing_with_null_does_not_look_inside() -> None:
    assert operators.equal(list_of([number(1).mark("inside")]), null()) == FALSE


def test_what_has_no_result_is_said() -> None:
    with pytest.raises(OperatorError, match="can't divide zero by zero"):
        operators.divide(number(0), number(0))
    infinite = operators.divide(number(1), number(0))
    with pytest.raises(OperatorError, match="can't subtract infinity"):
        operators.subtract(infinite, infinite)
    with pytest.raises(OperatorError, match="can't multiply zero by infinity"):
        operators.multiply(number(0), infinite)


def test_collections_are_equal_by_what_they_hold() -> None:
    later = list_of([unknown(STRING)])

    assert operators.equal(later, list_of([], STRING)) == FALSE
    assert operators.equal(later, list_of([string("a")])) == BOOL_LATER
    assert operators.equal(set_of([unknown(STRING)]), set_of([string("a")])) == BOOL_LATER
    assert operators.equal(map_of({"a": unknown(STRING)}), map_of({"b": unknown(STRING)})) == FALSE
    assert operators.not_equal(
        tuple_of([string("a"), unknown(STRING)]), from_plain(["b", "c"])
    ) == (TRUE)


def test_a_value_whose_type_is_not_known_may_still_be_equal() -> None:
    assert operators.equal(tuple_of([DYNAMIC_UNKNOWN]), from_plain([1])) == BOOL_LATER
    assert operators.equal(tuple_of([DYNAMIC_UNKNOWN]), from_plain([1, 2])) == FALSE
    assert operators.equal(tuple_of([DYNAMIC_UNKNOWN]), tuple_of([DYNAMIC_UNKNOWN])) == BOOL_LATER
    assert operators.equal(unknown(ListType(DYNAMIC)), from_plain({"a": 1})) == FALSE
