"""The parts of a step's key in words."""

from __future__ import annotations

from typing import assert_never

from mlctl.core.digest import Json, short
from mlctl.core.secret import MASK
from mlctl.core.step import (
    AbsentInput,
    DataInput,
    Image,
    InputKey,
    Interpreter,
    LiteralInput,
    LockedSoftware,
    MembersInput,
    Pending,
    SoftwareKey,
)
from mlctl.views.sealed import is_sealed_text, recorded_value
from mlctl.views.text import listed
from mlctl.views.value_text import KNOWN_AFTER_APPLY, inline, quoted

_BARE = ("number", "integer", "boolean")
"""Types of literals that are written without quotes; a key spells all of them as text."""


def input_text(part: InputKey | Pending, *, exact: bool = False) -> str:
    """An input in short: its value, or enough of its digest to tell two apart.

    Args:
        part: The input.
        exact: Say the declared type of a literal and whole digests.
    """
    match part:
        case LiteralInput(kind, value):
            bare = kind in _BARE and isinstance(value, str)
            said = value if bare else inline(recorded_value(value))
            return f"{said}{f' ({kind})' if exact else ''}"
        case DataInput(of):
            return of if exact else short(of)
        case MembersInput(members):
            each = [f"{n}: {of if exact else short(of)}" for n, of in sorted(members.items())]
            return f"{{{', '.join(each) if exact else listed(each)}}}"
        case AbsentInput():
            return "(not given)"
        case Pending():
            return pending_text(part)
        case _:
            assert_never(part)


def software_text(part: SoftwareKey | Pending) -> str:
    """What a step runs in."""
    match part:
        case Interpreter(implementation, version):
            return f"the target's own {implementation} {version}"
        case LockedSoftware(of, python, packages):
            return f"lock {short(of)} (Python {python}, {len(packages)} packages)"
        case Image(of):
            return f"image {of}"
        case Pending():
            return pending_text(part)
        case _:
            assert_never(part)


def pending_text(part: Pending) -> str:
    """That a part is known only after apply, and what it waits for."""
    if not part.upstream:
        return KNOWN_AFTER_APPLY
    return f"(known after apply of {listed([str(a) for a in part.upstream])})"


def text_or_secret(text: str) -> str:
    """A declared variable's text in quotes, unless it is sealed."""
    return MASK if is_sealed_text(text) else quoted(text)


def plain_text(value: Json) -> str:
    """Any recorded plain value."""
    return inline(recorded_value(value))
