"""What a value is, in a few words, for the notes under a diagnostic."""

from __future__ import annotations

import json

from mlctl.core.diagnostic import ValueNote
from mlctl.core.types import DYNAMIC, ObjectType
from mlctl.core.value import SENSITIVE, Value, number_text

_LONGEST = 120
"""Characters of a text that are shown."""


def note(traversal: str, value: Value) -> ValueNote:
    """A note that says what a reference stands for."""
    return ValueNote(traversal, statement(value))


def statement(value: Value) -> str:
    """What a value is: ``is "fast"``, ``is a number, known only after apply``.

    A sensitive value's text is never part of it.
    """
    if SENSITIVE in value.marks:
        return "has a sensitive value"
    if not value.is_known:
        if value.type is DYNAMIC:
            return "will be known only after apply"
        return f"is {article(value.type.friendly_name)}, known only after apply"
    return f"is {compact(value)}"


def compact(value: Value) -> str:
    """A short text for a known value that is not sensitive itself."""
    raw = value.raw
    if raw is None:
        return "null"
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, str):
        shown = raw if len(raw) <= _LONGEST else raw[: _LONGEST - 1] + "…"
        return json.dumps(shown, ensure_ascii=False)
    if isinstance(value.type, ObjectType):
        return _object(value.type)
    if isinstance(raw, (tuple, dict)):
        return _collection(value.type.friendly_name, len(raw))
    return number_text(value.as_number())


def article(name: str) -> str:
    """The name of a type with its article: ``an object``."""
    return f"an {name}" if name.startswith(("o", "a", "e", "i", "u")) else f"a {name}"


def _object(t: ObjectType) -> str:
    names = list(t.attributes)
    match names:
        case []:
            return "object with no attributes"
        case [name]:
            return f'object with 1 attribute "{name}"'
        case _:
            return f"object with {len(names)} attributes"


def _collection(name: str, count: int) -> str:
    if count == 0:
        return f"empty {name}"
    return f"{name} with {count} element{'' if count == 1 else 's'}"
