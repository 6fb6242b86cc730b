"""Recorded attributes back to values, typed by their schema; what is secret stays sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlctl.core.schema import BlockSchema
from mlctl.core.value import SENSITIVE, Value, from_plain, object_of, string
from mlctl.hcl.convert import ConversionError, convert


@dataclass(frozen=True, slots=True)
class Recorded:
    """An object's attributes as recorded or as found.

    Attributes:
        value: An object; sealed attributes stand as sensitive texts that say nothing.
        sealed: The seals of those, by name.
    """

    value: Value
    sealed: Mapping[str, str] = field(default_factory=dict)


def recorded_value(attributes: Mapping[str, object], schema: BlockSchema) -> Recorded:
    """Read plain attributes by their schema; those it does not know are kept as they are."""
    members: dict[str, Value] = {}
    sealed: dict[str, str] = {}
    for name, plain in attributes.items():
        seal = _seal(plain)
        if seal is not None:
            sealed[name] = seal
            members[name] = string("").mark(SENSITIVE)
            continue
        value = from_plain(plain)
        attribute = schema.attributes.get(name)
        try:
            members[name] = convert(value, attribute.type) if attribute else value
        except ConversionError:
            members[name] = value
    return Recorded(object_of(members), sealed)


def _seal(plain: object) -> str | None:
    if isinstance(plain, Mapping) and plain.get("sensitive") is True and "hmac" in plain:
        return str(plain["hmac"])
    return None
