"""What expressions evaluate to, what is said when they cannot, and what is looked up when."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from mlctl.core.diagnostic import Diagnostic, Severity
from mlctl.core.types import DYNAMIC, NUMBER, STRING, ListType, MapType, ObjectType
from mlctl.core.value import (
    DYNAMIC_UNKNOWN,
    SENSITIVE,
    Plain,
    Value,
    from_plain,
    list_of,
    map_of,
    number,
    set_of,
    string,
    to_plain,
    unknown,
)
from mlctl.hcl.evaluate import evaluate, evaluate_constant
from mlctl.hcl.functions import table
from mlctl.hcl.parser import parse_expression
from mlctl.hcl.scope import Scope

NAMES: Mapping[str, Value] = {
    "n": number(2),
    "s": string("text"),
    "flag": from_plain(True),
    "xs": list_of([number(1), number(2), number(3)]),
    "m": map_of({"b": number(2), "a": number(1)}),
    "set": set_of([string("y"), string("x")]),
    "o": from_plain({"name": "x", "size": 3, "tags": {"k": "v"}}),
    "os": list_of([from_plain({"id": "a"}), from_plain({"id": "b"})]),
    "nothing": from_plain(None),
    "later": unknown(NUMBER),
    "laters": unknown(ListType(NUMBER)),
    "later_map": unknown(MapType(STRING)),
    "later_object": unknown(ObjectType({"id": STRING})),
    "anything": DYNAMIC_UNKNOWN,
    "secret": string("hush").mark(SENSITIVE),
    "secrets": list_of([string("a")]).mark(SENSITIVE),
}


def run(text: str, scope: Scope | None = None) -> tuple[Value, list[Diagnostic]]:
    expr, diagnostics = parse_expression("t.hcl", text)
    assert diagnostics == []
    return evaluate(expr, scope or Scope(NAMES, table()))


def value(text: str) -> Value:
    found, diagnostics = run(text)
    assert diagnostics == []
    return found


def plain(text: str) -> Plain:
    return to_plain(value(text))


def error(text: str) -> Diagnostic:
    _, diagnostics = run(text)
    assert len(diagnostics) == 1
    return diagnostics[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3", 7),
        ("0.1 + 0.2", Decimal("0.3")),
        ("7 % 3", 1),
        ("-n", -2),
        ('"1" + 1', 2),
        ("n > 1 && flag", True),
        ("!flag || n == 2", True),
        ('s == "text"', True),
        ("1 == \"1\"", False),
        ("nothing == null", True),
        ("flag ? 1 : 2", 1),
        ('true ? 1 : "a"', "1"),
        ("[1, s]", [1, "text"]),
        ("{ a = 1, (s) = 2, \"${s}!\" = 3, 5 = 6 }", {"a": 1, "text": 2, "text!": 3, "5": 6}),
        ("{ true = 1, null = 2 }", {"true": 1, "null": 2}),
        ("xs[0]", 1),
        ('xs["1"]', 2),
        ("m.a", 1),
        ('m["b"]', 2),
        ("o.tags.k", "v"),
        ('o["size"]', 3),
        ("xs.0", 1),
        ("os[*].id", ["a", "b"]),
        ("os.*.id", ["a", "b"]),
        ("os.*.id[1]", "b"),
        ("o[*].name", ["x"]),
        ("nothing[*]", []),
        ("[[1], [2, 3]][*][0]", [1, 2]),
        ("[for x in xs : x * 2 if x > 1]", [4, 6]),
        ("[for k, v in m : \"${k}${v}\"]", ["a1", "b2"]),
        ("[for i, x in xs : i]", [0, 1, 2]),
        ("[for x in set : x]", ["x", "y"]),
        ("{ for k, v in m : v => k }", {"1": "a", "2": "b"}),
        ("{ for x in xs : x > 1 ? \"big\" : \"small\" => x... }", {"small": [1], "big": [2, 3]}),
        ("[for x in [1, 2] : [for y in [10] : x + y]]", [[11], [12]]),
        ("upper(s)", "TEXT"),
        ("core::upper(s)", "TEXT"),
        ("max(xs...)", 3),
        ("max(9, xs...)", 9),
        ("try(o.nope, 5)", 5),
        ("can(o.nope)", False),
        ("can(o.name)", True),
        ("1e3", 1000),
        ("(1)", 1),
    ],
)  # fmt: skip
def test_expressions_have_their_value(text: str, wanted: Plain) -> None:
    assert plain(text) == wanted


@pytest.mark.parametrize(
    ("text", "summary", "detail"),
    [
        ("nope", "Unknown variable", 'There is no variable named "nope".'),
        ("lateR", "Unknown variable", 'There is no variable named "lateR". Did you mean "later"?'),
        ("o.nam", "Unsupported attribute", 'This object does not have an attribute named "nam".'),
        ("m.c", "Missing map element", 'This map does not have an element with the key "c".'),
        ("s.x", "Unsupported attribute", "primitive-typed value (string)"),
        ("os.id", "Unsupported attribute", 'Did you mean to access attribute "id"'),
        ("nothing.x", "Attempt to get attribute from null value", "This value is null"),
        ("nothing[0]", "Attempt to index null value", "does not have any indices"),
        ("xs[3]", "Invalid index", "greater than or equal to the length"),
        ("xs[30]", "Invalid index", "greater than or equal to the length"),
        ("xs[-1]", "Invalid index", "a negative number"),
        ("xs[0.5]", "Invalid index", "a fractional part"),
        ("xs[s]", "Invalid index", "a number is required"),
        ("xs[null]", "Invalid index", "null value"),
        ("[][0]", "Invalid index", "the collection has no elements"),
        ("o[0]", "Invalid index", "not by numeric index"),
        ('m["c"]', "Invalid index", "does not identify an element"),
        ("set[0]", "Invalid index", "Elements of a set are identified only by their value"),
        ("n[0]", "Invalid index", "does not have any indices"),
        ("secrets[5]", "Invalid index", "does not identify an element in this collection value."),
        ("1 + s", "Invalid operand", "right operand: a number is required."),
        ("[] + 1", "Invalid operand", "left operand: number required"),
        ("-s", "Invalid operand", "unary operand: a number is required."),
        ("1 + null", "Operation failed", "argument must not be null."),
        ("0 / 0", "Operation failed", "divide zero by zero"),
        ("null ? 1 : 2", "Null condition", "The condition value is null."),
        ("n ? 1 : 2", "Incorrect condition type", "must be of type bool"),
        ("true ? [1] : { a = 1 }", "Inconsistent conditional result types", "tuple"),
        ("[for x in n : x]", "Iteration over non-iterable value", "type number"),
        ("[for x in null : x]", "Iteration over null value", "A null value"),
        ("[for x in xs : x if s]", "Invalid 'for' condition", "a bool is required"),
        ("{ for x in xs : null => x if x == 1 }", "Invalid object key", "must not produce a null"),
        ("{ for x in [1, 1] : x => x }", "Duplicate object key", 'produced the key "1"'),
        ("{ (null) = 1 }", "Null value as key", "null value as a key"),
        ("{ [] = 1 }", "Incorrect key type", "string required"),
        ("{ o.name = 1 }", "Ambiguous attribute key", "wrap it in parentheses"),
        ("uper(s)", "Call to unknown function", 'Did you mean "upper"?'),
        ("x::y(s)", "Call to unknown function", 'no functions in namespace "x::"'),
        ("core::uper(s)", "Call to unknown function", "Did you mean core::upper?"),
        ("upper()", "Not enough function arguments", 'Missing value for "str"'),
        ("upper(s, s)", "Too many function arguments", "expects only 1 argument(s)"),
        ("upper([])", "Invalid function argument", 'Invalid value for "str" parameter'),
        ("max(n...)", "Invalid expanding argument value", "tuple, list, or set"),
        ("max(null...)", "Invalid expanding argument value", "must not be null"),
        ("try()", "Error in function call", "at least one argument is required"),
        ("can()", "Not enough function arguments", "expression"),
        ("can(1, 2)", "Too many function arguments", "expects only 1"),
        ("try(o.a, o.b)", "Error in function call", "(at t.hcl:1,6-8)"),
        ('"x${null}"', "Invalid template interpolation value", "The expression result is null."),
    ],
)
def test_what_cannot_be_evaluated_is_told_as_terraform_tells_it(
    text: str, summary: str, detail: str
) -> None:
    found = error(text)

    assert found.severity is Severity.ERROR
    assert found.summary == summary
    assert detail in found.detail
    assert found.subject is not None


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("1 + o.nope", ".nope"),
        ("xs[n + 5]", "[n + 5]"),
        ("upper(s, [1])", "[1]"),
        ("upper()", ")"),
        ("upper({})", "{}"),
        ("nope(s)", "nope"),
        ("[1, s * 2]", "s"),
        ("nope.a.b", "nope"),
        ("n ? 1 : 2", "n"),
    ],
)
def test_the_place_is_the_part_that_is_wrong(text: str, subject: str) -> None:
    span = error(text).subject

    assert span is not None
    assert text[span.start.byte : span.end.byte] == subject


def test_what_the_references_stand_for_is_noted() -> None:
    found = error("o.size + s")

    assert [(note.traversal, note.statement) for note in found.values] == [("s", 'is "text"')]


def test_notes_say_what_a_broken_reference_got_to() -> None:
    found = error("o.tags.nope")

    assert [(n.traversal, n.statement) for n in found.values] == [
        ("o.tags", 'is object with 1 attribute "k"')
    ]


def test_notes_never_show_a_secret() -> None:
    found = error("1 + secret")

    assert [n.statement for n in found.values] == ["has a sensitive value"]
    assert "hush" not in str(found)


def test_notes_tell_what_is_known_only_after_apply() -> None:
    found = error("upper(laters)")

    assert [n.statement for n in found.values] == ["is a list of number, known only after apply"]


def test_a_near_name_is_a_hint() -> None:
    assert error("o.sise").hint == 'Did you mean "size"?'


def test_several_mistakes_are_told_at_once() -> None:
    _, diagnostics = run("[nope, o.nope, xs[9]]")

    assert len(diagnostics) == 3


def test_the_rest_of_a_broken_object_is_still_there() -> None:
    found, diagnostics = run("{ a = nope, b = 2 }")

    assert len(diagnostics) == 1
    assert found.entries()["b"] == number(2)
    assert not found.entries()["a"].is_known


def test_a_loop_that_fails_every_time_says_so_a_few_times() -> None:
    _, diagnostics = run("[for i in range(1000) : i.x]")

    assert 1 <= len(diagnostics) <= 10


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("later + 1", False),
        ("later_map.x", False),
        ("laters[*]", False),
        ("[later][0]", False),
        ("[later, 1][1]", True),
        ("false && later > 1", True),
        ("later > 1 || true", True),
        ("later == null", False),
        ("anything.x.y[0]", False),
        ("upper(anything)", False),
        ("[for x in laters : x]", False),
        ("{ (anything) = 1 }", False),
        ("later > 1 ? 1 : 1", True),
        ("max(laters...)", False),
        ("can(later)", False),
        ("try(later_object.id, 1)", False),
    ],
)
def test_what_is_not_known_yet_spreads_no_further_than_it_must(text: str, known: bool) -> None:
    assert value(text).is_known is known


def test_the_type_of_what_is_not_known_yet_is_kept() -> None:
    assert value("later_object.id").type is STRING
    assert value("later + 1").type is NUMBER
    assert value("later > 1 ? s : s").type is STRING
    assert value("[for x in laters : x]").type is DYNAMIC


@pytest.mark.parametrize(
    "text",
    [
        "secret",
        '"${secret}"',
        '"x${secret}"',
        "upper(secret)",
        'secret == "x"',
        'secret == "x" ? 1 : 2',
        "secrets[0]",
        "[for x in secrets : x]",
        '[for x in xs : x if secret != "x"]',
        "{ (secret) = 1 }",
        "{ for x in xs : \"${secret}${x}\" => x }",
        "secrets[*]",
        "max(xs...) > 1 && secret == \"x\"",
    ],
)  # fmt: skip
def test_a_secret_stays_one_through_every_operation(text: str) -> None:
    assert SENSITIVE in value(text).marks


def test_a_checked_reference_may_not_exist() -> None:
    assert plain('can(o.nope) && o.nope == "x"') is False
    assert plain("true ? 1 : o.nope") == 1


def test_constants_refer_to_nothing_and_call_nothing() -> None:
    variable, _ = parse_expression("t.hcl", "a")
    call, _ = parse_expression("t.hcl", 'upper("a")')

    assert evaluate_constant(variable)[1][0].summary == "Variables not allowed"
    assert evaluate_constant(call)[1][0].summary == "Function calls not allowed"


def test_a_sum_of_ten_thousand_terms_is_evaluated() -> None:
    assert plain("1 + " * 9_999 + "1") == 10_000


def test_as_deep_as_can_be_parsed_can_be_evaluated() -> None:
    assert plain("(" * 200 + "1" + ")" * 200) == 1
    assert plain("[" * 110 + "]" * 110) is not None
    assert plain('"${' * 75 + "1" + '}"' * 75) == 1
