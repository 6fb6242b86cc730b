"""Which references an expression makes."""

from __future__ import annotations

import pytest

from mlctl.hcl.parser import parse_config, parse_expression, parse_template
from mlctl.hcl.variables import body_variables, variables


def references(text: str) -> list[str]:
    expr, diagnostics = parse_expression("t.hcl", text)
    assert diagnostics == []
    return [found.text() for found in variables(expr)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1", []),
        ("true", []),
        ("a", ["a"]),
        ("a + b.c", ["a", "b.c"]),
        ("a ? b : c", ["a", "b", "c"]),
        ("-a + !b", ["a", "b"]),
        ("f(a, g(b)...)", ["a", "b"]),
        ("[a, [b]]", ["a", "b"]),
        ('{ a = b, (c) = d, "${e}" = f }', ["b", "c", "d", "e", "f"]),
        ("{ a.b = c }", ["a.b", "c"]),
        ('a["k"][0].b', ['a["k"][0].b']),
        ("a.b[c.d].e", ["a.b", "c.d"]),
        ("a.b[*].c", ["a.b"]),
        ("a.*.b[d]", ["a", "d"]),
        ("a[*][b]", ["a", "b"]),
        ("(a).b", ["a"]),
        ("f(a)[0].b", ["a"]),
        ('"x ${a} ${"${b}"}"', ["a", "b"]),
        ('"${a}"', ["a"]),
        ('"%{ if a }${b}%{ else }${c}%{ endif }"', ["a", "b", "c"]),
        ("<<E\n${a}\nE\n", ["a"]),
    ],
)
def test_every_reference_is_found_in_the_order_written(text: str, wanted: list[str]) -> None:
    assert references(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[for x in xs : x.a + y]", ["xs", "y"]),
        ("[for i, x in xs : i if x > low]", ["xs", "low"]),
        ("{for k, v in m : k => v + k2}", ["m", "k2"]),
        ("[for x in x : x]", ["x"]),
        ("[for x in xs : [for y in x : y + x + z]]", ["xs", "z"]),
        ("[for x in xs : x] == x", ["xs", "x"]),
        ('"%{ for x in xs }${x}${y}%{ endfor }"', ["xs", "y"]),
    ],
)
def test_the_variables_of_a_loop_are_no_references(text: str, wanted: list[str]) -> None:
    assert references(text) == wanted


def test_a_reference_knows_its_name_steps_and_place() -> None:
    expr, _ = parse_expression("t.hcl", "1 + local.sizes.big")
    found = variables(expr)[0]

    assert found.name == "local"
    assert [found.attribute(0), found.attribute(1), found.attribute(2)] == ["sizes", "big", None]
    assert found.span().start.column == 5


def test_a_sum_of_ten_thousand_terms_is_no_problem() -> None:
    assert len(references("a + " * 9_999 + "a")) == 10_000


def test_a_template_files_references_are_found() -> None:
    expr, _ = parse_template("t.tmpl", "Dear ${name}, %{ for x in items }${x}%{ endfor }")

    assert [found.name for found in variables(expr)] == ["name", "items"]


def test_a_bodys_references_come_with_the_attribute_they_stand_in() -> None:
    body, _ = parse_config("t.hcl", "a = x\nb {\n  c = [y, z]\n  d {\n    e = w\n  }\n}\n")

    found = [(attribute.name, reference.name) for attribute, reference in body_variables(body)]

    assert found == [("a", "x"), ("c", "y"), ("c", "z"), ("e", "w")]
