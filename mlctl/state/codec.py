"""The state file's text. Knows no file, no lock and no clock."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from mlctl.core.address import Address
from mlctl.core.digest import Json, canonical
from mlctl.core.state import ResourceRecord, State, StepRecord
from mlctl.state.errors import StateDamaged, StateTooNew
from mlctl.state.record_codec import (
    output_value_from_json,
    output_value_to_json,
    resource_from_json,
    resource_to_json,
    step_from_json,
    step_to_json,
)

VERSION = 1
"""Of the format. Raised together with a new entry in ``UPGRADES``."""

_HEAD = re.compile(
    rb'\{\n"version":%d,\n"mlctl_version":"[^"\\]*",\n'
    rb'"serial":(?P<serial>\d+),\n"lineage":(?P<lineage>"[^"\\]*"),\n' % VERSION
)

Upgrade = Callable[[dict[str, Json]], dict[str, Json]]

UPGRADES: Mapping[int, Upgrade] = {}
"""By the version it starts from: brings a whole document to the next version."""

_Record = TypeVar("_Record", ResourceRecord, StepRecord)


def encode(state: State, mlctl_version: str = "") -> bytes:
    """The state as a file holds it: canonical JSON, one record a line."""
    return _document(
        {
            "version": VERSION,
            "mlctl_version": mlctl_version,
            "serial": state.serial,
            "lineage": state.lineage,
            "outputs": {name: output_value_to_json(o) for name, o in state.outputs.items()},
        },
        {
            "resources": map(resource_to_json, _in_order(state.resources)),
            "steps": map(step_to_json, _in_order(state.steps)),
            "checks": state.checks,
        },
    )


def decode(content: bytes, where: str, upgrades: Mapping[int, Upgrade] = UPGRADES) -> State:
    """Read what ``encode`` wrote, now or in an older version.

    Args:
        content: The file's bytes.
        where: What to call it in errors.
        upgrades: One function a version, as ``UPGRADES``.

    Raises:
        StateTooNew: A later mlctl wrote it.
        StateDamaged: It is not a state.
    """
    document = _upgraded(_parse(content, where), where, upgrades)
    try:
        return State(
            lineage=_text(document["lineage"]),
            serial=_count(document["serial"]),
            outputs={
                name: output_value_from_json(raw)
                for name, raw in _object(document["outputs"]).items()
            },
            resources=_by_address(map(resource_from_json, _list(document["resources"]))),
            steps=_by_address(map(step_from_json, _list(document["steps"]))),
            checks=tuple(_list(document["checks"])),
        )
    except KeyError as error:
        raise StateDamaged(where, f"it has no {error}") from error
    except ValueError as error:
        raise StateDamaged(where, str(error)) from error


def peek(content: bytes, where: str) -> tuple[str, int]:
    """Lineage and serial alone, without reading every record.

    Raises:
        StateTooNew: As ``decode``.
        StateDamaged: As ``decode``, where the head of the document does not say it.
    """
    if match := _HEAD.match(content):
        return str(json.loads(match["lineage"])), int(match["serial"])
    state = decode(content, where)
    return state.lineage, state.serial


def _document(head: Mapping[str, Json], lists: Mapping[str, Iterable[Json]]) -> bytes:
    lines = [b"{"]
    lines += [canonical(name) + b":" + canonical(value) + b"," for name, value in head.items()]
    for name, records in lists.items():
        rows = b",\n".join(map(canonical, records))
        lines.append(canonical(name) + b":[" + (b"\n" + rows + b"\n" if rows else b"") + b"],")
    lines[-1] = lines[-1].removesuffix(b",")
    return b"\n".join([*lines, b"}\n"])


def _parse(content: bytes, where: str) -> dict[str, Json]:
    try:
        document = json.loads(content.decode("utf-8", "surrogatepass"))
    except json.JSONDecodeError as error:
        why = f"{error.msg} in line {error.lineno}, at character {error.pos} of {len(content)}"
        raise StateDamaged(where, why if content else "it is empty") from error
    except UnicodeDecodeError as error:
        raise StateDamaged(where, f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise StateDamaged(where, "it is nested too deeply") from error
    if not isinstance(document, dict):
        raise StateDamaged(where, "it is not a JSON object")
    return document


def _upgraded(
    document: dict[str, Json], where: str, upgrades: Mapping[int, Upgrade]
) -> dict[str, Json]:
    newest = max(upgrades, default=VERSION - 1) + 1
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise StateDamaged(where, f"its version is {version!r}, not a number from 1")
    if version > newest:
        by = document.get("mlctl_version")
        raise StateTooNew(where, version, newest, by if isinstance(by, str) else "")
    while version < newest:
        if version not in upgrades:
            raise StateDamaged(where, f"no mlctl ever wrote version {version}")
        document, version = upgrades[version](document), version + 1
    return document


def _in_order(records: Mapping[Address, _Record]) -> list[_Record]:
    # The text's order: one spelling for equal states, at the price of "[10]" before "[2]".
    return sorted(records.values(), key=lambda record: record.address.text)


def _by_address(records: Iterable[_Record]) -> dict[Address, _Record]:
    found: dict[Address, _Record] = {}
    for record in records:
        if record.address in found:
            raise ValueError(f"{record.address} is recorded twice")
        found[record.address] = record
    return found


def _text(raw: Json) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"expected a text, found {raw!r}")
    return raw


def _count(raw: Json) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < 0:
        raise ValueError(f"expected a count, found {raw!r}")
    return raw


def _object(raw: Json) -> Mapping[str, Json]:
    if not isinstance(raw, Mapping):
        raise ValueError(f"expected an object, found {raw!r}")
    return raw


def _list(raw: Json) -> Sequence[Json]:
    if not isinstance(raw, list):
        raise ValueError(f"expected a list, found {raw!r}")
    return raw
