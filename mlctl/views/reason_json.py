"""Reasons as JSON: their kind, their sentence, and their parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

from mlctl.core.address import Address
from mlctl.core.digest import Json
from mlctl.core.reason import Reason
from mlctl.views.reasons import sentence
from mlctl.views.sealed import bare, is_sealed, is_sealed_text

_SECRET: dict[str, Json] = {"sensitive": True}


def reason_json(reason: Reason) -> dict[str, Json]:
    """``{kind, message, …}`` with the reason's own parts by name; sealed ones say so."""
    parts = {f.name: _plain(getattr(reason, f.name)) for f in fields(reason)}
    return {"kind": reason.kind, "message": sentence(reason), **parts}


def _plain(part: object) -> Json:  # noqa: PLR0911 - one case a type
    match part:
        case Address() | Enum():
            return str(part)
        case str() if is_sealed_text(part):
            return _SECRET
        case Mapping() if is_sealed(part):
            return _SECRET
        case Mapping():
            return {str(name): _plain(member) for name, member in part.items()}
        case list() | tuple():
            return [_plain(member) for member in part]
        case _ if is_dataclass(part) and not isinstance(part, type):
            return {f.name: _plain(getattr(part, f.name)) for f in fields(part)}
        case _:
            return bare(part)
