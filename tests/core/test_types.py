"""Types: identity, names, JSON and constraint text."""

from __future__ import annotations

import copy
import pickle

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
    conforms,
    is_structural,
    type_from_json,
    type_string,
    without_optional,
)

SERVER = ObjectType({"name": STRING, "cpus": NUMBER}, {"cpus"})


def test_types_that_say_the_same_are_the_same_object() -> None:
    assert ListType(ObjectType({"b": BOOL, "a": STRING})) is ListType(
        ObjectType({"a": STRING, "b": BOOL})
    )
    assert len({ListType(STRING), SetType(STRING), MapType(STRING)}) == 3
    assert ObjectType({"a": STRING}) is not ObjectType({"a": STRING}, {"a"})


def test_copies_and_pickles_of_a_type_are_the_type() -> None:
    t = MapType(TupleType([STRING, SERVER]))

    assert copy.deepcopy(t) is t
    assert copy.copy(t) is t
    assert pickle.loads(pickle.dumps(t)) is t


def test_types_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        ListType(STRING).element = NUMBER


@pytest.mark.parametrize(
    ("t", "name", "constraint"),
    [
        (ListType(STRING), "list of string", "list of string"),
        (MapType(SetType(NUMBER)), "map of set of number", "map of set of number"),
        (SERVER, "object", "object"),
        (TupleType([STRING]), "tuple", "tuple"),
        (DYNAMIC, "dynamic", "any type"),
        (ListType(DYNAMIC), "list of dynamic", "list of any single type"),
    ],
)
def test_types_are_named_as_terraform_names_them(t: ListType, name: str, constraint: str) -> None:
    assert t.friendly_name == name
    assert t.friendly_constraint == constraint


def test_json_of_a_type_is_that_of_cty() -> None:
    t = ListType(SERVER)

    assert t.to_json() == ["list", ["object", {"cpus": "number", "name": "string"}, ["cpus"]]]
    assert type_from_json(t.to_json()) is t


@pytest.mark.parametrize("json", ["strin", ["list"], ["queue", "string"], 5, None, ["tuple", "x"]])
def test_what_is_no_type_is_refused(json: object) -> None:
    with pytest.raises(ValueError, match="not a type"):
        type_from_json(json)


def test_a_type_is_written_as_in_a_configuration() -> None:
    assert type_string(ListType(SERVER)) == "list(object({cpus=optional(number),name=string}))"
    assert type_string(TupleType([DYNAMIC, BOOL])) == "tuple([any,bool])"


def test_optional_attributes_are_only_in_constraints() -> None:
    assert without_optional(SetType(SERVER)) is SetType(
        ObjectType({"name": STRING, "cpus": NUMBER})
    )
    assert without_optional(TupleType([SERVER, STRING])).has_optional is False


def test_kinds_of_types_can_be_asked_for() -> None:
    assert is_structural(TupleType([]))
    assert not is_structural(ListType(STRING))


def test_only_attributes_may_be_optional() -> None:
    with pytest.raises(ValueError, match="optional but not attributes"):
        ObjectType({"a": STRING}, {"b"})


def test_any_in_what_is_wanted_takes_everything_in_its_place() -> None:
    wanted = ObjectType({"a": ListType(DYNAMIC), "b": TupleType([DYNAMIC])})

    assert conforms(ObjectType({"a": ListType(BOOL), "b": TupleType([STRING])}), wanted)
    assert not conforms(ObjectType({"a": SetType(BOOL), "b": TupleType([STRING])}), wanted)
    assert not conforms(ObjectType({"a": ListType(BOOL)}), wanted)
