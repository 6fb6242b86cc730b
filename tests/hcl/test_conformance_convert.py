"""Conversion and unification against the cases of go-cty and Terraform."""

from __future__ import annotations

from mlctl.core.types import type_from_json
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.defaults import Defaults, apply_defaults
from mlctl.hcl.mismatch import mismatch_message
from mlctl.hcl.unify import unify
from tests.hcl.conformance_cases import Case, case_value, load_cases


def cases(kind: str, file: str = "convert_cases.json") -> list[Case]:
    return [case for case in load_cases(file) if case["kind"] == kind]


def test_values_convert_as_in_cty() -> None:
    wrong = []
    for case in cases("convert"):
        try:
            got: object = convert(case_value(case["Value"]), type_from_json(case["Type"]))
        except ConversionError as error:
            got = error.message
        want = case["WantError"] if case.get("WantError") else case_value(case["Want"])
        if got != want:
            wrong.append((case["origin"], got, want))

    assert wrong == []


def test_types_unify_as_in_cty() -> None:
    wrong = []
    for case in cases("unify"):
        types = [type_from_json(t) for t in case["Input"]]
        got = unify(types)
        want = None if case["WantType"] == "nil" else type_from_json(case["WantType"])
        needed = None if got is None else [t is not got for t in types]
        if got is not want or needed != case["WantConversions"]:
            wrong.append((case["origin"], got, want, needed))

    assert wrong == []


def test_mismatches_are_told_in_the_words_of_cty() -> None:
    wrong = []
    for case in cases("mismatchmessage"):
        got = mismatch_message(type_from_json(case["GotType"]), type_from_json(case["WantType"]))
        if got != case["WantMsg"]:
            wrong.append((case["origin"], got, case["WantMsg"]))

    assert wrong == []


def test_defaults_apply_as_in_hcl() -> None:
    wrong = []
    for case in cases("Defaults_Apply", "type_cases.json"):
        got = apply_defaults(defaults(case["defaults"]), case_value(case["value"]))
        if got != case_value(case["want"]):
            wrong.append((case["origin"], got, case["want"]))

    assert wrong == []


def defaults(json_defaults: Case) -> Defaults:
    return Defaults(
        type_from_json(json_defaults["Type"]),
        {name: case_value(v) for name, v in json_defaults.get("DefaultValues", {}).items()},
        {name: defaults(d) for name, d in json_defaults.get("Children", {}).items()},
    )
