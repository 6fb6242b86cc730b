"""Conversion: what a person sees of it beyond the conformance cases."""

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
from mlctl.core.value import (
    DYNAMIC_NULL,
    DYNAMIC_UNKNOWN,
    NOT_NULL,
    Refinement,
    Value,
    from_plain,
    list_of,
    map_of,
    null,
    number,
    object_of,
    set_of,
    string,
    tuple_of,
    unknown,
)
from mlctl.hcl.convert import ConversionError, can_convert, convert
from mlctl.hcl.defaults import Defaults, apply_defaults

SERVER = ObjectType({"name": STRING, "cpus": NUMBER}, {"cpus"})


def test_a_value_of_the_type_is_returned_itself() -> None:
    value = list_of([string("a")])

    assert convert(value, ListType(STRING)) is value
    assert convert(value, DYNAMIC) is value


def test_missing_optional_attributes_are_null_and_unnamed_ones_go() -> None:
    assert convert(from_plain({"name": "a", "other": 1}), SERVER) == object_of(
        {"name": string("a"), "cpus": null(NUMBER)}
    )


def test_the_path_says_where_the_trouble_is() -> None:
    servers = from_plain([{"name": "a", "cpus": "1"}, {"name": "b", "cpus": "many"}])

    with pytest.raises(ConversionError, match="a number is required") as caught:
        convert(servers, ListType(SERVER))

    assert caught.value.path_text == "[1].cpus"


def test_the_path_of_a_map_names_the_key() -> None:
    with pytest.raises(ConversionError) as caught:
        convert(from_plain({"a b": "x"}), MapType(BOOL))

    assert caught.value.path_text == '["a b"]'


def test_marks_stay_where_they_are() -> None:
    value = tuple_of([string("1").mark("m"), number(2)]).mark("whole")

    assert convert(value, ListType(NUMBER)) == list_of([number(1).mark("m"), number(2)]).mark(
        "whole"
    )
    assert convert(value, SetType(NUMBER)) == set_of([number(1), number(2)]).mark("whole", "m")


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        (DYNAMIC_NULL, STRING, null(STRING)),
        (DYNAMIC_UNKNOWN, STRING, unknown(STRING)),
        (unknown(NUMBER, NOT_NULL), STRING, unknown(STRING, NOT_NULL)),
        (null(TupleType([STRING])), ListType(DYNAMIC), null(ListType(STRING))),
        (
            unknown(TupleType([STRING, BOOL])),
            SetType(STRING),
            unknown(SetType(STRING), Refinement(min_length=1, max_length=2)),
        ),
        (
            unknown(MapType(NUMBER)),
            ObjectType({"a": DYNAMIC}),
            unknown(ObjectType({"a": NUMBER})),
        ),
    ],
)
def test_null_and_unknown_values_convert_by_their_type(
    value: Value, wanted: Type, expected: Value
) -> None:
    assert convert(value, wanted) == expected


def test_any_takes_what_the_elements_share() -> None:
    assert convert(from_plain([1, "a"]), ListType(DYNAMIC)).type is ListType(STRING)
    assert convert(from_plain({"a": 1, "b": True, "c": "x"}), MapType(DYNAMIC)) == map_of(
        {"a": string("1"), "b": string("true"), "c": string("x")}
    )


def test_equal_elements_of_a_new_set_become_one() -> None:
    assert convert(from_plain([1, "1", 1]), SetType(STRING)) == set_of([string("1")])


def test_upper_case_bools_get_a_hint() -> None:
    with pytest.raises(ConversionError, match='use lowercase "true"'):
        convert(string("TRUE"), BOOL)


def test_a_map_must_have_what_an_object_requires() -> None:
    with pytest.raises(ConversionError, match='no element for required attribute "name"'):
        convert(map_of({"cpus": string("1")}), SERVER)


def test_whether_types_convert_can_be_asked_beforehand() -> None:
    assert can_convert(STRING, NUMBER)
    assert not can_convert(BOOL, NUMBER)
    assert not can_convert(ListType(STRING), MapType(STRING))


def test_defaults_fill_in_what_nested_objects_lack() -> None:
    disk = Defaults(ObjectType({"gb": NUMBER}, {"gb"}), {"gb": number(10)})
    server = Defaults(
        ObjectType({"name": STRING, "disk": disk.type}, {"disk"}),
        {"disk": object_of({"gb": null(NUMBER)})},
        {"disk": disk},
    )
    servers = Defaults(ListType(server.type), children={"": server})
    given = from_plain([{"name": "a"}, {"name": "b", "disk": {"gb": 20}}])

    filled = apply_defaults(servers, given)

    assert convert(filled, ListType(server.type)) == convert(
        from_plain([{"name": "a", "disk": {"gb": 10}}, {"name": "b", "disk": {"gb": 20}}]),
        ListType(server.type),
    )


def test_defaults_take_the_place_of_null_and_keep_marks() -> None:
    defaults = Defaults(ObjectType({"a": STRING}, {"a"}), {"a": string("x")})

    assert apply_defaults(defaults, object_of({"a": null(STRING)}).mark("m")) == object_of(
        {"a": string("x")}
    ).mark("m")
