"""Addresses: one spelling, read back, ordered as people expect."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.address import Address, InstanceKey, Part

NAMES = st.from_regex(r"[a-z_äж][a-z0-9_\-ä]{0,5}", fullmatch=True)
KEYS: st.SearchStrategy[InstanceKey] = st.one_of(
    st.none(),
    st.integers(0, 10**6),
    st.text(max_size=6),
    st.sampled_from(["${", "$${", "%{", "%%{", "$$${", "$", '"', "\\", "]", ".", "\n", "\0", "a.b[0]"]),
)  # fmt: skip
ADDRESSES = st.lists(
    st.builds(Part, st.sampled_from(["module", "pipeline", "step", "data_asset"]), NAMES, KEYS),
    min_size=1,
    max_size=4,
).map(lambda parts: Address(tuple(parts)))


@given(ADDRESSES)
def test_what_is_written_is_read_back(address: Address) -> None:
    assert Address.parse(str(address)).parts == address.parts


@given(ADDRESSES, ADDRESSES)
def test_two_addresses_have_one_spelling_only_when_they_are_the_same(
    one: Address, other: Address
) -> None:
    assert (str(one) == str(other)) == (one.parts == other.parts) == (one == other)
    assert one != str(one)
    if one == other:
        assert hash(one) == hash(other)


@given(ADDRESSES, ADDRESSES)
def test_addresses_are_in_one_order(one: Address, other: Address) -> None:
    assert (one < other) + (other < one) == (one != other)


def test_instances_are_ordered_by_number_and_by_text() -> None:
    texts = ["a.b", "a.b[0]", "a.b[2]", "a.b[10]", "a.c"]

    assert [str(a) for a in sorted(map(Address.parse, reversed(texts)))] == texts
    assert Address.parse('a.b["x"]') < Address.parse('a.b["y"]')


@pytest.mark.parametrize(
    "text",
    ["", "compute", "compute.", ".gpu", "compute.gpu.", "compute.gpu[", "compute.gpu[x]", "compute.1",
     'compute.gpu["x]', "compute.gpu[-1]", "Compute.gpu", "compute gpu", "compute.gpu x", "compute..gpu"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        Address.parse(text)


def test_an_address_knows_its_parts() -> None:
    address = Address.parse('module.m[1].pipeline.p.step.s["x"]')

    assert (address.kind, address.name, address.key) == ("step", "s", "x")
    assert str(address.declaration) == "module.m[1].pipeline.p.step.s"
    assert address.declaration.declaration == address.declaration
    assert str(address.parent) == "module.m[1].pipeline.p"
    assert Address.of("compute", "gpu").parent is None
    assert address.module == (Part("module", "m", 1),)
    assert str(address.instance(0)) == "module.m[1].pipeline.p.step.s[0]"
    assert str(Address.of("pipeline", "p").child("step", "s")) == "pipeline.p.step.s"


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("pipeline.p", "pipeline.p", True),
        ("pipeline.p", "pipeline.p[0]", True),
        ("pipeline.p", "pipeline.p.step.s", True),
        ('pipeline.p["a"]', 'pipeline.p["a"].step.s[0]', True),
        ('pipeline.p["a"]', 'pipeline.p["b"].step.s', False),
        ("pipeline.p[0]", "pipeline.p", False),
        ("pipeline.p[0]", 'pipeline.p["0"]', False),
        ("pipeline.p.step.s", "pipeline.p", False),
        ("pipeline.p", "pipeline.q", False),
        ("module.m", "module.m[3].compute.x", True),
    ],
)
def test_an_address_covers_its_instances_and_what_is_inside(
    wide: str, narrow: str, covers: bool
) -> None:
    assert Address.parse(wide).covers(Address.parse(narrow)) is covers
