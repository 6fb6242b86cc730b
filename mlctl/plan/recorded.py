"""Recorded attributes back to values, typed by their schema; what is secret stays sealed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mlctl.core.digest import Json
from mlctl.core.schema import BlockSchema
from mlctl.core.secret import Secret
from mlctl.core.value import (
    SENSITIVE,
    Value,
    from_plain,
    object_of,
    string,
    to_json_plain,
    tuple_of,
)
from mlctl.hcl.convert import ConversionError, convert

_HIDDEN = string("").mark(SENSITIVE)

_NO_SCHEMA = BlockSchema(doc="")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An object's attributes as recorded or as found.

    Attributes:
        value: An object; what is sealed stands as a sensitive text that says nothing.
        sealed: The attributes that hold a seal, as recorded.
    """

    value: Value
    sealed: Mapping[str, object] = field(default_factory=dict)


def recorded_value(attributes: Mapping[str, object], schema: BlockSchema = _NO_SCHEMA) -> Recorded:
    """Read plain attributes by their schema; those it does not know are kept as they are."""
    members: dict[str, Value] = {}
    sealed: dict[str, object] = {}
    for name, plain in attributes.items():
        value = _value(plain)
        if value.contains_marked:
            sealed[name] = plain
        attribute = schema.attributes.get(name)
        try:
            members[name] = convert(value, attribute.type) if attribute else value
        except ConversionError:
            members[name] = value
    return Recorded(object_of(members), sealed)


def as_recorded(value: Value, seal: Callable[[str], str]) -> Json:
    """A wholly known value as a record keeps it: sensitive parts as their seals alone."""
    bare, marks = value.unmark()
    if SENSITIVE in marks:
        return _sealed_text(to_json_plain(bare, marks_ok=True), seal)
    if isinstance(bare.raw, dict):
        return {name: as_recorded(member, seal) for name, member in bare.raw.items()}
    if isinstance(bare.raw, tuple):
        return [as_recorded(member, seal) for member in bare.raw]
    plain: Json = to_json_plain(bare)
    return plain


def sealed(part: object, seal: Callable[[str], str], *, hide: bool = False) -> object:
    """An attribute as a provider gives it, with secrets sealed; all of it with ``hide``."""
    if isinstance(part, Secret):
        return _sealed_text(part.reveal(), seal)
    if hide and part is not None and not _holds_seal(part):
        return _sealed_text(part, seal)
    if isinstance(part, Mapping):
        return {str(name): sealed(member, seal) for name, member in part.items()}
    if isinstance(part, list | tuple):
        return [sealed(member, seal) for member in part]
    return part


def _sealed_text(plain: object, seal: Callable[[str], str]) -> Json:
    text = plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True)
    return {"sensitive": True, "hmac": seal(text)}


def _value(plain: object) -> Value:
    if not _holds_seal(plain):
        return from_plain(plain)
    if isinstance(plain, Mapping):
        if _is_seal(plain):
            return _HIDDEN
        return object_of({str(name): _value(member) for name, member in plain.items()})
    assert isinstance(plain, list | tuple)
    return tuple_of([_value(member) for member in plain])


def _holds_seal(plain: object) -> bool:
    if isinstance(plain, Mapping):
        return _is_seal(plain) or any(_holds_seal(member) for member in plain.values())
    return isinstance(plain, list | tuple) and any(_holds_seal(member) for member in plain)


def _is_seal(plain: Mapping[object, object]) -> bool:
    return plain.get("sensitive") is True and "hmac" in plain
