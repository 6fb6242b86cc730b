"""Digests: the same for equal values, and never for different ones."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.digest import (
    Digest,
    Json,
    canonical,
    digest,
    hex_of,
    is_tree,
    of_bytes,
    parse_digest,
    short,
)

JSON: st.SearchStrategy[Json] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip


@given(JSON, JSON)
def test_two_values_have_one_digest_only_when_they_spell_the_same(one: Json, other: Json) -> None:
    assert (digest("t", one) == digest("t", other)) == (canonical(one) == canonical(other))


@given(JSON)
def test_the_tag_keeps_kinds_apart(value: Json) -> None:
    assert digest("a", value) != digest("b", value)


def test_the_order_of_keys_does_not_count() -> None:
    assert canonical({"b": 1, "a": [2]}) == canonical({"a": [2], "b": 1}) == b'{"a":[2],"b":1}'


def test_numbers_texts_and_flags_differ() -> None:
    assert len({digest("t", v) for v in (1, "1", True, "true", None, "null", [1], {"1": 1})}) == 8


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_what_json_cannot_spell_is_refused(value: Json) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical(value)


def test_a_text_that_is_no_text_still_has_a_digest() -> None:
    assert digest("t", "\udcff") != digest("t", "\udcfe")


def test_the_digest_of_bytes_is_what_sha256sum_prints() -> None:
    assert of_bytes(b"x") == f"sha256:{hashlib.sha256(b'x').hexdigest()}"
    assert hex_of(of_bytes(b"x")) == hashlib.sha256(b"x").hexdigest()
    assert short(of_bytes(b"x")) == hashlib.sha256(b"x").hexdigest()[:12]


def test_a_folder_is_told_from_a_file() -> None:
    folder = Digest("sha256-tree:" + "0" * 64)

    assert is_tree(folder)
    assert not is_tree(of_bytes(b""))
    assert parse_digest(folder) == folder


@pytest.mark.parametrize(
    "text", ["", "sha256:", "sha256:" + "0" * 63, "sha256:" + "G" * 64, "md5:" + "0" * 64, "0" * 64]
)
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a digest"):
        parse_digest(text)
