"""Between values and plain Python, for files, JSON and tests."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

from mlctl.core.value_base import UNKNOWN, Value
from mlctl.core.value_make import (
    DYNAMIC_NULL,
    boolean,
    number,
    object_of,
    string,
    tuple_of,
)
from mlctl.core.value_number import number_text

Plain: TypeAlias = "str | int | Decimal | bool | list[Plain] | dict[str, Plain] | None"
JsonPlain: TypeAlias = "str | int | float | bool | list[JsonPlain] | dict[str, JsonPlain] | None"


def from_plain(plain: object) -> Value:
    """A value of what ``json.loads`` and the like return.

    Lists and tuples become tuples, mappings objects; a float is taken by its shortest text, so
    that 0.1 is a tenth.

    Raises:
        ValueError: Something in it has no place in the language.
    """
    if plain is None:
        return DYNAMIC_NULL
    if isinstance(plain, (bool, str, int, Decimal, float)):
        return _scalar(plain)
    if isinstance(plain, (list, tuple)):
        return tuple_of(from_plain(member) for member in plain)
    if isinstance(plain, Mapping):
        return object_of({_name(key): from_plain(member) for key, member in plain.items()})
    raise ValueError(f"not a value: {type(plain).__name__}")


def to_plain(value: Value, *, marks_ok: bool = False) -> Plain:
    """The value as plain Python: ``int`` when whole, else ``Decimal``; lists for all sequences.

    Raises:
        ValueError: Something in it is unknown, or marked and ``marks_ok`` is not given.
    """
    if value.contains_marked and not marks_ok:
        raise ValueError("the value is marked, perhaps as sensitive")
    if not value.is_wholly_known:
        raise ValueError("the value is not wholly known")
    return _plain(value)


def to_json_plain(value: Value, *, marks_ok: bool = False) -> JsonPlain:
    """The value as what ``json.dumps`` takes.

    A fraction is a ``float`` when its shortest text is the number's own, else its exact text as a
    string: a reader that wants all digits gets them, and none is invented.

    Raises:
        ValueError: As :func:`to_plain`.
    """
    return _json(to_plain(value, marks_ok=marks_ok))


def _scalar(plain: bool | str | float | Decimal) -> Value:
    match plain:
        case bool():
            return boolean(plain)
        case str():
            return string(plain)
        case float():
            return number(Decimal(repr(plain)))
        case _:
            return number(plain)


def _plain(value: Value) -> Plain:
    raw = value.raw
    assert raw is not UNKNOWN
    if isinstance(raw, tuple):
        return [_plain(member) for member in raw]
    if isinstance(raw, dict):
        return {key: _plain(member) for key, member in raw.items()}
    return raw


def _json(plain: Plain) -> JsonPlain:
    match plain:
        case Decimal():
            return float(plain) if Decimal(repr(float(plain))) == plain else number_text(plain)
        case list():
            return [_json(member) for member in plain]
        case dict():
            return {key: _json(member) for key, member in plain.items()}
        case _:
            return plain


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"not an attribute name: {key!r}")
    return key
