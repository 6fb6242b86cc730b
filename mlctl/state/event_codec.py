"""Envelopes to lines of a journal and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import get_args

from mlctl.core import event as events
from mlctl.core.digest import Json, canonical
from mlctl.core.event import Envelope, Event
from mlctl.state.plain import from_plain, to_plain


def type_name(kind: type) -> str:
    """The name an event's type has in a journal: ``step_started`` for ``StepStarted``."""
    return _NAMES[kind]


def encode(envelope: Envelope) -> bytes:
    """One line, with its end."""
    return canonical(to_json(envelope)) + b"\n"


def decode(line: bytes) -> Envelope:
    """The inverse.

    Raises:
        ValueError: The line does not spell an envelope.
    """
    return from_json(json.loads(line.decode("utf-8", "surrogatepass")))


def to_json(envelope: Envelope) -> dict[str, Json]:
    """An envelope in plain data: ``run_id seq at type`` and the event's own fields."""
    event = to_plain(envelope.event)
    # A run's first and last event name the run too, and of course the same one.
    event.pop("run_id", None)
    return {
        "run_id": envelope.run_id,
        "seq": envelope.seq,
        "at": envelope.at,
        "type": _NAMES[type(envelope.event)],
        "event": event,
    }


def from_json(raw: Json) -> Envelope:
    """The inverse.

    Raises:
        ValueError: It does not spell an envelope.
    """
    if not isinstance(raw, Mapping):
        raise ValueError(f"not an event: {raw!r}")
    name, run_id, seq, at = (raw.get(key) for key in ("type", "run_id", "seq", "at"))
    kind = _KINDS.get(str(name))
    if kind is None:
        raise ValueError(f"unknown event {name!r}")
    if not (isinstance(run_id, str) and isinstance(seq, int) and isinstance(at, str)):
        raise ValueError("run_id, seq or at is missing")
    fields = raw.get("event")
    if not isinstance(fields, Mapping):
        raise ValueError("the event's fields are missing")
    own = {**fields, "run_id": run_id} if kind in _NAMES_RUN else fields
    return Envelope(run_id, seq, at, _event(kind, own))


def _event(kind: type, fields: Json) -> Event:
    event: Event = from_plain(kind, fields)
    return event


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


_NAMES: Mapping[type, str] = {kind: _snake(kind.__name__) for kind in get_args(Event)}
_KINDS: Mapping[str, type] = {name: kind for kind, name in _NAMES.items()}
_NAMES_RUN = (events.RunStarted, events.RunFinished)
