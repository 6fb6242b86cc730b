"""Numbers as the language counts: exact whole numbers, and fractions as Go's 512-bit floats.

Terraform computes with ``big.Float`` of 512 bits and prints the shortest decimal text that reads
back as the same float. So a number here is an ``int``, or a ``Decimal`` that is that shortest
text; arithmetic goes through the binary form, so that ``1/3`` has the digits it has there.
A Python ``float`` never takes part.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import TypeAlias

Number: TypeAlias = int | Decimal
"""A canonical number: ``int`` when whole, else a ``Decimal`` without trailing zeros."""

PRECISION_BITS = 512
"""The width of the mantissa, as cty's ``ParseNumberVal`` chooses it."""

INFINITY = Decimal("Infinity")

_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[iI]nf)")
_MAX_EXPONENT = 100_000
_WIDE = Context(prec=2 * _MAX_EXPONENT, Emax=10**9, Emin=-(10**9))
_EXACT_DIGITS = 150
_EXACT_BITS = 1 << PRECISION_BITS

_Dyadic: TypeAlias = tuple[int, int]


def exact(n: int | Decimal) -> Number:
    """The canonical form of a number.

    Raises:
        ValueError: It is not a number, or its exponent is beyond ±100,000.
    """
    if isinstance(n, int):
        return n if -_EXACT_BITS <= n <= _EXACT_BITS else _shortest(_dyadic(n))
    if n.is_nan():
        raise ValueError("not a number")
    if n.is_infinite():
        return n
    if n and abs(n.adjusted()) > _MAX_EXPONENT:
        raise ValueError(f"number out of range: exponent {n.adjusted()}")
    if len(n.as_tuple().digits) > _EXACT_DIGITS:
        return _shortest(_dyadic(n))
    if n == n.to_integral_value(context=_WIDE):
        return exact(int(n))
    return n.normalize(_WIDE)


def parse_number(text: str) -> Number:
    """Read a decimal number, with a fraction and an exponent if need be, or ``inf``.

    Raises:
        ValueError: It is not one.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"not a number: {text!r}")
    return exact(Decimal(text))


def number_text(n: Number) -> str:
    """The number as Terraform prints it: all digits, never an exponent."""
    if isinstance(n, int):
        # Through Decimal where Python would refuse to print so many digits.
        return str(n) if -_EXACT_BITS <= n <= _EXACT_BITS else format(Decimal(n), "f")
    if n.is_infinite():
        return "-Inf" if n < 0 else "+Inf"
    return format(n, "f")


def add(a: Number, b: Number) -> Number:
    """The sum, rounded to 512 bits."""
    if isinstance(a, int) and isinstance(b, int):
        return exact(a + b)
    if not (is_finite(a) and is_finite(b)):
        return Decimal(a) + Decimal(b)
    (ma, ea), (mb, eb) = _dyadic(a), _dyadic(b)
    e = min(ea, eb)
    return _shortest(((ma << (ea - e)) + (mb << (eb - e)), e))


def subtract(a: Number, b: Number) -> Number:
    """The difference, rounded to 512 bits."""
    return add(a, negate(b))


def negate(n: Number) -> Number:
    """The number with the other sign; Python's own minus would round a Decimal to 28 digits."""
    return -n if isinstance(n, int) else n.copy_negate()


def multiply(a: Number, b: Number) -> Number:
    """The product, rounded to 512 bits."""
    if isinstance(a, int) and isinstance(b, int):
        return exact(a * b)
    if not (is_finite(a) and is_finite(b)):
        return Decimal(a) * Decimal(b)
    (ma, ea), (mb, eb) = _dyadic(a), _dyadic(b)
    return _shortest((ma * mb, ea + eb))


def divide(a: Number, b: Number) -> Number:
    """The quotient, rounded to 512 bits; an infinity where only ``b`` is zero, as Go has it.

    Raises:
        ZeroDivisionError: Zero by zero, or infinity by infinity.
    """
    if b == 0 or not is_finite(a):
        if a == 0 or not is_finite(b):
            raise ZeroDivisionError
        return -INFINITY if a < 0 else INFINITY
    if not is_finite(b):
        return 0
    (ma, ea), (mb, eb) = _dyadic(a), _dyadic(b)
    m, e = _divided(ma, mb)
    return _shortest((m, e + ea - eb))


