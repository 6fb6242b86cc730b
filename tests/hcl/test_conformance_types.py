"""Type constraints as written, against the cases of hashicorp/hcl and Terraform."""

from __future__ import annotations

import json

from mlctl.core.types import Type, type_from_json, type_string
from mlctl.hcl.ast import Expression
from mlctl.hcl.defaults import Defaults
from mlctl.hcl.parser import parse_expression
from mlctl.hcl.typeexpr import exact_type, type_constraint
from tests.hcl.case_report import check
from tests.hcl.conformance_cases import Case, case_value, load_cases


def cases(*kinds: str) -> list[Case]:
    return [case for case in load_cases("type_cases.json") if case["kind"] in kinds]


def read(expr: Expression, *, constraint: bool) -> tuple[Type, Defaults | None, str]:
    """The type, its defaults, and the first error's text."""
    if constraint:
        found, defaults, diagnostics = type_constraint(expr)
    else:
        found, diagnostics = exact_type(expr)
        defaults = None
    return found, defaults, diagnostics[0].detail if diagnostics else ""


def wanted_defaults(tree: Case | None) -> Defaults | None:
    if tree is None:
        return None
    values = {name: case_value(v) for name, v in tree.get("DefaultValues", {}).items()}
    children = {key: wanted_defaults(c) for key, c in tree.get("Children", {}).items()}
    present = {key: child for key, child in children.items() if child is not None}
    return Defaults(type_from_json(tree["Type"]), values, present)


def test_types_are_read_and_refused_as_in_hcl() -> None:
    def judge(case: Case) -> str:
        source = case["Source"]
        if case["kind"] == "GetTypeJSON":  # What the JSON syntax holds is the same expression.
            source = json.loads(source)["expr"]
        expr, _ = parse_expression("type.hcl", source)
        found, _, error = read(expr, constraint=case["Constraint"])
        if error != (case["WantError"] or ""):
            return f"says {error!r}"
        return "" if found is type_from_json(case["Want"]) else f"{found!r}"

    check(cases("GetType", "GetTypeJSON"), judge)


def test_defaults_of_optional_attributes_are_read_as_in_hcl() -> None:
    def judge(case: Case) -> str:
        expr, _ = parse_expression("type.hcl", case["Source"])
        _, defaults, error = read(expr, constraint=True)
        if error != (case["WantError"] or ""):
            return f"says {error!r}"
        return "" if defaults == wanted_defaults(case["Want"]) else f"{defaults}"

    check(cases("GetTypeDefaults"), judge)


def test_types_are_written_as_in_terraform() -> None:
    def judge(case: Case) -> str:
        t = case_value(case["Input"]).type if "Input" in case else type_from_json(case["Type"])
        return "" if type_string(t) == case["Want"] else type_string(t)

    check(cases("TypeString"), judge)
