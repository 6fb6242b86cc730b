"""Powers and logarithms of floats, to the last digit as Go computes them.

Go raises the mantissa by repeated squaring and the fraction of the power by ``exp`` and ``log``
(math/pow.go, after Cephes; math/log.go, after FreeBSD's e_log.c); a C library rounds otherwise,
and the digits are shown to people.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_TOO_LARGE = 2.0**63
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_ODD_TERMS = (
    6.666666666666735130e-01,
    2.857142874366239149e-01,
    1.818357216161805012e-01,
    1.479819860511658591e-01,
)
_EVEN_TERMS = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)


def go_log(x: float) -> float:
    """The natural logarithm; minus infinity of zero, not a number below."""
    if math.isnan(x) or math.isinf(x) or x <= 0:
        return -math.inf if x == 0 else x if x > 0 else math.nan
    mantissa, exponent = math.frexp(x)
    if mantissa < math.sqrt(2) / 2:
        mantissa, exponent = mantissa * 2, exponent - 1
    f = mantissa - 1
    s = f / (2 + f)
    s4 = (s * s) * (s * s)
    series = (s * s) * _horner(_ODD_TERMS, s4) + s4 * _horner(_EVEN_TERMS, s4)
    half = 0.5 * f * f
    return exponent * _LN2_HIGH - ((half - (s * (half + series) + exponent * _LN2_LOW)) - f)


def _horner(terms: Sequence[float], x: float) -> float:
    total = 0.0
    for term in reversed(terms):
        total = term + x * total
    return total


def go_pow(x: float, y: float) -> float:
    """``x`` to the power of ``y``; infinite or not a number where it is in Go."""
    special = _special(x, y)
    if special is not None:
        return special
    fraction, whole = math.modf(abs(y))
    if fraction and x < 0:
        return math.nan
    if whole >= _TOO_LARGE:
        return _huge_power(x, y)
    result = 1.0
    if fraction:
        if fraction > 0.5:
            fraction, whole = fraction - 1, whole + 1
        result = math.exp(fraction * go_log(x))
    return _with_whole_power(result, x, int(whole), invert=y < 0)


def _with_whole_power(result: float, x: float, power: int, *, invert: bool) -> float:
    """``result`` times ``x`` to a whole power, or one over that."""
    exponent = 0
    mantissa, scale = math.frexp(x)
    while power:
        if not -(1 << 12) <= scale <= 1 << 12:
            exponent += scale
            break
        if power & 1:
            result *= mantissa
            exponent += scale
        mantissa *= mantissa
        scale <<= 1
        if mantissa < 0.5:
            mantissa += mantissa
            scale -= 1
        power >>= 1
    if invert:
        result, exponent = 1 / result, -exponent
    try:
        return math.ldexp(result, exponent)
    except OverflowError:
        return math.copysign(math.inf, result)


def _special(x: float, y: float) -> float | None:
    """The cases Go answers without computing."""
    if y == 0 or x == 1:
        return 1.0
    if y == 1:
        return x
    if x == 0 or math.isinf(x) or math.isinf(y):
        return _edge(x, y)
    if y == 0.5:
        return math.sqrt(x) if x >= 0 else math.nan
    return (1 / math.sqrt(x) if x > 0 else math.nan) if y == -0.5 else None


def _edge(x: float, y: float) -> float:
    """Powers of zero and of the infinities, and infinite powers, as C99 defines them."""
    try:
        return math.pow(x, y)
    except ValueError:
        # Zero to a negative power, which Python alone refuses.
        odd = y == math.trunc(y) and math.fmod(y, 2) != 0
        return math.copysign(math.inf, x) if odd else math.inf


def _huge_power(x: float, y: float) -> float:
    if x == -1:
        return 1.0
    return 0.0 if (abs(x) < 1) == (y > 0) else math.inf
