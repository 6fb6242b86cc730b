"""Values and their differences, as a plan shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.plan import Action, OutputChange, Plan
from mlctl.core.state import State
from mlctl.core.value import (
    SENSITIVE,
    Value,
    from_plain,
    list_of,
    object_of,
    set_of,
    string,
    tuple_of,
    unknown,
)
from mlctl.views import plan_text
from mlctl.views.json_messages import plan_messages
from mlctl.views.jsonl import dumps
from mlctl.views.plan_json import plan_document
from mlctl.views.style import Style
from mlctl.views.value_diff import Mark, diff
from mlctl.views.value_text import Painter, inline, render
from tests.golden import Golden
from tests.views.view_samples import CANARY, REPLACED, secret

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc d", min_size=1, max_size=2), inner, max_size=4)
    ),
    max_leaves=12,
)


def shown(before: Value | None, after: Value | None) -> str:
    found = diff(before, after)
    return "\n".join(render(found, 0, Painter(Style())))


def of(before: object, after: object) -> str:
    return shown(from_plain(before), from_plain(after))


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (1, 2, "1 -> 2"),
        (True, False, "true -> false"),
        ("a", "b", '"a" -> "b"'),
        (1, "1", '1 -> "1"'),
        (None, 1, "null -> 1"),
        (1, None, "1 -> null"),
        (0, False, "0 -> false"),
        ([], [1], "[\n      + 1,\n    ]"),
        ({}, [], "{} -> []"),
        ("x", {"a": 1}, '"x" -> {\n      + a = 1\n    }'),
    ],
)
def test_a_small_change_reads_as_expected(before: object, after: object, text: str) -> None:
    assert of(before, after) == text


def test_nested_changes_look_as_expected(golden: Golden) -> None:
    cases = [
        (list("abcdefg"), list("abxcdefh")),
        (
            [{"name": "a", "v": 1}, {"name": "b", "v": 2}],
            [{"name": "a", "v": 2}, {"name": "b", "v": 2}, {"v": 3}],
        ),
        ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": 2, "d": 2}}}),
        ("one\ntwo\nthree", "one\n2\nthree\n"),
        ("\n".join(map(str, range(20))), "\n".join(map(str, [*range(10), "x", *range(10, 20)]))),
        ('{"a": [1, 2]}', '{"a": [1, 3], "b": {}}'),
        ('{"a": 1}', '{"a":1}'),
        ([1, [2, 3]], [1, [2, 4], "t\nu"]),
        ({"x y": 1}, {"x y": None, "z": None}),
    ]
    golden("value_diffs.txt", "\n\n".join(of(a, b) for a, b in cases) + "\n")


def test_a_set_shows_members_that_came_and_went_and_counts_the_rest() -> None:
    old = set_of([string(c) for c in "abcd"])
    new = set_of([string(c) for c in "bcx"])

    assert shown(old, new) == "\n".join(
        [
            "[",
            '      - "a",',
            '      - "d",',
            '      + "x",',
            "        # (2 unchanged elements hidden)",
            "    ]",
        ]
    )


def test_what_only_apply_will_tell_says_so() -> None:
    assert shown(string("a"), unknown()) == '"a" -> (known after apply)'
    assert shown(None, unknown()) == "(known after apply)"


def test_a_list_that_was_recorded_as_a_tuple_is_the_same_list() -> None:
    assert diff(from_plain(["a"]), list_of([string("a")])).mark is Mark.SAME


def test_a_value_that_becomes_sensitive_is_a_change() -> None:
    assert shown(string("a"), secret("a")) == '"a" -> (sensitive value)'
    assert diff(secret("a"), secret("a")).mark is Mark.SAME


def test_a_sensitive_part_never_shows_wherever_it_stands() -> None:
    def around(value: Value) -> Value:
        return object_of({"a": from_plain([1]), "b": object_of({"c": value}), "d": value})

    for before, after in [
        (around(secret()), around(secret(CANARY * 2))),
        (around(secret()), around(string("x"))),
        (around(string("x")), around(secret())),
        (set_of([secret()]), set_of([secret(), string("y")])),
        (from_plain([CANARY]).mark(SENSITIVE), from_plain([1])),
        (None, around(secret())),
        (around(secret()), None),
    ]:
        assert CANARY not in shown(before, after)
    assert CANARY not in inline(around(secret()))


def test_a_seal_that_nobody_marked_is_hidden_all_the_same() -> None:
    sealed = from_plain({"inner": {"sensitive": True, "hmac": CANARY}})

    assert CANARY not in shown(sealed, from_plain({"inner": "x"}))
    assert CANARY not in shown(None, sealed)


@given(plain)
def test_a_value_does_not_differ_from_itself(value: object) -> None:
    assert diff(from_plain(value), from_plain(value)).mark is Mark.SAME


@given(plain, plain)
def test_two_values_differ_exactly_when_they_are_not_equal(a: object, b: object) -> None:
    left, right = from_plain(a), from_plain(b)

    assert (diff(left, right).mark is Mark.SAME) == (left == right)


@given(plain, plain)
def test_every_change_shows_something_and_no_control_characters(a: object, b: object) -> None:
    lines = render(diff(from_plain(a), from_plain(b)), 0, Painter(Style()))

    assert lines
    assert all(line.isprintable() for line in lines if line.isascii())


def values(leaves: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3).map(tuple_of)
            | st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(object_of)
        ),
        max_leaves=8,
    )


with_secrets = values(
    plain.map(from_plain)
    | st.just(unknown())
    | st.sampled_from([secret(), from_plain({"k": [CANARY, f"x\n{CANARY}"]}).mark(SENSITIVE)])
)


@given(with_secrets, with_secrets)
def test_no_sensitive_value_ever_appears_in_text_or_json(before: Value, after: Value) -> None:
    change = replace(REPLACED, before=before, after=after)
    plan = Plan(resources=(change,), outputs=(OutputChange("o", Action.UPDATE, before, after),))

    assert CANARY not in plan_text.render(plan, Style())
    assert CANARY not in dumps(plan_document(plan, State()))
    assert not any(CANARY in dumps(message) for message in plan_messages(plan))
