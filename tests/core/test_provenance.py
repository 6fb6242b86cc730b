"""Where values come from, and what stays when that is taken off."""

from __future__ import annotations

from mlctl.core.address import Address
from mlctl.core.provenance import Origin, is_sensitive, origins, origins_of, without_origins
from mlctl.core.value import SENSITIVE, object_of, string, tuple_of, unknown

A, B = Address.of("compute", "a"), Address.of("compute", "b")


def test_origins_are_found_however_deep_they_are() -> None:
    value = object_of({"x": tuple_of([string("1").mark(Origin(A))])}).mark(Origin(B), SENSITIVE)

    assert origins_of(value) == {A, B}
    assert origins(value.marks) == {B}
    assert origins_of(string("x")) == frozenset()


def test_taking_origins_off_leaves_secrets_where_they_were() -> None:
    secret = string("s").mark(SENSITIVE, Origin(A))
    value = object_of({"x": tuple_of([secret, string("open").mark(Origin(B))])}).mark(Origin(B))

    bare, found = without_origins(value)

    assert found == {A, B}
    assert bare.marks == frozenset()
    inner = bare.entries()["x"].elements()
    assert [one.marks for one in inner] == [{SENSITIVE}, frozenset()]
    assert is_sensitive(bare)
    assert not is_sensitive(inner[1])


def test_a_value_without_marks_is_given_back_as_it_is() -> None:
    value = tuple_of([string("x")])

    assert without_origins(value)[0] is value


def test_unknown_values_have_origins_too() -> None:
    bare, found = without_origins(unknown().mark(Origin(A)))

    assert found == {A}
    assert not bare.is_known
