"""The order in which a set is walked: cty's, so that what is printed is what Terraform prints."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from decimal import Decimal

from mlctl.core.types import BOOL, NUMBER, STRING, ObjectType, TupleType, Type
from mlctl.core.value_base import UNKNOWN, Value
from mlctl.core.value_number import Number, is_finite, number_text


def in_order(values: Iterable[Value], element: Type) -> tuple[Value, ...]:
    """The distinct values in order: known, then unknown, then null.

    Two unknown values may turn out to differ, so neither stands for the other.
    """
    distinct = dict.fromkeys(v for v in values if v.is_wholly_known)
    open_ended = [v for v in values if not v.is_wholly_known]
    key = _payload if element in (STRING, NUMBER, BOOL) else _text_key
    return tuple(sorted([*distinct, *open_ended], key=_placed(key)))


def _placed(key: Callable[[Value], object]) -> Callable[[Value], tuple[int, object]]:
    def placed(value: Value) -> tuple[int, object]:
        if value.raw is None:
            return 2, ""
        return (1, "") if value.raw is UNKNOWN else (0, key(value))

    return placed


def _payload(value: Value) -> object:
    return value.raw


def _text_key(value: Value) -> bytes:
    return "".join(_pieces(value)).encode()


def _pieces(value: Value) -> Iterable[str]:
    """The text cty hashes a value by; without an order of its own, a type is sorted by this."""
    match value.raw:
        case None:
            yield "~"
        case bool(truth):
            yield "T" if truth else "F"
        case str(text):
            yield json.dumps(text, ensure_ascii=False)
        case int() | Decimal() as n:
            yield _ten_digits(n)
        case dict(entries) if isinstance(value.type, ObjectType):
            yield from ("<", *_joined(entries.values()), ">")
        case dict(entries):
            keyed = (
                f"{json.dumps(k, ensure_ascii=False)}:{_joined_one(v)}" for k, v in entries.items()
            )
            yield from ("{", *keyed, "}")
        case tuple(members):
            ends = "<>" if isinstance(value.type, TupleType) else "[]"
            yield from (ends[0], *_joined(members), ends[1])
        case _:
            yield "?"


def _joined(values: Iterable[Value]) -> Iterable[str]:
    return (_joined_one(value) for value in values)


def _joined_one(value: Value) -> str:
    return "".join(_pieces(value)) + ";"


def _ten_digits(n: Number) -> str:
    """Go's ``%.10g``."""
    if isinstance(n, int) and abs(n) < 10**10:
        return str(n)
    if not is_finite(n):
        return number_text(n)
    digits, _, exponent = f"{Decimal(n):.9e}".partition("e")
    short = digits.rstrip("0").rstrip(".")
    power = int(exponent)
    if -4 <= power < 10:
        return format(Decimal(f"{short}e{power}"), "f")
    return f"{short}e{'-' if power < 0 else '+'}{abs(power):02}"
