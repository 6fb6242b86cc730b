"""What is valid HCL and what is not, by the word of Terraform's own parser."""

from __future__ import annotations

from mlctl.hcl.parser import parse_config
from tests.hcl.case_report import check
from tests.hcl.conformance_cases import Case, load_cases


def test_a_text_is_accepted_exactly_when_terraform_accepts_it() -> None:
    def judge(case: Case) -> str:
        _, diagnostics = parse_config("case.hcl", case["source"])
        accepted = not diagnostics
        return "" if accepted == case["valid"] else f"accepted: {accepted}, {diagnostics[:1]}"

    cases = [{"origin": "terraform fmt", **case} for case in load_cases("syntax_cases.json")]
    check(cases, judge)
