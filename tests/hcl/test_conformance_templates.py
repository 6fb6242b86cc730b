"""What templates evaluate to, against the cases of hashicorp/hcl."""

from __future__ import annotations

from mlctl.hcl.evaluate import evaluate
from mlctl.hcl.parser import parse_template
from mlctl.hcl.scope import Scope
from tests.hcl.case_report import check
from tests.hcl.conformance_cases import Case, case_value, load_cases


def test_templates_have_the_value_and_the_errors_they_have_in_hcl() -> None:
    def judge(case: Case) -> str:
        expr, syntax = parse_template("case.tmpl", case["template"])
        names = {name: case_value(v) for name, v in (case.get("vars") or {}).items()}
        value, problems = evaluate(expr, Scope(names))
        told = [(d.summary, d.detail) for d in syntax + problems]
        if len(told) != case["diags"]:
            return f"{told}"
        # Of what does not parse more is kept there than here; nobody uses it.
        return "" if syntax or value == case_value(case["want"]) else f"{value!r}"

    check(load_cases("template_cases.json"), judge)
