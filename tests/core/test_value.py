"""Values: construction, sets in order, marks and unknowns."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from mlctl.core.types import DYNAMIC, NUMBER, STRING, ListType, MapType, ObjectType, SetType
from mlctl.core.value import (
    DYNAMIC_NULL,
    DYNAMIC_UNKNOWN,
    NOT_NULL,
    SENSITIVE,
    TRUE,
    Bound,
    Refinement,
    Value,
    boolean,
    list_of,
    map_of,
    null,
    number,
    object_of,
    refine,
    set_of,
    string,
    tuple_of,
    unknown,
)


def test_strings_are_normalised() -> None:
    assert string("e\u0301") == string("\u00e9")


def test_equal_values_of_different_types_differ() -> None:
    assert number(1) != boolean(True)
    assert list_of([string("a")]) != tuple_of([string("a")])
    assert null(STRING) != DYNAMIC_NULL


def test_values_can_be_members_of_python_sets() -> None:
    values = {object_of({"a": number(1)}), object_of({"a": number(1)}), number(1)}

    assert len(values) == 2


def test_values_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        TRUE.raw = False


def test_values_survive_pickling() -> None:
    value = list_of([string("a").mark(SENSITIVE), unknown(STRING, NOT_NULL)])

    assert pickle.loads(pickle.dumps(value)) == value


def test_sets_hold_each_value_once_in_order() -> None:
    numbers = set_of([number(10), number(9), number(10)])
    texts = set_of([string("b"), null(STRING), string("B")])

    assert [v.raw for v in numbers.elements()] == [9, 10]
    assert [v.raw for v in texts.elements()] == ["B", "b", None]


def test_sets_of_objects_are_in_a_stable_order() -> None:
    one, two = (object_of({"a": number(n), "b": string("x")}) for n in (1, 2))

    assert set_of([two, one]) == set_of([one, two, one])
    assert set_of([two, one]).elements() == (one, two)


def test_unknown_members_of_a_set_may_differ_and_all_stay() -> None:
    assert len(set_of([unknown(STRING), unknown(STRING), string("a")]).elements()) == 3


def test_a_set_takes_the_marks_of_its_members() -> None:
    made = set_of([string("a").mark("x"), string("b")])

    assert made.marks == {"x"}
    assert all(not member.marks for member in made.elements())


def test_maps_and_objects_are_sorted_by_key() -> None:
    assert list(map_of({"b": TRUE, "a": TRUE}).entries()) == ["a", "b"]
    assert list(object_of({"b": TRUE, "a": TRUE}).entries()) == ["a", "b"]


def test_empty_collections_have_the_type_they_are_given() -> None:
    assert list_of([], STRING).type is ListType(STRING)
    assert set_of([]).type is SetType(DYNAMIC)
    assert map_of({}, ObjectType({"a": STRING}, {"a"})).type is MapType(ObjectType({"a": STRING}))


def test_elements_of_one_collection_must_be_of_one_type() -> None:
    with pytest.raises(ValueError, match="differ"):
        list_of([string("a"), number(1)])


def test_what_is_not_known_yet_takes_the_type_of_its_neighbours() -> None:
    made = list_of([DYNAMIC_UNKNOWN, string("a"), DYNAMIC_NULL.mark("m")])

    assert [v.type for v in made.elements()] == [STRING] * 3
    assert made.elements()[2].marks == {"m"}


def test_wholly_known_looks_inside() -> None:
    inside = object_of({"a": tuple_of([unknown(NUMBER)])})

    assert inside.is_known
    assert not inside.is_wholly_known


def test_marks_are_found_and_taken_off_at_every_depth() -> None:
    value = object_of({"a": list_of([string("x").mark("inner")])}).mark("outer")

    assert value.marks_deep() == {"inner", "outer"}
    assert value.unmark()[0] == object_of({"a": list_of([string("x").mark("inner")])})
    assert value.unmark_deep()[0] == object_of({"a": list_of([string("x")])})
    assert value.unmark()[1] == {"outer"}
    assert value.unmark_deep()[1] == {"inner", "outer"}


def test_marking_twice_changes_nothing() -> None:
    marked = string("x").mark("a")

    assert marked.mark("a") is marked
    assert marked.with_marks(frozenset({"b"})).marks == {"a", "b"}


def test_a_sensitive_value_does_not_show_in_its_repr() -> None:
    assert "hunter2" not in repr(string("hunter2").mark(SENSITIVE))
    assert "hunter2" not in repr(object_of({"a": string("hunter2").mark(SENSITIVE)}))


def test_unknown_values_become_known_where_only_one_value_is_left() -> None:
    three = Refinement(not_null=True, lower=Bound(3), upper=Bound(3))
    none = Refinement(not_null=True, min_length=0, max_length=0)
    two = Refinement(not_null=True, min_length=2, max_length=2)

    assert unknown(NUMBER, three) == number(3)
    assert unknown(MapType(STRING), none) == map_of({}, STRING)
    assert unknown(ListType(STRING), two) == list_of([unknown(STRING)] * 2)
    assert not unknown(SetType(STRING), two).is_known


def test_refining_keeps_the_narrower_of_both() -> None:
    wide = unknown(NUMBER, Refinement(lower=Bound(1), upper=Bound(9)))

    narrow = refine(wide, Refinement(lower=Bound(1, inclusive=False), upper=Bound(10)))

    assert narrow.refinement == Refinement(lower=Bound(1, inclusive=False), upper=Bound(9))
    assert refine(number(5), NOT_NULL) == number(5)
    assert refine(DYNAMIC_UNKNOWN, NOT_NULL) is DYNAMIC_UNKNOWN


def test_what_holds_of_either_is_the_looser_of_both() -> None:
    a = Refinement(not_null=True, prefix="ab-1", lower=Bound(1), min_length=2, max_length=3)
    b = Refinement(not_null=True, prefix="ab-2", lower=Bound(0), min_length=1)

    assert a.either(b) == Refinement(not_null=True, prefix="ab-", lower=Bound(0), min_length=1)


def test_numbers_are_exact() -> None:
    assert number(Decimal("1.50")) == number(Decimal("1.5"))
    assert number(Decimal("2.0")) == number(2)
    with pytest.raises(ValueError, match="not a number"):
        number(Decimal("NaN"))
    with pytest.raises(ValueError, match="out of range"):
        number(Decimal("1e1000000"))


def test_sets_of_every_kind_have_one_order() -> None:
    def order(*members: Value) -> list[Value]:
        forwards, backwards = set_of(members), set_of(reversed(members))
        assert forwards == backwards
        return list(forwards.elements())

    small, large = map_of({"k": number(Decimal("0.00001"))}), map_of({"k": number(10**30)})
    infinite = map_of({"k": number(Decimal("Infinity"))})
    assert order(boolean(True), boolean(False)) == [boolean(False), boolean(True)]
    assert order(tuple_of([string("b")]), tuple_of([string("a")]))[0] == tuple_of([string("a")])
    half = map_of({"k": number(Decimal("12345678901.5"))})
    assert len(order(small, large, infinite, half, map_of({"k": number(Decimal("0.5"))}))) == 5
    assert order(list_of([TRUE]), list_of([null(TRUE.type)]))[0] == list_of([TRUE])
    assert order(object_of({"a": unknown(STRING)}), object_of({"a": null(STRING)})) == [
        object_of({"a": unknown(STRING)}),
        object_of({"a": null(STRING)}),
    ]


def test_values_say_what_may_be_said_of_them() -> None:
    assert not DYNAMIC_NULL.is_never_null
    assert unknown(STRING, NOT_NULL).is_never_null
    assert DYNAMIC_UNKNOWN.is_any
    assert not unknown(STRING).is_any
    assert "unknown" in repr(unknown(STRING, NOT_NULL))
