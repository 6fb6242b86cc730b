"""Numbers as Go's ``fmt`` prints them: the verbs b d o x X e E f g G with their flags."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from mlctl.core.value import Number, number_text
from mlctl.core.value_number import binary_value, is_finite

_WIDE = Context(prec=400_000, rounding=ROUND_HALF_EVEN, Emax=10**9, Emin=-(10**9))
_DEFAULT_DIGITS = 6
_PREFIXES = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A verb of a format: ``%-8.3[2]f``.

    Attributes:
        raw: As it was written, with the per cent sign.
        offset: Where it stands in the format.
        argument: Which argument it prints, counted from 1.
    """

    raw: str
    mode: str
    offset: int
    argument: int
    flags: frozenset[str]
    width: int | None
    precision: int | None


def format_integer(verb: Verb, n: int) -> str:
    """A whole number by b, d, o, x or X."""
    form = verb.mode
    digits = number_text(abs(n)) if form == "d" else format(abs(n), form)
    if verb.precision is not None:
        digits = digits.rjust(verb.precision, "0")
        if verb.precision == 0 and n == 0:
            digits = ""
    prefix = _PREFIXES.get(form, "") if "#" in verb.flags else ""
    zero = "0" in verb.flags and verb.precision is None
    return _padded(verb, _sign(verb, n) + prefix, digits, zero=zero)


def format_float(verb: Verb, n: Number) -> str:
    """A number by e, E, f, g or G."""
    if not is_finite(n):
        return _padded(verb, "", number_text(n), zero=False)
    match verb.mode:
        case "f":
            digits = _fixed(binary_value(n).copy_abs(), _digits_of(verb))
        case "e" | "E":
            digits = _scientific(binary_value(n).copy_abs(), _digits_of(verb), verb.mode)
        case _:
            digits = general(_size(n), verb.precision, upper=verb.mode == "G")
    return _padded(verb, _sign(verb, n), digits, zero="0" in verb.flags)


def general(n: Number, precision: int | None = None, *, upper: bool = False) -> str:
    """A number by ``%g``: short, with an exponent where that is shorter.

    Without a precision all digits are given, as for ``%v``.
    """
    if not is_finite(n):
        return number_text(n)
    size = _size(n)
    if precision is not None:
        size = Context(prec=max(precision, 1), Emax=10**9, Emin=-(10**9)).plus(size)
    exponent = size.adjusted() if size else 0
    digits = len(size.normalize(_WIDE).as_tuple().digits)
    limit = _DEFAULT_DIGITS if precision is None else max(precision, 1)
    if precision is not None and limit > digits >= exponent + 1:
        limit = digits
    sign = "-" if n < 0 else ""
    if exponent < -4 or exponent >= limit:
        return sign + _scientific(size, digits - 1, "E" if upper else "e")
    return sign + format(size.normalize(_WIDE), "f")


def _digits_of(verb: Verb) -> int:
    return _DEFAULT_DIGITS if verb.precision is None else verb.precision


def _fixed(size: Decimal, places: int) -> str:
    return format(size.quantize(Decimal(1).scaleb(-places), context=_WIDE), "f")


def _scientific(size: Decimal, places: int, letter: str) -> str:
    rounded = Context(prec=places + 1, Emax=10**9, Emin=-(10**9)).plus(size)
    exponent = rounded.adjusted() if rounded else 0
    mantissa = _fixed(rounded.scaleb(-exponent, context=_WIDE), places)
    return f"{mantissa}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def _size(n: Number) -> Decimal:
    return Decimal(n).copy_abs()


def _sign(verb: Verb, n: Number) -> str:
    if n < 0:
        return "-"
    if "+" in verb.flags:
        return "+"
    return " " if " " in verb.flags else ""


def _padded(verb: Verb, sign: str, digits: str, *, zero: bool) -> str:
    width = verb.width or 0
    if "-" in verb.flags:
        return (sign + digits).ljust(width)
    if zero:
        return sign + digits.rjust(width - len(sign), "0")
    return (sign + digits).rjust(width)
