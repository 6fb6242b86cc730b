"""Unification: the one type several become."""

from __future__ import annotations

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
    TupleType,
    Type,
)
from mlctl.core.value import from_plain, string
from mlctl.hcl.convert import unify_values
from mlctl.hcl.unify import convertible, unify


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ([ListType(STRING), SetType(STRING)], ListType(STRING)),
        ([ListType(NUMBER), ListType(STRING)], ListType(STRING)),
        ([MapType(NUMBER), ObjectType({"a": STRING})], MapType(STRING)),
        ([STRING, DYNAMIC], DYNAMIC),
        ([ListType(STRING), DYNAMIC], DYNAMIC),
        ([ObjectType({"a": NUMBER}), ObjectType({"a": STRING})], ObjectType({"a": STRING})),
        ([TupleType([]), ObjectType({})], None),
        ([STRING, ListType(STRING)], None),
        ([MapType(STRING), ListType(STRING)], None),
    ],
)
def test_types_become_one(types: list[Type], expected: Type | None) -> None:
    assert unify(types) is expected


def test_unsafe_conversions_let_more_types_become_one() -> None:
    assert unify([BOOL, NUMBER, STRING]) is STRING
    assert unify([ListType(BOOL), SetType(STRING)]) is None
    assert unify([ListType(BOOL), SetType(STRING)], unsafe=True) is ListType(BOOL)
    assert convertible(ListType(STRING), SetType(NUMBER))
    assert not convertible(ListType(STRING), SetType(STRING), unsafe=False)


def test_values_are_converted_to_the_type_they_share() -> None:
    assert unify_values([from_plain(1), string("a")]) == [string("1"), string("a")]
    assert unify_values([from_plain(1), from_plain([])]) is None
