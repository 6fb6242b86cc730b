"""Root outputs: what they say now beside what they said."""

from __future__ import annotations

import json
from collections.abc import Callable

from mlctl.core.plan import Action, OutputChange
from mlctl.core.provenance import without_origins
from mlctl.core.state import OutputValue
from mlctl.core.value import SENSITIVE, Value, from_plain, string, to_json_plain


def output_change(
    name: str,
    recorded: OutputValue | None,
    value: Value,
    *,
    sensitive: bool,
    seal: Callable[[str], str],
) -> tuple[OutputChange, str | None]:
    """The change of one output, and what is wrong when it would show a secret."""
    after = without_origins(value)[0]
    bare, marks = after.unmark_deep()
    problem = None
    if SENSITIVE in marks and not sensitive:
        problem = "rests on a sensitive value and is not declared sensitive itself."
    secret = sensitive or SENSITIVE in marks
    before = None
    if recorded is not None:
        before = string("").mark(SENSITIVE) if recorded.sensitive else from_plain(recorded.value)
    action = _action(recorded, bare, secret=secret, seal=seal)
    shown = after.mark(SENSITIVE) if secret else after
    return OutputChange(name, action, before, shown, secret), problem


def _action(
    recorded: OutputValue | None, bare: Value, *, secret: bool, seal: Callable[[str], str]
) -> Action:
    if recorded is None:
        return Action.CREATE
    if not bare.is_wholly_known or recorded.sensitive is not secret:
        return Action.UPDATE
    if secret:
        kept = recorded.value
        same = isinstance(kept, dict) and kept.get("hmac") == seal(
            json.dumps(to_json_plain(bare), sort_keys=True)
        )
    else:
        same = recorded.type == bare.type.to_json() and recorded.value == to_json_plain(bare)
    return Action.NO_OP if same else Action.UPDATE
