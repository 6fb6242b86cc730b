"""Where names come from: lazily, innermost first, and by whole references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlctl.core.diagnostic import Diagnostic
from mlctl.core.value import Value, from_plain, number
from mlctl.hcl.ast import ScopeTraversal
from mlctl.hcl.evaluate import evaluate
from mlctl.hcl.functions import table
from mlctl.hcl.parser import parse_expression
from mlctl.hcl.scope import Resolved, Scope

NAMES: Mapping[str, Value] = {"n": number(2)}


def run(text: str, scope: Scope) -> tuple[Value, list[Diagnostic]]:
    expr, diagnostics = parse_expression("t.hcl", text)
    assert diagnostics == []
    return evaluate(expr, scope)


class Lazy(Mapping[str, Value]):
    """Computes values when they are asked for and remembers which."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Value:
        self.asked.append(name)
        if name == "missing":
            raise KeyError(name)
        return from_plain({"x": 1})

    def __iter__(self) -> Iterator[str]:
        return iter(("known",))

    def __len__(self) -> int:
        return 1


def test_only_names_that_are_met_are_looked_up() -> None:
    names = Lazy()

    run("a.x + [for b in [1] : b][0] + c.x", Scope(names, table()))

    assert names.asked == ["a", "c"]


def test_a_name_the_inner_scope_lacks_is_looked_for_further_out() -> None:
    outer = Scope({"missing": number(1)})

    found, _ = run("missing", Scope(Lazy(), None, outer))

    assert found == number(1)


def test_a_resolver_answers_for_a_prefix_of_a_reference() -> None:
    asked = []

    def resolve(reference: ScopeTraversal) -> Resolved | None:
        asked.append(reference.text())
        if reference.name != "local":
            return None
        return Resolved(from_plain({"deep": [7]}), reference.steps[1:])

    found, diagnostics = run("local.x.deep[0] + n", Scope(NAMES, None, None, resolve))

    assert diagnostics == []
    assert found == number(9)
    assert asked == ["local.x.deep[0]", "n"]


def test_what_a_resolver_objects_to_is_reported_and_unknown() -> None:
    objection = Diagnostic(summary="Reference to undeclared local value")

    found, diagnostics = run(
        "1 + local.x", Scope({}, None, None, lambda _: Resolved(number(1), (), (objection,)))
    )

    assert not found.is_known
    assert diagnostics == [objection]
