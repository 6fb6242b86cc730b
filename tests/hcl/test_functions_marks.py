"""Functions whose business is marks, and what others do with marks inside their arguments."""

from __future__ import annotations

from mlctl.core.types import BOOL, DYNAMIC, STRING, ListType
from mlctl.core.value import (
    SENSITIVE,
    Value,
    boolean,
    from_plain,
    list_of,
    map_of,
    null,
    number,
    object_of,
    string,
    tuple_of,
    unknown,
)
from mlctl.hcl.functions import table

FUNCTIONS = table()


def call(name: str, *args: Value) -> Value:
    return FUNCTIONS[name].call(args)


def test_what_is_ephemeral_becomes_null_at_every_depth() -> None:
    gone = string("x").mark("ephemeral", "other")
    value = object_of(
        {
            "list": list_of([gone, string("y")]),
            "map": map_of({"k": gone}),
            "tuple": tuple_of([gone, number(1)]),
        }
    ).mark("outer")

    kept = call("ephemeralasnull", value)

    nothing = null(STRING).mark("other")
    assert kept == object_of(
        {
            "list": list_of([nothing, string("y")]),
            "map": map_of({"k": nothing}),
            "tuple": tuple_of([nothing, number(1)]),
        }
    ).mark("outer")


def test_sensitive_marks_come_and_go_and_others_stay() -> None:
    secret = call("sensitive", string("a").mark("origin"))

    assert secret.marks == {"origin", SENSITIVE}
    assert call("issensitive", secret) == boolean(True).mark("origin")
    assert call("nonsensitive", secret) == string("a").mark("origin")
    assert call("issensitive", unknown(STRING)) == unknown(BOOL)


def test_only_the_elements_that_were_marked_stay_marked() -> None:
    items = tuple_of([string("a").mark("m"), string("b")])

    assert call("element", items, number(1)) == string("b")
    assert call("reverse", items) == tuple_of([string("b"), string("a").mark("m")])
    assert call("values", object_of({"k": string("a").mark("m")})) == tuple_of(
        [string("a").mark("m")]
    )
    assert call("length", items) == number(2)
    assert call("keys", object_of({"k": string("a").mark("m")})) == from_plain(["k"])


def test_the_mark_of_a_collection_is_on_what_is_taken_out() -> None:
    items = list_of([string("a"), string("b")]).mark("whole")

    assert call("element", items, number(0)).marks == {"whole"}
    assert call("slice", items, number(0), number(1)).marks == {"whole"}
    assert call("concat", items, list_of([string("c").mark("c")])).marks_deep() == {"whole", "c"}
    assert call(
        "merge", map_of({"a": string("x")}).mark("m"), map_of({"b": string("y")})
    ).marks == {"m"}
    assert call("zipmap", items, items).marks == {"whole"}
    assert call("flatten", tuple_of([items, string("c")])).marks == {"whole"}


def test_unknown_collections_stay_unknown_with_their_marks() -> None:
    later = unknown(ListType(STRING)).mark("m")

    assert call("length", later).marks == {"m"}
    assert call("flatten", tuple_of([later])) == unknown(DYNAMIC).mark("m")
    assert call("keys", unknown(from_plain({"a": 1}).type).mark("m")) == from_plain(["a"]).mark("m")
    assert not call("setproduct", later, list_of([string("x")])).is_known
    assert call("lookup", map_of({"a": string("x")}), unknown(STRING).mark("k")).marks == {"k"}
    assert not call("zipmap", list_of([unknown(STRING)]), list_of([string("x")])).is_known
    assert not call("startswith", unknown(STRING), string("x")).is_known
    assert call("startswith", unknown(STRING), string("")) == boolean(True)
