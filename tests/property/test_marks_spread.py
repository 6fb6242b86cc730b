"""The law of marks: what an operation looked at is named by its result.

Every function, operator and construct is tried with every mixture of marked operands: known ones,
ones marked only in their elements, and ones that only apply will tell, of known and unknown type.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.address import Address, Part
from mlctl.core.provenance import Origin, is_sensitive, origins_of
from mlctl.core.value import SENSITIVE, Plain, Value, from_plain, list_of, set_of, unknown
from mlctl.hcl.evaluate import evaluate
from mlctl.hcl.functions import NAMES, FunctionError, World, table
from mlctl.hcl.parser import parse_expression
from mlctl.hcl.render import render_template
from mlctl.hcl.scope import Scope
from mlctl.hcl.variables import variables as references
from tests.hcl.fake_files import FakeFiles
from tests.property.function_samples import CALLS

FILES = FakeFiles({"a.txt": b"x", "t.tmpl": b"${v}"})
WORLD = World(
    files=FILES,
    render=render_template,
    plan_time=datetime(2024, 2, 29, tzinfo=UTC),
    now=lambda: datetime(2024, 2, 29, tzinfo=UTC),
    new_uuid=lambda: "an-id",
)
FUNCTIONS = table(WORLD)

WITHOUT_ARGUMENTS = {"plantimestamp", "timestamp", "uuid"}
ONLY_OUTSIDE = {"keys", "length"}
"""Functions whose result is the same whatever the elements are."""

IDS = [f"{name}-{len(plain)}" for name, plain in CALLS]

FORMS = ("plain", "whole", "inside", "later", "later_untyped")


def address(name: object) -> Address:
    return Address((Part("step", f"s{name}"),))


def marked(value: Value, form: str, *marks: object) -> Value:
    """The value in one of its forms; every form but the plain one carries the marks."""
    match form:
        case "plain":
            return value
        case "inside":
            return _inside(value, marks)
        case "later":
            return unknown(value.type).mark(*marks)
        case "later_untyped":
            return unknown().mark(*marks)
        case _:
            return value.mark(*marks)


def _inside(value: Value, marks: Sequence[object]) -> Value:
    if isinstance(value.raw, dict):
        return Value(value.type, {k: _inside(v, marks) for k, v in value.raw.items()})
    if isinstance(value.raw, tuple):
        return Value(value.type, tuple(_inside(v, marks) for v in value.raw))
    return value.mark(*marks)


def mixtures(count: int) -> Iterator[tuple[str, ...]]:
    """All forms of so many operands, as long as they are few enough to try them all."""
    return itertools.product(FORMS if count < 4 else FORMS[:2], repeat=count)


def test_no_function_is_left_out_here() -> None:
    assert {name for name, _ in CALLS} | WITHOUT_ARGUMENTS == set(NAMES)


@pytest.mark.parametrize(("name", "plain"), CALLS, ids=IDS)
def test_a_function_names_the_origins_of_its_arguments(name: str, plain: list[Plain]) -> None:
    values = [from_plain(p) for p in plain]
    answered = set()
    for forms in mixtures(len(values)):
        if name in ONLY_OUTSIDE and "inside" in forms:
            continue
        args = [
            marked(v, form, Origin(address(i)))
            for i, (v, form) in enumerate(zip(values, forms, strict=True))
        ]
        try:
            result = FUNCTIONS[name].call(args)
        except FunctionError:
            continue
        wanted = looked_at(name, forms)
        assert wanted <= origins_of(result), (forms, result)
        answered |= set(forms)
    assert answered >= {"plain", "whole", "later", "later_untyped"}


def looked_at(name: str, forms: Sequence[str]) -> set[Address]:
    if name == "lookup" and not any(form.startswith("later") for form in forms[:2]):
        forms = forms[:2]  # The key is there, so the default was not looked at.
    return {address(i) for i, form in enumerate(forms) if form != "plain"}


@pytest.mark.parametrize(("name", "plain"), CALLS, ids=IDS)
def test_a_function_of_a_secret_gives_a_secret(name: str, plain: list[Plain]) -> None:
    if name in ("issensitive", "nonsensitive"):
        return
    values = [from_plain(p) for p in plain]
    for at, form in itertools.product(range(len(values)), ("whole", "later", "later_untyped")):
        if name == "lookup" and at == 2:
            continue
        args = [*values]
        args[at] = marked(values[at], form, SENSITIVE)
        try:
            result = FUNCTIONS[name].call(args)
        except FunctionError:
            continue
        assert is_sensitive(result), (at, form, result)


@pytest.mark.parametrize("form", ["inside", "later", "later_untyped"])
@pytest.mark.parametrize("name", ["lookup", "merge", "zipmap", "concat", "setproduct"])
def test_while_an_argument_is_unknown_elements_of_the_others_count(name: str, form: str) -> None:
    plain = next(p for n, p in CALLS if n == name)
    values = [from_plain(p) for p in plain]
    first = marked(values[0], "inside", Origin(address(0)))
    rest = [marked(v, form, Origin(address(1))) for v in values[1:]]

    found = origins_of(FUNCTIONS[name].call([first, *rest]))

    assert found == {address(0), address(1)}


def test_a_default_counts_where_it_is_the_answer_or_may_be() -> None:
    default = from_plain("y").mark(Origin(address(2)))
    known = FUNCTIONS["tomap"].call([from_plain({"a": "x"})])

    for sought in (from_plain("b"), unknown(from_plain("b").type)):
        found = FUNCTIONS["lookup"].call([known, sought, default])
        assert origins_of(found) == {address(2)}


VARIABLES: Mapping[str, Value] = {
    "a": from_plain(3),
    "b": from_plain(2),
    "i": from_plain(0),
    "p": from_plain(True),
    "q": from_plain(False),
    "s": from_plain("text"),
    "k": from_plain("x"),
    "o": from_plain({"x": "1"}),
    "m": FUNCTIONS["tomap"].call([from_plain({"x": "1"})]),
    "t": from_plain(["1", "2"]),
    "l": list_of([from_plain("1"), from_plain("2")]),
    "set": set_of([from_plain("1"), from_plain("2")]),
    "ts": from_plain([{"x": "1"}, {"x": "2"}]),
    "ls": list_of([from_plain({"x": "1"}), from_plain({"x": "2"})]),
    "n": from_plain([4, 5]),
}

OPERATORS = ("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=")

SOURCES: list[tuple[str, str]] = [
    *((f"a {operator} b", "a b") for operator in OPERATORS),
    ("p && q", "p q"),
    ("q && p", "p q"),
    ("p || q", "p q"),
    ("-a", "a"),
    ("!p", "p"),
    ("l == t", "l t"),
    ("o != m", "o m"),
    ("p ? a : b", "p a b"),
    ("q ? a : b", "q a b"),
    ("p ? s : null", "p s"),
    ("p ? l : l", "p l"),
    ("o.x", "o"),
    ("m.x", "m"),
    ('o["x"]', "o"),
    ("o[k]", "o k"),
    ("m[k]", "m k"),
    ("t[i]", "t i"),
    ("l[i]", "l i"),
    ("l[0]", "l"),
    ("[1, 2, 3][i]", "i"),
    ("{ x = 1 }[k]", "k"),
    ("[a, b][i]", "i a"),
    ("(o).x", "o"),
    ("t[*]", "t"),
    ("l[*]", "l"),
    ("set[*]", "set"),
    ("ts[*].x", "ts"),
    ("ls[*].x", "ls"),
    ("ls.*.x", "ls"),
    ("ls[*][k]", "ls k"),
    ("o[*].x", "o"),
    ("s[*]", "s"),
    ("[for v in t : v]", "t"),
    ("[for v in l : v]", "l"),
    ("[for v in set : v]", "set"),
    ("[for k, v in m : v]", "m"),
    ("[for k, v in o : v if p]", "o p"),
    ("[for v in l : v if q]", "q"),
    ("[for v in l : v if v != s]", "l s"),
    ("[for v in l : a]", "a"),
    ("{ for k, v in m : k => v }", "m"),
    ("{ for v in l : v => a }", "l a"),
    ("{ for v in set : v => v if p }", "set p"),
    ("{ for v in l : s => v... }", "l s"),
    ("{ for v in l : v => { for w in t : w => s } }", "l t s"),
    ("[a, s]", "a s"),
    ("{ x = a, y = s }", "a s"),
    ("{ (k) = a, z = s }", "a k s"),
    ('{ "${k}-${s}" = a }', "a k s"),
    ('"${s}-x"', "s"),
    ('"${s}${a}"', "s a"),
    ('"${l}"', "l"),
    ('"%{if p}${s}%{else}${k}%{endif}"', "p s k"),
    ('"%{for v in l}${v}${s}%{endfor}"', "l s"),
    ('"%{for k, v in m}${k}=${v}%{endfor}"', "m"),
    ("max(n...)", "n"),
    ("max(a, n...)", "a n"),
    ("max(1, values(o)...)", "o"),
    ("sum(values({ x = a, y = b }))", "a b"),
    ("lookup(o, k, 9)", "o k"),
    ("templatestring(s, { v = a })", "s a"),
    ("try(o.x, s)", "o"),
    ("try(o.missing, s)", "o"),
    ("try(tonumber(s), a)", "s"),
    ("can(o.x)", "o"),
    ("can(o.missing)", "o"),
    ("can(tonumber(s))", "s"),
    ("issensitive(s)", "s"),
    ("(p ? o : o).x", "p o"),
    ("flatten([for k, v in m : [v, s]])", "m s"),
]


def value_of(text: str, variables: Mapping[str, Value]) -> Value:
    expr, problems = parse_expression("main.tf", text)
    assert problems == []
    value, problems = evaluate(expr, Scope(variables, FUNCTIONS))
    assert problems == []
    return value


@pytest.mark.parametrize(("text", "names"), SOURCES, ids=[s for s, _ in SOURCES])
def test_an_expression_names_the_origins_of_what_it_rests_on(text: str, names: str) -> None:
    used = names.split()
    for forms in mixtures(len(used)):
        marks = {
            n: (form, Origin(address(n)), SENSITIVE) for n, form in zip(used, forms, strict=True)
        }
        variables = {n: marked(v, *marks[n]) if n in marks else v for n, v in VARIABLES.items()}
        wanted = {address(n) for n, form in zip(used, forms, strict=True) if form != "plain"}

        value = value_of(text, variables)

        assert wanted <= origins_of(value), (forms, value)
        assert is_sensitive(value) == bool(wanted) or "issensitive" in text, (forms, value)


@st.composite
def nested(draw: st.DrawFn, depth: int = 4) -> str:
    """An expression that gives a number, whatever its variables a and b are."""
    if depth == 0:
        return draw(st.sampled_from(["a", "b", "7"]))
    shape = draw(
        st.sampled_from(
            [
                "({0} + {1})",
                "max([{0}, {1}]...)",
                "sum(values({{ x = {0}, y = {1} }}))",
                "sum([for v in [{0}, {1}] : v + {0}])",
                'length("${{{0}}} ${{{1}}}")',
                "({0} > {1} ? {0} : {1})",
                "sum([{{ x = {0} }}, {{ x = {1} }}][*].x)",
                "sum(flatten([[{0}], {1}]))",
                "sum(values({{ for v in [{0}, {1}] : v => v... }})[0])",
                "[{0} + {1}, {1} - {0}][{0} > {1} ? 0 : 1]",
                'lookup({{ x = {0} }}, {1} > 0 ? "y" : "z", {0} - {1})',
            ]
        )
    )
    part = nested(depth=depth - 1)
    return shape.format(draw(part), draw(part))


@given(nested(depth=2), st.sampled_from(FORMS[1:]), st.sampled_from(FORMS[1:]))
def test_however_operations_are_nested_the_origins_come_out(
    text: str, form_a: str, form_b: str
) -> None:
    a = marked(VARIABLES["a"], form_a, Origin(address("a")), SENSITIVE)
    b = marked(VARIABLES["b"], form_b, Origin(address("b")))

    value = value_of(f"[{text}, a + b]", {"a": a, "b": b})

    part = value.elements()[0]
    wanted = {address(n) for n in ("a", "b") if f"{n}" in _names(text)}
    assert wanted <= origins_of(part)
    assert is_sensitive(part) or "a" not in _names(text)


def _names(text: str) -> set[str]:
    expr, _ = parse_expression("main.tf", text)
    return {reference.name for reference in references(expr)} & {"a", "b"}
