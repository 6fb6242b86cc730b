"""Between values and plain Python."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from mlctl.core.types import STRING
from mlctl.core.value import (
    SENSITIVE,
    from_plain,
    list_of,
    number,
    object_of,
    set_of,
    string,
    to_json_plain,
    to_plain,
    tuple_of,
    unknown,
)


def test_plain_python_becomes_a_value() -> None:
    value = from_plain({"b": [1, 2.5, None], "a": (True, "x")})

    assert value == object_of(
        {
            "b": tuple_of([number(1), number(Decimal("2.5")), from_plain(None)]),
            "a": tuple_of([from_plain(True), string("x")]),
        }
    )


def test_a_float_is_taken_by_its_shortest_text() -> None:
    assert from_plain(0.1) == number(Decimal("0.1"))


@pytest.mark.parametrize("plain", [{1: "a"}, object(), b"x", {"a": {2}}])
def test_what_has_no_place_in_the_language_is_refused(plain: object) -> None:
    with pytest.raises(ValueError, match=r"not (a value|an attribute name)"):
        from_plain(plain)


def test_values_become_plain_python_again() -> None:
    value = object_of({"s": set_of([number(2), number(1)]), "f": number(Decimal("0.5"))})

    assert to_plain(value) == {"f": Decimal("0.5"), "s": [1, 2]}


def test_secrets_leave_only_when_they_are_asked_for() -> None:
    value = list_of([string("hunter2").mark(SENSITIVE)])

    with pytest.raises(ValueError, match="marked"):
        to_plain(value)
    assert to_plain(value, marks_ok=True) == ["hunter2"]


def test_unknown_values_do_not_become_plain() -> None:
    with pytest.raises(ValueError, match="not wholly known"):
        to_plain(tuple_of([unknown(STRING)]))


def test_json_of_objects_and_lists_is_plain() -> None:
    assert to_json_plain(from_plain({"a": [None, True, "x"]})) == {"a": [None, True, "x"]}


def test_json_invents_no_digits() -> None:
    value = from_plain([Decimal("0.1"), Decimal("0.1000000000000000000001"), 2**70])

    assert (
        json.dumps(to_json_plain(value))
        == '[0.1, "0.1000000000000000000001", 1180591620717411303424]'
    )
