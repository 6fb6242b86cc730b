"""Attributes of objects on their way between values, providers and records."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from mlctl.core.digest import Json
from mlctl.core.provider import Attributes
from mlctl.core.schema import BlockSchema
from mlctl.core.secret import Secret
from mlctl.core.value import SENSITIVE, Value, to_json_plain

Seal = Callable[[str], str]
"""A keyed digest of a secret text."""


def of_value(value: Value, schema: BlockSchema | None = None) -> Attributes:
    """An object value as attributes: sensitive parts as ``Secret``, unknown parts left out."""
    bare = value.unmark()[0]
    if bare.is_null or not bare.is_known:
        return {}
    always = _sensitive_names(schema)
    return {
        name: _part(member.mark(SENSITIVE) if name in always else member)
        for name, member in bare.entries().items()
        if member.is_wholly_known
    }


def sealed(attributes: Attributes, schema: BlockSchema | None, seal: Seal) -> dict[str, Json]:
    """As a record keeps them: no secret in clear, but enough to see that one changed."""
    always = _sensitive_names(schema)
    return {
        name: _sealed(
            Secret(_text(part)) if name in always and not _is_secret(part) else part, seal
        )
        for name, part in attributes.items()
    }


def opened(recorded: Mapping[str, Json], wanted: Attributes) -> Attributes:
    """Recorded attributes with secrets from what is wanted now; secrets not in it are left out."""
    found: dict[str, Json | Secret] = {}
    for name, part in recorded.items():
        if not has_seal(part):
            found[name] = part
        elif name in wanted:
            found[name] = wanted[name]
    return found


def has_seal(part: Json) -> bool:
    """True when a sealed secret stands in a recorded attribute."""
    if isinstance(part, Mapping):
        if part.get("sensitive") is True and "hmac" in part:
            return True
        return any(has_seal(member) for member in part.values())
    return isinstance(part, list | tuple) and any(has_seal(member) for member in part)


def _part(value: Value) -> Json | Secret:
    bare, marks = value.unmark()
    if SENSITIVE in marks:
        plain = to_json_plain(bare, marks_ok=True)
        return Secret(plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True))
    if isinstance(bare.raw, dict):
        # A provider meets a Secret also where a map or a list holds one.
        return cast(Json, {name: _part(member) for name, member in bare.raw.items()})
    if isinstance(bare.raw, tuple):
        return cast(Json, [_part(member) for member in bare.raw])
    return to_json_plain(bare)


def _sealed(part: object, seal: Seal) -> Json:
    if isinstance(part, Secret):
        return {"sensitive": True, "hmac": seal(part.reveal())}
    if isinstance(part, Mapping):
        return {str(name): _sealed(member, seal) for name, member in part.items()}
    if isinstance(part, Sequence) and not isinstance(part, str):
        return [_sealed(member, seal) for member in part]
    return cast(Json, part)


def _sensitive_names(schema: BlockSchema | None) -> frozenset[str]:
    attributes = schema.attributes if schema is not None else {}
    return frozenset(name for name, attribute in attributes.items() if attribute.sensitive)


def _is_secret(part: object) -> bool:
    return part is None or isinstance(part, Secret)


def _text(part: Json | Secret) -> str:
    return part if isinstance(part, str) else json.dumps(part, sort_keys=True)