def modulo(a: Number, b: Number) -> Number:
    """What is left after dividing towards zero.

    ``a`` itself where ``b`` is zero; with an infinity the product: both as cty has it.
    """
    if not (is_finite(a) and is_finite(b)):
        return multiply(a, b)
    if b == 0:
        return a
    if isinstance(a, int) and isinstance(b, int):
        rest = abs(a) % abs(b)
        return -rest if a < 0 else rest
    return subtract(a, multiply(b, truncate(divide(a, b))))


def truncate(n: Number) -> Number:
    """The whole part, towards zero."""
    return n if isinstance(n, int) or n.is_infinite() else int(n)


def binary_value(n: Number) -> Decimal:
    """Every digit of the 512-bit float a finite number stands for; rounding starts from these."""
    return Decimal(n) if isinstance(n, int) else _decimal(*_dyadic(n))


def is_finite(n: Number) -> bool:
    """False for the two infinities."""
    return isinstance(n, int) or n.is_finite()


def _dyadic(n: Number) -> _Dyadic:
    """The number as the nearest ``m * 2**e`` with at most 512 bits in ``m``."""
    if isinstance(n, int):
        return _rounded(n, 0)
    sign, digits, exponent = n.as_tuple()
    assert isinstance(exponent, int)
    whole = int(Decimal((sign, digits, 0)))
    if exponent >= 0:
        return _rounded(whole * 10**exponent, 0)
    return _divided(whole, 10**-exponent)


def _divided(n: int, d: int) -> _Dyadic:
    shift = max(0, PRECISION_BITS + 2 + d.bit_length() - n.bit_length())
    quotient, rest = divmod(abs(n) << shift, abs(d))
    # One more bit that says whether anything was cut off, so that a tie is not taken for one.
    mantissa = quotient << 1 | (rest != 0)
    return _rounded(mantissa if (n < 0) == (d < 0) else -mantissa, -shift - 1)


def _rounded(m: int, e: int) -> _Dyadic:
    """To 512 bits, to the nearest, ties to even."""
    cut = abs(m).bit_length() - PRECISION_BITS
    if cut <= 0:
        return m, e
    kept, rest = divmod(abs(m), 1 << cut)
    half = 1 << (cut - 1)
    if rest > half or (rest == half and kept & 1):
        kept += 1
    return (kept if m > 0 else -kept), e + cut


def _shortest(dyadic: _Dyadic) -> Number:
    """The fewest decimal digits that read back as the same float, as ``big.Float.Text(-1)``."""
    m, e = _rounded(*dyadic)
    if m == 0:
        return 0
    # The lowest bit of ``m`` becomes half a unit in the last place.
    shift = PRECISION_BITS + 1 - abs(m).bit_length()
    half, e = abs(m) << shift, e - shift
    digits, lower, upper = (_decimal(half + d, e) for d in (0, -1, 1))
    found = _fewest_digits(digits, lower, upper, inclusive=half & 2 == 0)
    return exact_short(found.copy_negate() if m < 0 else found)


def exact_short(n: Decimal) -> Number:
    """The canonical form of a number known to have few digits."""
    return int(n) if n == n.to_integral_value(context=_WIDE) else n.normalize(_WIDE)


def _decimal(m: int, e: int) -> Decimal:
    """``m * 2**e``, every digit of it."""
    if e >= 0:
        return Decimal(m << e)
    return Decimal(m * 5**-e).scaleb(e, context=_WIDE)


def _fewest_digits(exact: Decimal, lower: Decimal, upper: Decimal, *, inclusive: bool) -> Decimal:
    digits, lows, highs = (d.as_tuple().digits for d in (exact, lower, upper))
    for i, m in enumerate(digits):
        low = lows[i] if i < len(lows) else 0
        high = highs[i] if i < len(highs) else 0
        down = low != m or (inclusive and i + 1 == len(lows))
        up = m != high and (inclusive or m + 1 < high or i + 1 < len(highs))
        if down or up:
            break
    return _cut(exact, i + 1, _rounding(down=down, up=up))


def _rounding(*, down: bool, up: bool) -> str:
    if down and up:
        return "ROUND_HALF_EVEN"
    return "ROUND_DOWN" if down else "ROUND_UP"


def _cut(n: Decimal, digits: int, rounding: str) -> Decimal:
    return Context(prec=digits, rounding=rounding, Emax=10**9, Emin=-(10**9)).plus(n)
