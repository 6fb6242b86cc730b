"""Names and steps to values."""

from __future__ import annotations

from collections.abc import Sequence

from mlctl.core.diagnostic import has_errors
from mlctl.core.suggest import nearest
from mlctl.core.value import DYNAMIC_NULL, DYNAMIC_UNKNOWN, Value, boolean, number, string
from mlctl.hcl.access import AccessError, get_attribute, index
from mlctl.hcl.ast import (
    Attr,
    Expression,
    Index,
    Key,
    RelativeTraversal,
    ScopeTraversal,
    Step,
)
from mlctl.hcl.evaluation import Evaluation
from mlctl.hcl.scope import Resolved, Scope


def scope_traversal(evaluation: Evaluation, expr: ScopeTraversal, scope: Scope) -> Value:
    """A name and its steps, looked up in the nearest scope that knows it."""
    found = _look_up(expr, scope)
    if found is None:
        _unknown_name(evaluation, expr, scope)
        return DYNAMIC_UNKNOWN
    evaluation.diagnostics.extend(found.diagnostics)
    if has_errors(found.diagnostics):
        return DYNAMIC_UNKNOWN.with_marks(found.value.marks_deep())
    return _steps(evaluation, expr, found.value, found.remaining, scope)


def _look_up(expr: ScopeTraversal, scope: Scope) -> Resolved | None:
    inner: Scope | None = scope
    while inner is not None:
        if inner.resolve is not None:
            resolved = inner.resolve(expr)
            if resolved is not None:
                return resolved
        if inner.variables is not None:
            try:
                return Resolved(inner.variables[expr.name], expr.steps)
            except KeyError:
                pass  # Not known here; the scope around may know it.
        inner = inner.parent
    return None


def _unknown_name(evaluation: Evaluation, expr: ScopeTraversal, scope: Scope) -> None:
    known: list[str] = []
    allowed = False
    inner: Scope | None = scope
    while inner is not None:
        if inner.variables is not None:
            allowed = True
            known += inner.variables
        inner = inner.parent
    if not allowed:
        evaluation.fail(
            expr.root_span(), "Variables not allowed", "Variables may not be used here."
        )
        return
    near = nearest(expr.name, known)
    hint = f' Did you mean "{near}"?' if near else ""
    evaluation.fail(
        expr.root_span(), "Unknown variable", f'There is no variable named "{expr.name}".{hint}'
    )


def relative_traversal(evaluation: Evaluation, expr: RelativeTraversal, scope: Scope) -> Value:
    """Steps from the value of an expression."""
    target = evaluation.value(expr.target, scope)
    return _steps(evaluation, expr, target, expr.steps, scope)


def _steps(
    evaluation: Evaluation, expr: Expression, value: Value, steps: Sequence[Step], scope: Scope
) -> Value:
    for step in steps:
        try:
            if isinstance(step, Attr):
                value = get_attribute(value, step.name)
            else:
                value = index(value, _static(step))
        except AccessError as error:
            failure = evaluation.fail(step.span(), error.summary, error.detail, error.hint)
            failure.about(expr, scope)
            return DYNAMIC_UNKNOWN.with_marks(value.marks_deep())
    return value


def _static(key: Key) -> Value:
    plain = key.value
    if isinstance(plain, str):
        return string(plain)
    if isinstance(plain, bool):
        return boolean(plain)
    return DYNAMIC_NULL if plain is None else number(plain)


def index_expression(evaluation: Evaluation, expr: Index, scope: Scope) -> Value:
    """``collection[key]`` with a key that is itself evaluated."""
    collection = evaluation.value(expr.collection, scope)
    key = evaluation.value(expr.key, scope)
    try:
        return index(collection, key)
    except AccessError as error:
        span = expr.source.span(expr.bracket, expr.end)
        evaluation.fail(span, error.summary, error.detail, error.hint).about(expr, scope)
        return DYNAMIC_UNKNOWN
