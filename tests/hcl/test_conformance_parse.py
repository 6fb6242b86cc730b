"""Syntax trees, tokens, places and syntax errors against the cases of hashicorp/hcl."""

from __future__ import annotations

from collections.abc import Callable

from mlctl.core.diagnostic import Diagnostic
from mlctl.hcl.lexer import lex, lex_template
from mlctl.hcl.parser import parse_config, parse_expression, parse_template, parse_traversal
from mlctl.hcl.source import Source
from tests.hcl.case_report import check
from tests.hcl.conformance_cases import Case, load_cases
from tests.hcl.syntax_shapes import body_differences, go_tokens, our_tokens, span_differs

ACCEPTED_ELSEWHERE = "the case's error is one of the schema, not of the syntax"


def cases(*kinds: str, test: str = "") -> list[Case]:
    return [
        case
        for case in load_cases("parse_cases.json")
        if case["kind"] in kinds and case.get("test", "").startswith(test)
    ]


def counted(case: Case, diagnostics: list[Diagnostic]) -> str:
    wanted = case["diags"]
    if wanted in ("?", ">=1"):
        return "no error" if wanted == ">=1" and not diagnostics else ""
    return "" if len(diagnostics) == wanted else f"{len(diagnostics)} errors for {wanted}"


def test_syntax_trees_and_the_number_of_errors_are_those_of_hcl() -> None:
    def judge(case: Case) -> str:
        body, diagnostics = parse_config("case.hcl", case["input"])
        problem = counted(case, diagnostics)
        if problem or case["diags"] != 0:
            return problem
        return "; ".join(body_differences(body, case["want"]))

    wrong_count = {c["input"] for c in cases("config", test="TestParseConfigDiagnostics")}
    check([c for c in cases("config") if c["input"] not in wrong_count], judge)


def test_unfinished_things_are_reported_where_and_as_in_hcl() -> None:
    def judge(case: Case) -> str:
        _, diagnostics = parse_config("test.hcl", case["input"])
        wanted = case["want"]["_pos"]
        if len(diagnostics) != len(wanted):
            return f"{len(diagnostics)} errors"
        for ours, theirs in zip(diagnostics, wanted, strict=True):
            if (ours.summary, ours.detail) != (theirs["Summary"], theirs["Detail"]):
                return f"{ours.summary}: {ours.detail}"
            if ours.subject is None or span_differs(ours.subject, theirs["Subject"]):
                return f"at {ours.subject}"
        return ""

    check(cases("config", test="TestParseConfigDiagnostics"), judge)


def test_unfinished_expressions_are_errors() -> None:
    check(
        cases("expression"),
        lambda case: counted(case, parse_expression("case.hcl", case["input"])[1]),
    )


def test_tokens_are_those_of_hcl() -> None:
    def judge(case: Case) -> str:
        source = Source("case.hcl", case["input"])
        template = case["kind"] == "scan-template"
        tokens = lex_template(source) if template else lex(source, comments=True)
        ours, theirs = our_tokens(tokens), go_tokens(case["want"])
        return "" if ours == theirs else f"{ours} for {theirs}"

    check(cases("scan-normal", "scan-template"), judge)


def test_the_files_of_the_specification_parse_as_they_should() -> None:
    def judge(case: Case) -> str:
        _, diagnostics = parse_config("case.hcl", case["input"])
        syntax_error = case["diags"] and "not expected here" not in case["expect"]
        return "" if bool(diagnostics) == bool(syntax_error) else f"{diagnostics}"

    check(cases("specsuite"), judge)


def test_whatever_go_was_fuzzed_with_gives_a_result() -> None:
    parsers: dict[str, Callable[[str, str], tuple[object, list[Diagnostic]]]] = {
        "fuzz-FuzzParseConfig": parse_config,
        "fuzz-FuzzParseExpression": parse_expression,
        "fuzz-FuzzParseTemplate": parse_template,
        "fuzz-FuzzParseTraversalAbs": parse_traversal,
    }

    def judge(case: Case) -> str:
        _, diagnostics = parsers[case["kind"]]("case.hcl", case["input"])
        return f"{diagnostics}" if diagnostics else ""

    check(cases(*parsers), judge)
