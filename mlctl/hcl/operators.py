"""The operators of the language on values, with unknown ones, nulls and marks, as in cty.

Each takes values as they come, converts them to what the operator works on, and gives the result
the marks of both. What an unknown operand leaves certain stays known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mlctl.core import value_number as arithmetic
from mlctl.core.types import BOOL, NUMBER, Type
from mlctl.core.value import (
    FALSE,
    NOT_NULL,
    TRUE,
    Bound,
    Number,
    Value,
    boolean,
    unknown,
)
from mlctl.core.value_make import number_exact
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.equality import equals

Side: TypeAlias = Literal["left", "right", "unary"]

_BOOL_LATER = unknown(BOOL, NOT_NULL)
_NUMBER_LATER = unknown(NUMBER, NOT_NULL)


@dataclass
class OperatorError(Exception):
    """An operator does not take these values.

    Attributes:
        message: cty's words, without a full stop.
        side: The operand at fault, or None when it is the operation as a whole.
    """

    message: str
    side: Side | None = None

    def __str__(self) -> str:
        return self.message


def add(a: Value, b: Value) -> Value:
    """``a + b``."""
    return _arithmetic(a, b, arithmetic.add, "can't compute sum of opposing infinities")


def subtract(a: Value, b: Value) -> Value:
    """``a - b``."""
    return _arithmetic(a, b, arithmetic.subtract, "can't subtract infinity from itself")


def multiply(a: Value, b: Value) -> Value:
    """``a * b``."""
    return _arithmetic(a, b, arithmetic.multiply, "can't multiply zero by infinity")


def divide(a: Value, b: Value) -> Value:
    """``a / b``; an infinity where only ``b`` is zero."""
    why = "can't divide zero by zero or infinity by infinity"
    return _arithmetic(a, b, arithmetic.divide, why)


def modulo(a: Value, b: Value) -> Value:
    """``a % b``, with the sign of ``a``; ``a`` where ``b`` is zero."""
    return _arithmetic(a, b, arithmetic.modulo, "can't use modulo with zero and infinity")


def negate(a: Value) -> Value:
    """``-a``."""
    operand = _operand(a, NUMBER, "unary")
    known = operand.is_known
    result = number_exact(arithmetic.negate(operand.as_number())) if known else _NUMBER_LATER
    return result.with_marks(operand.marks)


def equal(a: Value, b: Value) -> Value:
    """``a == b``: of one type and of one value, without conversion; nulls are all equal."""
    return equals(a, b)


def not_equal(a: Value, b: Value) -> Value:
    """``a != b``."""
    return logical_not(equals(a, b))


def less(a: Value, b: Value) -> Value:
    """``a < b``."""
    x, y = _operands(a, b, NUMBER)
    return _less(x, y).with_marks(x.marks | y.marks)


def greater(a: Value, b: Value) -> Value:
    """``a > b``."""
    x, y = _operands(a, b, NUMBER)
    return _less(y, x).with_marks(x.marks | y.marks)


def less_equal(a: Value, b: Value) -> Value:
    """``a <= b``."""
    return logical_not(greater(a, b))


def greater_equal(a: Value, b: Value) -> Value:
    """``a >= b``."""
    return logical_not(less(a, b))


def logical_and(a: Value, b: Value) -> Value:
    """``a && b``; false as soon as one of them is."""
    return _logical(a, b, _and)


def logical_or(a: Value, b: Value) -> Value:
    """``a || b``; true as soon as one of them is."""
    return _logical(a, b, _or)


def logical_not(a: Value) -> Value:
    """``!a``."""
    operand = _operand(a, BOOL, "unary")
    result = boolean(not operand.as_bool()) if operand.is_known else _BOOL_LATER
    return result.with_marks(operand.marks)


def _operand(given: Value, wanted: Type, side: Side) -> Value:
    try:
        operand = convert(given, wanted)
    except ConversionError as error:
        raise OperatorError(error.message, side) from error
    if operand.is_null:
        raise OperatorError("argument must not be null")
    return operand


def _operands(a: Value, b: Value, wanted: Type) -> tuple[Value, Value]:
    return _operand(a, wanted, "left"), _operand(b, wanted, "right")


def _arithmetic(
    a: Value, b: Value, compute: Callable[[Number, Number], Number], undefined: str
) -> Value:
    x, y = _operands(a, b, NUMBER)
    if x.is_known and y.is_known:
        try:
            result = number_exact(compute(x.as_number(), y.as_number()))
        except ArithmeticError:
            raise OperatorError(undefined) from None
        except ValueError as error:
            raise OperatorError(str(error)) from error
    else:
        result = _NUMBER_LATER
    return result.with_marks(x.marks | y.marks)


def _less(a: Value, b: Value) -> Value:
    if a.is_known and b.is_known:
        return boolean(a.as_number() < b.as_number())
    (a_low, a_high), (b_low, b_high) = _range(a), _range(b)
    if a_high is not None and b_low is not None and a_high < b_low:
        return TRUE
    if a_low is not None and b_high is not None and a_low > b_high:
        return FALSE
    return _BOOL_LATER


def _range(value: Value) -> tuple[Number | None, Number | None]:
    if value.is_known:
        return value.as_number(), value.as_number()
    return _number_of(value.refinement.lower), _number_of(value.refinement.upper)


def _number_of(bound: Bound | None) -> Number | None:
    return None if bound is None else bound.number


def _logical(a: Value, b: Value, decide: Callable[[Value, Value], Value]) -> Value:
    x, y = _operands(a, b, BOOL)
    return decide(x.unmark()[0], y.unmark()[0]).with_marks(x.marks | y.marks)


def _and(a: Value, b: Value) -> Value:
    if a.raw is False or b.raw is False:
        return FALSE
    return TRUE if a.is_known and b.is_known else _BOOL_LATER


def _or(a: Value, b: Value) -> Value:
    if a.raw is True or b.raw is True:
        return TRUE
    return FALSE if a.is_known and b.is_known else _BOOL_LATER
