"""Values as JSON, and beside them where they are unknown or sensitive."""

from __future__ import annotations

from collections.abc import Callable

from mlctl.core.digest import Json
from mlctl.core.value import UNKNOWN, Value, to_json_plain
from mlctl.views.sealed import is_hidden


def clear_json(value: Value | None) -> Json:
    """What may be told of a value.

    Sensitive parts are null. Unknown members are left out, unknown elements are null, so that
    what is there is true.
    """
    if value is None or is_hidden(value) or value.raw is UNKNOWN:
        return None
    raw = value.raw
    if isinstance(raw, dict):
        return {name: clear_json(v) for name, v in raw.items() if v.raw is not UNKNOWN}
    if isinstance(raw, tuple):
        return [clear_json(v) for v in raw]
    return to_json_plain(Value(value.type, raw))


def unknown_places(value: Value | None) -> Json:
    """``true`` where only apply will tell, in the structure of the value."""
    return _places(value, lambda v: v.raw is UNKNOWN)


def sensitive_places(value: Value | None) -> Json:
    """``true`` where a value must not be shown, in the structure of the value."""
    return _places(value, lambda v: is_hidden(v))


def _places(value: Value | None, is_there: Callable[[Value], bool]) -> Json:
    if value is None:
        return False
    if is_there(value):
        return True
    if isinstance(value.raw, dict):
        inside = {name: _places(v, is_there) for name, v in value.raw.items()}
        return {name: places for name, places in inside.items() if places is not False}
    if isinstance(value.raw, tuple):
        return [_places(v, is_there) for v in value.raw]
    return False
