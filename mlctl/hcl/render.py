"""Templates that are texts of their own: what ``templatefile`` and ``templatestring`` call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlctl.core.diagnostic import Diagnostic, has_errors
from mlctl.core.types import DYNAMIC
from mlctl.core.value import Value
from mlctl.hcl.evaluate import evaluate
from mlctl.hcl.functions.spec import Function, FunctionError, anything, function
from mlctl.hcl.parser import parse_template
from mlctl.hcl.scope import Scope
from mlctl.hcl.source import range_text
from mlctl.hcl.variables import variables as references

_TEMPLATE_FUNCTIONS = ("templatefile", "templatestring")


def render_template(
    source: str, name: str, variables: Mapping[str, Value], functions: Mapping[str, Function]
) -> Value:
    """What a template makes of its variables; a ``TemplateRenderer``.

    A template may not render another one, so that none can render itself without end.

    Args:
        source: The template.
        name: What messages call it: the path of its file.
        variables: All it may refer to.
        functions: All it may call.

    Raises:
        FunctionError: It does not parse, lacks a variable (argument 1) or fails.
    """
    expr, diagnostics = parse_template(name, source)
    if has_errors(diagnostics):
        raise FunctionError(_text(diagnostics))
    for reference in references(expr):
        if reference.name not in variables:
            raise FunctionError(
                f'vars map does not contain key "{reference.name}", referenced at '
                f"{range_text(reference.root_span())}",
                1,
            )
    value, diagnostics = evaluate(expr, Scope(variables, _WithoutTemplates(functions)))
    if has_errors(diagnostics):
        raise FunctionError(_text(diagnostics))
    return value


class _WithoutTemplates(Mapping[str, Function]):
    """Functions, but for those that would render a template."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions

    def __getitem__(self, name: str) -> Function:
        plain = name.removeprefix("core::")
        return _refused(plain) if plain in _TEMPLATE_FUNCTIONS else self._functions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)


def _refused(name: str) -> Function:
    def refuse(*_args: Value) -> Value:
        raise FunctionError(f"cannot recursively call {name} from inside another template function")

    declare = function(
        name, "Not available in a template.", returns=DYNAMIC, variadic=anything("arguments")
    )
    return declare(refuse)


def _text(diagnostics: list[Diagnostic]) -> str:
    """The first diagnostic in one line, and how many more there are."""
    first, *rest = diagnostics
    where = f"{range_text(first.subject)}: " if first.subject else ""
    more = f", and {len(rest)} other diagnostic(s)" if rest else ""
    return f"{where}{first.summary}; {first.detail}{more}"
