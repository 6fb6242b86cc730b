"""The environment variables of a step: in clear for the job, sealed where secret for the key."""

from __future__ import annotations

from collections.abc import Mapping

from mlctl.config.arguments import Arguments, unsuitable
from mlctl.config.decode import Decoded
from mlctl.config.env_names import ALL_NAMES, members, unusable_variable
from mlctl.config.ports import Seal
from mlctl.core.provenance import origins_of
from mlctl.core.secret import Secret
from mlctl.core.step import Pending
from mlctl.core.value import SENSITIVE, Value


def env_of(where: Arguments, body: Decoded) -> Mapping[str, Value]:
    """The variables a block declares; what cannot be one is said."""
    found = members(where.value(body, "env"))
    expr = body.expr("env")
    for name, one in found.items():
        why = "" if name == ALL_NAMES else unusable_variable(name, one)
        if why and expr is not None:
            where.evaluator.say(unsuitable("env", ValueError(why), expr, body.header))
    return found


def spelled(
    env: Mapping[str, Value], seal: Seal
) -> tuple[dict[str, str | Secret], dict[str, str | Pending]]:
    """The variables for the job, and as they stand in the key; null: not set."""
    clear: dict[str, str | Secret] = {}
    key: dict[str, str | Pending] = {}
    for name, value in env.items():
        bare, marks = value.unmark_deep()
        if not bare.is_known:
            key[name] = Pending(tuple(sorted(origins_of(value))))
        elif not bare.is_null:
            text = bare.as_string()
            secret = SENSITIVE in marks
            clear[name] = Secret(text) if secret else text
            key[name] = seal(text) if secret else text
    return clear, key
