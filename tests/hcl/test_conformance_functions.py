"""Functions and operators against the cases of go-cty and Terraform, one test a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mlctl.core.value import UNKNOWN, Value
from mlctl.hcl import operators
from mlctl.hcl.functions import FunctionError, World, table
from mlctl.hcl.render import render_template
from tests.hcl.conformance_cases import FOLDER, Case, case_value, load_cases
from tests.hcl.fake_files import FakeFiles

OPERATORS: dict[str, Callable[..., Value]] = {
    "%+": operators.add,
    "%-": operators.subtract,
    "%*": operators.multiply,
    "%/": operators.divide,
    "%%": operators.modulo,
    "%neg": operators.negate,
    "%==": operators.equal,
    "%!=": operators.not_equal,
    "%<": operators.less,
    "%>": operators.greater,
    "%<=": operators.less_equal,
    "%>=": operators.greater_equal,
    "%&&": operators.logical_and,
    "%||": operators.logical_or,
    "%!": operators.logical_not,
}

# The cases tell of the picture only that it is not text.
FILES = {
    "testdata/icon.png": b"\x89PNG\xff",
    "testdata/hello.txt": b"Hello World",
    "testdata/hello.tmpl": b"Hello, ${name}!",
    "testdata/list.tmpl": b"%{ for x in list ~}\n- ${x}\n%{ endfor ~}\n",
}


FUNCTIONS = table(World(files=FakeFiles(FILES), render=render_template))

NOT_OURS = {
    "%hasindex": "go-cty's helper, not a function of the language",
    "%symdiff": "go-cty's helper, not a function of the language",
    "strlen": "go-cty's helper; length() counts characters here",
    "rsadecrypt": "left out on purpose, as the language reference says",
}

# By origin: cases whose expectation does not hold, each with its reason.
EXCEPTIONS: dict[str, str] = {
    "gocty:cty/function/stdlib/bool_test.go:141": "true || unknown is true in an expression",
    "gocty:cty/function/stdlib/collection_test.go:1093": (
        "Terraform's own lookup looks into maps that are not wholly known"
    ),
    "tf1.5.7:internal/lang/funcs/crypto_test.go:133": "of filebase64sha256, filed under filesha256",
    "tf1.5.7:internal/lang/funcs/crypto_test.go:138": "of filebase64sha256, filed under filesha256",
    "tf1.5.7:internal/lang/funcs/crypto_test.go:214": "of filebase64sha512, filed under filesha512",
    "tf1.5.7:internal/lang/funcs/crypto_test.go:219": "of filebase64sha512, filed under filesha512",
    "tf1.5.7:internal/lang/funcs/crypto_test.go:572": "the picture's bytes are not among the cases",
    "tf1.5.7:internal/lang/funcs/sensitive_test.go:140": (
        "Terraform 1.11 takes what is not sensitive as it is"
    ),
}


def function_names() -> list[str]:
    if not (FOLDER / "function_cases.json").exists():
        return []
    return sorted({case["function"] for case in load_cases("function_cases.json")})


def outcome(case: Case) -> object:
    """The value, or the message of the error."""
    args = [case_value(arg) for arg in case["args"]]
    try:
        return call(case["function"], args)
    except (FunctionError, operators.OperatorError) as error:
        return error.message


def call(name: str, args: Sequence[Value]) -> Value:
    if name in OPERATORS:
        return OPERATORS[name](*args)
    return FUNCTIONS[name].apply(args)


def meets(case: Case, got: object) -> bool:
    if case["err"] is True:
        return isinstance(got, str)
    if isinstance(case["err"], str):
        return got == case["err"]
    if case["want"] is None:
        return True
    want = case_value(case["want"])
    if case["origin"].startswith("tf1.5.7"):
        # Terraform 1.5 did not yet say what is known of an unknown result; 1.11 does.
        want, got = unrefined(want), unrefined(got) if isinstance(got, Value) else got
    return got == want


def unrefined(value: Value) -> Value:
    return value if value.is_known else Value(value.type, UNKNOWN, value.marks)


@pytest.mark.skipif(not function_names(), reason=f"no conformance cases in {FOLDER}")
@pytest.mark.parametrize("name", function_names())
def test_functions_do_as_in_terraform(name: str) -> None:
    if name in NOT_OURS:
        pytest.skip(NOT_OURS[name])
    if name not in OPERATORS and name not in FUNCTIONS:
        pytest.fail(f"there is no function {name}")
    wrong = []
    for case in load_cases("function_cases.json"):
        if case["function"] != name:
            continue
        got = outcome(case)
        if meets(case, got) is (case["origin"] in EXCEPTIONS):
            wrong.append((case["origin"], case["args"], got, case["err"] or case["want"]))

    assert wrong == []


def test_exceptions_are_few() -> None:
    cases = load_cases("function_cases.json")

    assert len(EXCEPTIONS) < 0.03 * len(cases)
