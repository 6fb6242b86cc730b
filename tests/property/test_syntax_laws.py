"""Laws of the syntax that hold for every text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlctl.core.diagnostic import Diagnostic
from mlctl.core.value import string
from mlctl.hcl import ast
from mlctl.hcl.evaluate import evaluate
from mlctl.hcl.functions import table
from mlctl.hcl.lexer import lex, lex_template
from mlctl.hcl.parser import (
    parse_bytes,
    parse_config,
    parse_expression,
    parse_template,
    parse_traversal,
)
from mlctl.hcl.scope import Scope
from mlctl.hcl.source import Source
from mlctl.hcl.typeexpr import type_constraint
from mlctl.hcl.variables import variables

PIECES = st.sampled_from(
    [
        *'"{}[]()=,.:?!*/+-%<>&|~$\\\n\t \r',
        *("${", "%{", "~}", "$${", "%%{", "==", "=>", "&&", "||", "...", "::", "[*]", ".*"),
        *("<<E\n", "<<-E\n", "\nE\n", "# c\n", "/*", "*/", "for ", " in ", "if ", "else", "endif"),
        *("%{ if a }", "%{ endif }", "%{ for x in a }", "%{ endfor }", "null", "true"),
        *(
            "a",
            "b.c",
            'x "y" {\n',
            "}\n",
            "a = 1\n",
            "1",
            "2.5",
            "1e9",
            "\\n",
            "\\u00e9",
            "é",
            "🌻",
        ),
        *("f(", "f(a...)", "object({", "optional(", "string", "\x00", "\ufeff", "\udcff"),
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60)
EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "1", "true", "null", '"t"', '"${a}"', "a.b", "o.k", "xs[0]", "xs[*]"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%"), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(["&&", "||", "==", "<"]), inner).map(" ".join),
        st.tuples(inner, inner, inner).map(lambda p: f"{p[0]} ? {p[1]} : {p[2]}"),
        st.lists(inner, max_size=3).map(lambda p: f"[{', '.join(p)}]"),
        st.tuples(inner, inner).map(lambda p: f"{{ ({p[0]}) = {p[1]} }}"),
        inner.map(lambda p: f"({p})"),
        inner.map(lambda p: f"!{p}"),
        inner.map(lambda p: f"try({p}, 1)"),
        inner.map(lambda p: f"length({p}...)"),
        inner.map(lambda p: f'"x ${{{p}}} y"'),
        st.tuples(inner, inner).map(lambda p: f"[for v in {p[0]} : {p[1]} if v != 1]"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]})[{p[1]}]"),
        inner.map(lambda p: f"({p})[*].k"),
    ),
    max_leaves=8,
)
SCOPE = Scope({"a": string("A"), "o": string("O"), "xs": string("x")}, table())


def well_placed(source_length: int, diagnostics: list[Diagnostic]) -> bool:
    """True when every error has words and a place inside the text."""
    return all(
        found.summary
        and found.detail
        and found.subject is not None
        and found.subject.start.byte <= found.subject.end.byte <= source_length
        for found in diagnostics
    )


@given(TEXTS)
@settings(max_examples=400, deadline=2000)
def test_any_text_gives_a_result_or_errors_with_a_place(text: str) -> None:
    length = len(text.encode("utf-8", "surrogateescape"))
    for parse in (parse_config, parse_expression, parse_template, parse_traversal):
        _, diagnostics = parse("t.hcl", text)
        assert well_placed(length, diagnostics)


@given(st.binary(max_size=200))
@settings(deadline=2000)
def test_any_bytes_give_a_result_or_errors(data: bytes) -> None:
    _, diagnostics = parse_bytes("t.hcl", data)

    for found in diagnostics:
        assert found.subject is not None
        assert found.subject.source is not None
        found.subject.source.line(found.subject.start.line).encode()


@given(TEXTS)
@settings(max_examples=300)
def test_tokens_stand_in_order_and_overlap_nowhere(text: str) -> None:
    for tokens in (lex(Source("t", text), comments=True), lex_template(Source("t", text))):
        places = list(zip(tokens.starts, tokens.ends, strict=True))
        assert all(start <= end for start, end in places)
        assert all(a[1] <= b[0] for a, b in pairwise(places))
        assert places[-1] == (len(text), len(text))


@given(TEXTS)
def test_what_stands_between_tokens_is_only_blank(text: str) -> None:
    tokens = lex(Source("t", text), comments=True)
    after = 1 if text.startswith("\ufeff") else 0
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        assert text[after:start].strip(" \t") == ""
        after = end


@given(EXPRESSIONS)
@settings(deadline=2000)
def test_whatever_parses_evaluates_to_a_value_or_errors(text: str) -> None:
    expr, diagnostics = parse_expression("t.hcl", text)
    assert diagnostics == []

    evaluate(expr, SCOPE)
    type_constraint(expr)


@given(EXPRESSIONS)
def test_a_reference_is_found_where_it_stands(text: str) -> None:
    expr, _ = parse_expression("t.hcl", text)

    for reference in variables(expr):
        assert reference.text().startswith(reference.name)
        assert reference.root_span().start.byte == reference.start


@given(EXPRESSIONS)
def test_parentheses_around_an_expression_change_nothing(text: str) -> None:
    bare, _ = parse_expression("t.hcl", text)
    wrapped, diagnostics = parse_expression("t.hcl", f"(\n{text}\n)")

    assert diagnostics == []
    assert isinstance(wrapped, ast.Parentheses)
    assert evaluate(bare, SCOPE)[0] == evaluate(wrapped, SCOPE)[0]


def written(text: str) -> str:
    """The text as a quoted string of the language."""
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(plain, escaped)
    return '"' + text.replace("${", "$${").replace("%{", "%%{") + '"'


@given(st.text(st.characters(codec="utf-8"), max_size=30) | TEXTS)
def test_a_text_written_as_a_string_is_that_text(text: str) -> None:
    assume("\udcff" not in text)
    expr, diagnostics = parse_expression("t.hcl", written(text))

    assert diagnostics == []
    assert evaluate(expr, SCOPE)[0] == string(text)


@given(TEXTS)
@settings(max_examples=400)
def test_a_text_is_accepted_exactly_when_go_accepts_it(text: str) -> None:
    go = pytest.importorskip("pygohcl", reason="the Go parser is not installed here")
    assume("\udcff" not in text and "\x00" not in text)
    try:
        go.loads(text)
        accepted = True
    except go.HCLParseError:
        accepted = False

    assert (parse_config("t.hcl", text)[1] == []) == accepted


@given(st.lists(st.sampled_from(["a = 1\n", "b {\n c = 2\n}\n", "# x\n", "\n"]), max_size=6), TEXTS)
def test_what_comes_before_a_mistake_is_understood(good: list[str], bad: str) -> None:
    kept = "".join(dict.fromkeys(good))
    whole, _ = parse_config("t.hcl", kept)

    found, _ = parse_config("t.hcl", kept + bad)

    assert set(whole.attributes) <= set(found.attributes)
    assert len(whole.blocks) <= len(found.blocks)
