"""Which environment variables a step may be given."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlctl.core.value import Value

OURS = "MLCTL_"
"""What the names of variables begin with that mlctl sets itself."""

ALL_NAMES = "*"
"""Stands for the names of variables while these are unknown."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def unusable_variable(name: str, value: Value) -> str:
    """Why a variable cannot be set; empty when it can. Names follow POSIX, 8.1."""
    if not _NAME.fullmatch(name):
        return (
            f'"{name}" cannot be the name of a variable: letters, digits and underscores are, '
            "not beginning with a digit"
        )
    if name.startswith(OURS):
        return f'"{name}" is one of the variables that mlctl sets itself'
    text = value.unmark()[0].raw
    return f'the value of "{name}" holds a NUL character' if "\0" in str(text) else ""


def members(env: Value) -> Mapping[str, Value]:
    """The variables of an ``env`` argument; under ``ALL_NAMES`` while their names are unknown."""
    bare, marks = env.unmark()
    if not bare.is_known:
        return {ALL_NAMES: env}
    if bare.is_null:
        return {}
    return {name: one.with_marks(marks) for name, one in bare.entries().items()}
