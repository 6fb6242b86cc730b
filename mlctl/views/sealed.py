"""Sealed values: recorded sensitive values, of which only a keyed digest is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mlctl.core.digest import Json
from mlctl.core.secret import MASK, Secret
from mlctl.core.value import SENSITIVE, Value, from_plain, object_of, string, tuple_of

_HIDDEN = string(MASK).mark(SENSITIVE)
_SEALED_TEXT = re.compile(
    r'(?:hmac|sealed)[\w-]*:[0-9A-Za-z+/=_-]{16,}|\{"(?:hmac|sensitive)":.*\}'
)


def is_sealed(value: object) -> bool:
    """True for what a sensitive value leaves in the state: ``{"sensitive": true, "hmac": …}``."""
    return isinstance(value, Mapping) and value.get("sensitive") is True and len(value) <= 2


def is_sealed_text(text: str) -> bool:
    """True for a seal where only a text fits, as among a step's environment variables."""
    return _SEALED_TEXT.fullmatch(text) is not None


def is_hidden(value: Value) -> bool:
    """True when a value must not be shown: it is marked so, or is a seal that nobody marked."""
    if SENSITIVE in value.marks:
        return True
    raw = value.raw
    return isinstance(raw, dict) and raw.keys() == {"sensitive", "hmac"}


def recorded_value(plain: object) -> Value:
    """A recorded value, sealed parts and secrets as sensitive ones."""
    if isinstance(plain, Secret) or is_sealed(plain):
        return _HIDDEN
    if isinstance(plain, str) and is_sealed_text(plain):
        return _HIDDEN
    if isinstance(plain, Mapping):
        return object_of({str(name): recorded_value(member) for name, member in plain.items()})
    if isinstance(plain, Sequence) and not isinstance(plain, str):
        return tuple_of(map(recorded_value, plain))
    return from_plain(plain)


def bare(plain: object) -> Json:
    """A recorded value as plain JSON, null in place of whatever is sensitive."""
    if isinstance(plain, Secret) or is_sealed(plain):
        return None
    if isinstance(plain, str):
        return None if is_sealed_text(plain) else plain
    if isinstance(plain, Mapping):
        return {str(name): bare(member) for name, member in plain.items()}
    if isinstance(plain, Sequence):
        return [bare(member) for member in plain]
    assert plain is None or isinstance(plain, bool | int | float)
    return plain


def hidden_places(plain: object) -> Json:
    """The same structure with ``true`` in place of whatever is sensitive, and nothing else."""
    if isinstance(plain, Secret) or is_sealed(plain):
        return True
    if isinstance(plain, str):
        return is_sealed_text(plain)
    if isinstance(plain, Mapping):
        inside = {str(name): hidden_places(member) for name, member in plain.items()}
        return {name: places for name, places in inside.items() if places is not False}
    if isinstance(plain, Sequence):
        return [hidden_places(member) for member in plain]
    return False
