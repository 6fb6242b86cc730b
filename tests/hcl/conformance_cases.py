"""Reads the conformance cases: where the folder is, and values in their JSON form."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from mlctl.core.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    Type,
    type_from_json,
)
from mlctl.core.value import (
    Bound,
    Refinement,
    Value,
    boolean,
    list_of,
    map_of,
    null,
    object_of,
    parse_number,
    refine,
    set_of,
    string,
    tuple_of,
    unknown,
)
from mlctl.core.value_make import number_exact

# The cases are JSON of many shapes; the tests that read them know which.
Case: TypeAlias = dict[str, Any]

FOLDER = Path(
    os.environ.get("MLCTL_CONFORMANCE", Path(__file__).parents[3] / "shared" / "conformance")
)


def load_cases(name: str) -> list[Case]:
    """The cases of one file; the test is skipped where the folder is absent."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"no conformance cases: {path} is absent (set MLCTL_CONFORMANCE)")
    cases: list[Case] = json.loads(path.read_text(encoding="utf-8"))
    return cases


def case_value(json_value: Case) -> Value:
    """The value a case writes as ``{"type": ..., "value": ...}``."""
    t = type_from_json(json_value["type"])
    value = _unmarked(t, json_value)
    return value.mark(*json_value.get("marks", ()))


def _unmarked(t: Type, json_value: Case) -> Value:
    if json_value.get("unknown"):
        return _refined(unknown(t), json_value.get("refine", ()))
    return null(t) if json_value.get("null") else _known(t, json_value["value"])


def _known(t: Type, payload: Any) -> Value:
    match t:
        case ListType():
            return list_of(map(case_value, payload), t.element)
        case SetType():
            return set_of(map(case_value, payload), t.element)
        case MapType():
            return map_of({key: case_value(v) for key, v in payload.items()}, t.element)
        case ObjectType():
            return object_of({key: case_value(v) for key, v in payload.items()})
        case _ if isinstance(payload, list):
            return tuple_of(map(case_value, payload))
        case _:
            return _scalar(t, payload)


def _scalar(t: Type, payload: Any) -> Value:
    if t is STRING:
        return string(payload)
    if t is NUMBER:
        return number_exact(parse_number(payload))
    assert t in (BOOL, DYNAMIC)
    return boolean(payload)


def _refined(value: Value, steps: Any) -> Value:
    total = Refinement()
    for name, *args in steps:
        total = total.also(_step(name, args))
    return refine(value, total)


def _step(name: str, args: list[Any]) -> Refinement:
    if name.startswith("NumberRange"):
        return _range(name, args)
    prefix = args[0] if name == "StringPrefixFull" else ""
    at_least = name in ("CollectionLength", "CollectionLengthLowerBound")
    at_most = name in ("CollectionLength", "CollectionLengthUpperBound")
    return Refinement(
        not_null=name == "NotNull",
        prefix=prefix,
        min_length=args[0] if at_least else 0,
        max_length=args[0] if at_most else None,
    )


def _range(name: str, args: list[Any]) -> Refinement:
    match name, args:
        case "NumberRangeLowerBound", [bound, inclusive]:
            return Refinement(lower=Bound(_bound(bound), inclusive))
        case "NumberRangeUpperBound", [bound, inclusive]:
            return Refinement(upper=Bound(_bound(bound), inclusive))
        case "NumberRangeInclusive", [low, {"value": str(high)}] if "MaxInt" in high:
            return Refinement(lower=Bound(_bound(low)))
        case "NumberRangeInclusive", [low, high]:
            return Refinement(lower=Bound(_bound(low)), upper=Bound(_bound(high)))
        case _:
            raise AssertionError((name, args))


def _bound(json_value: Case) -> int | Decimal:
    return case_value(json_value).as_number()
