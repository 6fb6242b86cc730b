"""Functions of numbers: abs ceil floor log max min parseint pow signum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from mlctl.core.types import DYNAMIC, NUMBER, STRING, Type
from mlctl.core.value import SENSITIVE, Number, Value, number
from mlctl.core.value_make import number_exact
from mlctl.core.value_number import INFINITY, exact, negate
from mlctl.hcl.functions.go_math import go_log, go_pow
from mlctl.hcl.functions.go_quote import quote
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function, whole_number

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUM = Parameter("num", NUMBER)
_NUMBERS = Parameter("numbers", NUMBER, allow_dynamic=True)


@function(
    "abs",
    "The number without its sign.",
    Parameter("num", NUMBER, allow_dynamic=True),
    returns=NUMBER,
)
def _abs(num: Value) -> Value:
    return number_exact(_absolute(num.as_number()))


@function("ceil", "The nearest whole number not below the given one.", _NUM, returns=NUMBER)
def _ceil(num: Value) -> Value:
    return number_exact(_rounded(num.as_number(), ROUND_CEILING))


@function("floor", "The nearest whole number not above the given one.", _NUM, returns=NUMBER)
def _floor(num: Value) -> Value:
    return number_exact(_rounded(num.as_number(), ROUND_FLOOR))


@function(
    "log",
    "The logarithm of a number to a base.",
    _NUM,
    Parameter("base", NUMBER),
    returns=NUMBER,
)
def _log(num: Value, base: Value) -> Value:
    n, b = (go_log(_float(v)) for v in (num, base))
    if b == 0:
        return _from_float(math.copysign(math.inf, n) if n else math.nan)
    return _from_float(n / b)


@function("max", "The greatest of the numbers.", variadic=_NUMBERS, returns=NUMBER)
def _max(*numbers: Value) -> Value:
    return number_exact(max(_some(numbers)))


@function("min", "The smallest of the numbers.", variadic=_NUMBERS, returns=NUMBER)
def _min(*numbers: Value) -> Value:
    return number_exact(min(_some(numbers)))


def _parsed_type(args: Sequence[Value]) -> Type:
    if args[0].type is not STRING and args[0].type is not DYNAMIC:
        raise FunctionError(f"first argument must be a string, not {args[0].type.friendly_name}", 0)
    return NUMBER


@function(
    "parseint",
    "The whole number a text writes in a base from 2 to 62.",
    Parameter("number", DYNAMIC, allow_marked=True),
    Parameter("base", NUMBER, allow_marked=True),
    returns=_parsed_type,
)
def _parseint(text: Value, base: Value, wanted: Type) -> Value:
    assert wanted is NUMBER
    radix = whole_number(base, argument=1)
    if radix < 2 or radix > 62:
        raise FunctionError("base must be a whole number between 2 and 62 inclusive", 1)
    parsed = _parse_digits(text.as_string(), radix)
    if parsed is None:
        given = _shown(quote(text.as_string()), text)
        raise FunctionError(f"cannot parse {given} as a base {_shown(str(radix), base)} integer", 0)
    return number(parsed).with_marks(text.marks | base.marks)


@function(
    "pow",
    "A number raised to a power, in 64-bit floating point.",
    _NUM,
    Parameter("power", NUMBER),
    returns=NUMBER,
)
def _pow(num: Value, power: Value) -> Value:
    return _from_float(go_pow(_float(num), _float(power)))


@function("signum", "-1, 0 or 1: the sign of a whole number.", _NUM, returns=NUMBER)
def _signum(num: Value) -> Value:
    n = whole_number(num)
    return number((n > 0) - (n < 0))


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (_abs, _ceil, _floor, _log, _max, _min, _parseint, _pow, _signum)


def _absolute(n: Number) -> Number:
    return negate(n) if n < 0 else n


def _rounded(n: Number, rounding: str) -> Number:
    if isinstance(n, int) or n.is_infinite():
        return n
    return int(n.to_integral_value(rounding=rounding))


def _some(numbers: Sequence[Value]) -> list[Number]:
    if not numbers:
        raise FunctionError("must pass at least one number")
    return [v.as_number() for v in numbers]


def _float(value: Value) -> float:
    """As Go's float64; the only functions that go through one are ``log`` and ``pow``."""
    try:
        return float(value.as_number())
    except OverflowError:
        return math.copysign(math.inf, value.as_number())


def _from_float(x: float) -> Value:
    if math.isnan(x):
        raise FunctionError("result is not a number")
    if math.isinf(x):
        return number_exact(INFINITY if x > 0 else -INFINITY)
    # The shortest text of the float is what Terraform prints of it.
    return number_exact(exact(Decimal(repr(x))))


def _shown(text: str, value: Value) -> str:
    return "(sensitive value)" if SENSITIVE in value.marks else text


def _parse_digits(text: str, base: int) -> int | None:
    """As Go's ``big.Int.SetString``: upper case means the same as lower case up to base 36."""
    negative = text.startswith("-")
    digits = text[1:] if text[:1] in ("-", "+") else text
    if base <= 36:
        digits = digits.lower() if digits.isascii() else ""
    values = [_DIGITS.find(d) for d in digits]
    if not values or min(values) < 0 or max(values) >= base:
        return None
    total = 0
    for value in values:
        total = total * base + value
    return -total if negative else total
