"""Times and durations as Go reads and writes them: RFC 3339, and ``1h30m``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from mlctl.hcl.functions.go_quote import quote
from mlctl.hcl.functions.spec import FunctionError

_UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_DURATION_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]*)")
_OFFSET = re.compile(r"Z|([-+])(\d{2}):(\d{2})")
_FRACTION = re.compile(r"[.,]([0-9]+)")
_NOT_VALID = "not a valid RFC3339 timestamp"


def parse_rfc3339(text: str, *, strict: bool = True) -> datetime:
    """The time a text like ``2017-11-22T00:00:00Z`` names.

    Go itself takes an hour of one digit, which ``strict`` refuses.

    Raises:
        FunctionError: It is none; the message says where it ceases to be one, as Terraform does.
    """
    reader = _Reader(text)
    year = reader.digits(4, "year")
    reader.literal("-")
    month = reader.in_range(2, "month", 1, 12)
    reader.literal("-")
    day = reader.digits(2, "day of month")
    reader.literal("T")
    hour = reader.hour(strict=strict)
    reader.literal(":")
    minute = reader.in_range(2, "minute", 0, 59)
    reader.literal(":")
    second = reader.in_range(2, "second", 0, 59)
    microsecond = reader.fraction()
    zone = reader.offset()
    try:
        return datetime(year, month, day, hour, minute, second, microsecond, zone)
    except ValueError:
        raise FunctionError(f"{_NOT_VALID}: day out of range") from None


def rfc3339(t: datetime) -> str:
    """The time as RFC 3339, to the second, with ``Z`` for UTC."""
    return t.strftime(f"{t.year:04}-%m-%dT%H:%M:%S") + utc_offset(t, colon=True, zulu=True)


def utc_offset(t: datetime, *, colon: bool, zulu: bool = False) -> str:
    """The time's distance from UTC: ``+02:00``, ``+0200``, or ``Z`` where there is none."""
    offset = t.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    if zulu and not minutes:
        return "Z"
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}{':' if colon else ''}{abs(minutes) % 60:02}"


def parse_duration_ns(text: str) -> int:
    """How long a text like ``-1h30m`` is, in nanoseconds.

    Raises:
        FunctionError: It is no duration.
    """
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return 0
    total, at = Decimal(0), 0
    while at < len(rest) or not rest:
        part = _DURATION_PART.match(rest, at)
        assert part is not None
        whole, fraction, unit = part.groups()
        if not (whole or fraction):
            raise FunctionError(f'time: invalid duration "{text}"')
        if not unit:
            raise FunctionError(f'time: missing unit in duration "{text}"')
        if unit not in _UNITS_NS:
            raise FunctionError(f'time: unknown unit "{unit}" in duration "{text}"')
        total += Decimal(f"{whole or 0}.{fraction or 0}") * _UNITS_NS[unit]
        at = part.end()
    if total >= 2**63:
        raise FunctionError(f'time: invalid duration "{text}"')
    return sign * int(total)


@dataclass
class _Reader:
    """Reads a time stamp from left to right."""

    text: str
    at: int = 0

    def literal(self, wanted: str) -> None:
        rest = self.text[self.at :]
        if rest.startswith(wanted):
            self.at += 1
        elif wanted == "T":
            raise FunctionError(f"{_NOT_VALID}: missing required time introducer 'T'")
        elif not rest:
            raise FunctionError(f'{_NOT_VALID}: end of string where "{wanted}" is expected')
        else:
            raise FunctionError(f'{_NOT_VALID}: found {quote(rest)} where "{wanted}" is expected')

    def digits(self, count: int, what: str) -> int:
        rest = self.text[self.at :]
        given = rest[:count]
        if len(given) < count or not (given.isascii() and given.isdecimal()):
            raise self._unusable(rest, what)
        self.at += count
        return int(given)

    def in_range(self, count: int, what: str, low: int, high: int) -> int:
        n = self.digits(count, what)
        if not low <= n <= high:
            # Go has already read the digits when it looks at the range.
            raise self._unusable(self.text[self.at :], what)
        return n

    def hour(self, *, strict: bool) -> int:
        rest = self.text[self.at :]
        short = rest[:1].isdecimal() and rest[1:2] == ":"
        if strict and short:
            raise FunctionError(f"{_NOT_VALID}: hour must have exactly two digits")
        n = self.digits(1 if short else 2, "hour")
        if n > 23 and strict:
            raise FunctionError(f"{_NOT_VALID}: hour must be between 0 and 23 inclusive")
        if n > 23:
            raise self._unusable(self.text[self.at :], "hour")
        return n

    def fraction(self) -> int:
        """The microseconds a fraction of a second says, if there is one."""
        match = _FRACTION.match(self.text, self.at)
        if not match:
            return 0
        self.at = match.end()
        return int(match.group(1)[:6].ljust(6, "0"))

    def offset(self) -> timezone:
        rest = self.text[self.at :]
        match = _OFFSET.match(rest)
        if not match:
            raise self._unusable(rest, "UTC offset")
        if match.end() < len(rest):
            raise self._unusable(rest[match.end() :], "timestamp segment")
        sign, hours, minutes = match.groups()
        if sign is None:
            return UTC
        if int(hours) > 24 or int(minutes) >= 60:
            raise self._unusable(rest, "UTC offset")
        distance = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-distance if sign == "-" else distance)

    def _unusable(self, rest: str, what: str) -> FunctionError:
        if not rest:
            return FunctionError(f"{_NOT_VALID}: end of string before {what}")
        return FunctionError(f"{_NOT_VALID}: cannot use {quote(rest)} as {what}")
