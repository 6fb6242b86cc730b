"""Functions of time: formatdate plantimestamp timeadd timecmp timestamp."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mlctl.core.types import NUMBER, STRING
from mlctl.core.value import NOTHING_KNOWN, Value, number, string, unknown
from mlctl.hcl.functions.go_times import parse_duration_ns, parse_rfc3339, rfc3339, utc_offset
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function
from mlctl.hcl.functions.world import World

# Not from the locale: the language says the same everywhere.
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_PIECE = re.compile(r"'(?:[^']|'')*'?|([A-Za-z])\1*|[^A-Za-z']+")
_NS_PER_US = 1000

_Form = Callable[[datetime], str]
_FORMS: dict[str, dict[int, _Form]] = {
    "Y": {2: lambda t: f"{t.year % 100:02}", 4: lambda t: f"{t.year:04}"},
    "M": {
        1: lambda t: str(t.month),
        2: lambda t: f"{t.month:02}",
        3: lambda t: _MONTHS[t.month - 1][:3],
        4: lambda t: _MONTHS[t.month - 1],
    },
    "D": {1: lambda t: str(t.day), 2: lambda t: f"{t.day:02}"},
    "E": {3: lambda t: _DAYS[t.weekday()][:3], 4: lambda t: _DAYS[t.weekday()]},
    "h": {1: lambda t: str(t.hour), 2: lambda t: f"{t.hour:02}"},
    "H": {1: lambda t: str(t.hour % 12 or 12), 2: lambda t: f"{t.hour % 12 or 12:02}"},
    "A": {2: lambda t: "PM" if t.hour >= 12 else "AM"},
    "a": {2: lambda t: "pm" if t.hour >= 12 else "am"},
    "m": {1: lambda t: str(t.minute), 2: lambda t: f"{t.minute:02}"},
    "s": {1: lambda t: str(t.second), 2: lambda t: f"{t.second:02}"},
    "Z": {
        1: lambda t: utc_offset(t, colon=True, zulu=True),
        3: lambda t: utc_offset(t, colon=False).replace("+0000", "UTC"),
        4: lambda t: utc_offset(t, colon=False),
        5: lambda t: utc_offset(t, colon=True),
    },
}
_EXPECTED = {
    "Y": 'year must either be "YY" or "YYYY"',
    "M": 'month must be "M", "MM", "MMM", or "MMMM"',
    "D": 'day of month must either be "D" or "DD"',
    "E": 'day of week must either be "EEE" or "EEEE"',
    "h": '24-hour must either be "h" or "hh"',
    "H": '12-hour must either be "H" or "HH"',
    "A": 'must be "AA"',
    "a": 'must be "aa"',
    "m": 'minute must either be "m" or "mm"',
    "s": 'second must either be "s" or "ss"',
    "Z": "timezone must be Z, ZZZZ, or ZZZZZ",
}


@function(
    "formatdate",
    "A time, written as a format says.",
    Parameter("format", STRING),
    Parameter("time", STRING),
    returns=STRING,
)
def _formatdate(form: Value, time: Value) -> Value:
    t = _time(time, 1, strict=True)
    pieces = (match.group() for match in _PIECE.finditer(form.as_string()))
    return string("".join(_piece(piece, t) for piece in pieces))


@function(
    "timeadd",
    "The time a duration after another, or before it.",
    Parameter("timestamp", STRING),
    Parameter("duration", STRING),
    returns=STRING,
    refinement=NOTHING_KNOWN,
)
def _timeadd(timestamp: Value, duration: Value) -> Value:
    t = parse_rfc3339(timestamp.as_string())
    added = timedelta(microseconds=parse_duration_ns(duration.as_string()) // _NS_PER_US)
    try:
        return string(rfc3339(t + added))
    except OverflowError:
        raise FunctionError("the result is not between the years 1 and 9999") from None


@function(
    "timecmp",
    "-1, 0 or 1: whether a time is before, at or after another.",
    Parameter("timestamp_a", STRING),
    Parameter("timestamp_b", STRING),
    returns=NUMBER,
)
def _timecmp(a: Value, b: Value) -> Value:
    first, second = _time(a, 0, strict=False), _time(b, 1, strict=False)
    return number((first > second) - (first < second))


def functions(world: World) -> tuple[Function, ...]:
    """The functions of this family."""
    return (_formatdate, _timeadd, _timecmp, _plantimestamp(world), _timestamp(world))


def _plantimestamp(world: World) -> Function:
    @function("plantimestamp", "The time of the plan.", returns=STRING)
    def plantimestamp() -> Value:
        return _known(world.plan_time)

    return plantimestamp


def _timestamp(world: World) -> Function:
    @function("timestamp", "The time of apply, known after apply.", returns=STRING)
    def timestamp() -> Value:
        return _known(None if world.now is None else world.now())

    return timestamp


def _known(t: datetime | None) -> Value:
    return unknown(STRING) if t is None else string(rfc3339(t.astimezone(UTC)))


def _time(value: Value, argument: int, *, strict: bool) -> datetime:
    try:
        return parse_rfc3339(value.as_string(), strict=strict)
    except FunctionError as error:
        raise FunctionError(error.message, argument) from error


def _piece(piece: str, t: datetime) -> str:
    if piece[0] == "'":
        return _literal(piece)
    if not (piece[0].isascii() and piece[0].isalpha()):
        return piece
    forms = _FORMS.get(piece[0])
    if forms is None:
        raise FunctionError(f'invalid date format verb "{piece}"', 0)
    if len(piece) not in forms:
        raise FunctionError(f'invalid date format verb "{piece}": {_EXPECTED[piece[0]]}', 0)
    return forms[len(piece)](t)


def _literal(piece: str) -> str:
    closed = len(piece) > 1 and piece.endswith("'") and piece.count("'") % 2 == 0
    if not closed:
        raise FunctionError("unterminated literal '", 0)
    return "'" if piece == "''" else piece[1:-1].replace("''", "'")
