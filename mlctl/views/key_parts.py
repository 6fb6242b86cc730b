"""A step's key, part by part, beside an older one. Says what differs; shows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from mlctl.core.digest import Digest
from mlctl.core.step import LockedSoftware, Pending, SoftwareKey, StepKey
from mlctl.views.key_text import input_text, pending_text, software_text, text_or_secret
from mlctl.views.reasons import command_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part then and now.

    Attributes:
        then: In words; None where the older key lacks the part, or there is no older key.
        now: In words; None where the key lacks the part.
        differs: The two are not the same, or one is not known yet.
    """

    part: str
    then: str | None
    now: str | None
    differs: bool


def compare(now: StepKey | None, then: StepKey | None) -> tuple[PartRow, ...]:
    """Every part of two keys, in a fixed order. Without an older key every part differs."""
    new, old = _parts(now), _parts(then)
    names = [*new, *(name for name in old if name not in new)]
    return tuple(_row(name, old.get(name, _NOTHING), new.get(name, _NOTHING)) for name in names)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part's exact content, to compare, and its words."""

    content: object
    words: str | None


_NOTHING = _Part(None, None)


def _row(name: str, then: _Part, now: _Part) -> PartRow:
    differs = isinstance(now.content, Pending) or then != now
    return PartRow(name, then.words, now.words, differs)


def _parts(key: StepKey | None) -> dict[str, _Part]:
    if key is None:
        return {}
    return {
        "code": _Part(key.code, _digest(key.code)),
        "command": _Part(key.command, _command(key.command)),
        **{f"inputs.{n}": _Part(p, input_text(p, exact=True)) for n, p in _sorted(key.inputs)},
        "software": _Part(_software(key.software), software_text(key.software)),
        **_packages(key.software),
        **{f"env.{n}": _Part(t, _env(t)) for n, t in _sorted(key.env)},
        **{f"outputs.{n}": _Part(kind, kind) for n, kind in _sorted(key.outputs)},
        "platform": _Part(key.platform, _text(key.platform)),
        "instance_count": _Part(key.instance_count, str(key.instance_count)),
        "cache.version": _Part(key.salt, key.salt or "(none)"),
    }


def _sorted(mapping: Mapping[str, T]) -> list[tuple[str, T]]:
    return sorted(mapping.items(), key=lambda item: item[0])


def _software(software: SoftwareKey | Pending) -> object:
    return software.digest if isinstance(software, LockedSoftware) else software


def _packages(software: SoftwareKey | Pending) -> dict[str, _Part]:
    if not isinstance(software, LockedSoftware):
        return {}
    return {f"package.{name}": _Part(v, v) for name, v in _sorted(software.packages)}


def _digest(code: Digest | Pending | None) -> str:
    match code:
        case None:
            return "(no code folder)"
        case Pending():
            return pending_text(code)
        case _:
            return code


def _command(command: str | tuple[str, ...] | Pending) -> str:
    return pending_text(command) if isinstance(command, Pending) else command_text(command)


def _env(text: str | Pending) -> str:
    return pending_text(text) if isinstance(text, Pending) else text_or_secret(text)


def _text(text: str | Pending) -> str:
    return pending_text(text) if isinstance(text, Pending) else text
