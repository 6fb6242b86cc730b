"""Expressions to values.

``evaluate`` never raises for what people wrote: it returns the value, as far as one can be told,
and the diagnostics. Values that depend on something broken are unknown. Both arms of a conditional
and both operands of ``&&`` are looked at, but only what counts is reported, as in HCL.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mlctl.core.diagnostic import Diagnostics
from mlctl.core.types import STRING
from mlctl.core.value import (
    DYNAMIC_NULL,
    DYNAMIC_UNKNOWN,
    Marks,
    Value,
    boolean,
    number,
    object_of,
    string,
    tuple_of,
)
from mlctl.hcl import ast
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.evaluate_calls import function_call
from mlctl.hcl.evaluate_loops import for_expression, item, splat, template_join
from mlctl.hcl.evaluate_operators import binary, conditional, unary
from mlctl.hcl.evaluate_references import index_expression, relative_traversal, scope_traversal
from mlctl.hcl.evaluate_template import template
from mlctl.hcl.evaluation import Evaluation, Handler
from mlctl.hcl.scope import NO_SCOPE, Scope


def evaluate(expr: ast.Expression, scope: Scope) -> tuple[Value, Diagnostics]:
    """The value of an expression and what is wrong with it."""
    evaluation = Evaluation(_HANDLERS)
    value = evaluation.value(expr, scope)
    return value, evaluation.diagnostics


def evaluate_constant(expr: ast.Expression) -> tuple[Value, Diagnostics]:
    """The value of an expression that may refer to nothing and call nothing."""
    return evaluate(expr, NO_SCOPE)


def constant(plain: str | int | Decimal | bool | None) -> Value:
    """The value of something written out in the source."""
    if isinstance(plain, str):
        return string(plain)
    if isinstance(plain, bool):
        return boolean(plain)
    if plain is None:
        return DYNAMIC_NULL
    return number(plain)


def _literal(_evaluation: Evaluation, expr: ast.Literal, _scope: Scope) -> Value:
    return constant(expr.value)


def _broken(_evaluation: Evaluation, _expr: ast.Broken, _scope: Scope) -> Value:
    return DYNAMIC_UNKNOWN


def _parentheses(evaluation: Evaluation, expr: ast.Parentheses, scope: Scope) -> Value:
    return evaluation.value(expr.inner, scope)


def _wrap(evaluation: Evaluation, expr: ast.TemplateWrap, scope: Scope) -> Value:
    return evaluation.value(expr.wrapped, scope)


def _tuple(evaluation: Evaluation, expr: ast.TupleCons, scope: Scope) -> Value:
    value = evaluation.value
    return tuple_of([value(member, scope) for member in expr.items])


def _object_key(evaluation: Evaluation, expr: ast.ObjectKey, scope: Scope) -> Value:
    name = expr.bare_name()
    if name is not None:
        return string(name)
    wrapped = expr.wrapped
    if isinstance(wrapped, ast.ScopeTraversal) and not expr.forced:
        evaluation.fail(
            expr.span(),
            "Ambiguous attribute key",
            "If this expression is intended to be a reference, wrap it in parentheses. If it's "
            "instead intended as a literal name containing periods, wrap it in quotes to create a "
            "string literal.",
        )
        return DYNAMIC_UNKNOWN
    return evaluation.value(wrapped, scope)


def _object(evaluation: Evaluation, expr: ast.ObjectCons, scope: Scope) -> Value:
    members: dict[str, Value] = {}
    marks: Marks = frozenset()
    inside: Marks = frozenset()
    known = True
    for key_expr, value_expr in expr.items:
        mark = len(evaluation.diagnostics)
        key = _object_key(evaluation, key_expr, scope)
        failed = evaluation.failed_since(mark)
        value = evaluation.value(value_expr, scope)
        marks |= key.marks
        name = None if failed else _name(evaluation, key, key_expr, value_expr, scope)
        if name is None:
            known = False
            inside |= value.marks_deep()
            continue
        members[name] = value
    if not known:
        inside = inside.union(*(member.marks_deep() for member in members.values()))
        return DYNAMIC_UNKNOWN.with_marks(marks | inside)
    return object_of(members).with_marks(marks)


def _name(
    evaluation: Evaluation,
    key: Value,
    expr: ast.ObjectKey,
    value_expr: ast.Expression,
    scope: Scope,
) -> str | None:
    """The attribute's name; None when it is wrong, which is then reported, or not known."""
    if key.is_null:
        failure = evaluation.fail(
            value_expr.span(), "Null value as key", "Can't use a null value as a key."
        )
        failure.about(expr, scope)
        return None
    try:
        text = convert(key, STRING)
    except ConversionError as error:
        failure = evaluation.fail(
            expr.span(), "Incorrect key type", f"Can't use this value as a key: {error.message}."
        )
        failure.about(expr, scope)
        return None
    return text.as_string() if text.is_known else None


_HANDLERS: Mapping[type[ast.Node], Handler] = {
    ast.Literal: _literal,
    ast.Broken: _broken,
    ast.Parentheses: _parentheses,
    ast.Template: template,
    ast.TemplateWrap: _wrap,
    ast.TemplateJoin: template_join,
    ast.ScopeTraversal: scope_traversal,
    ast.RelativeTraversal: relative_traversal,
    ast.Index: index_expression,
    ast.Item: item,
    ast.Splat: splat,
    ast.FunctionCall: function_call,
    ast.Conditional: conditional,
    ast.Unary: unary,
    ast.Binary: binary,
    ast.For: for_expression,
    ast.ObjectKey: _object_key,
    ast.ObjectCons: _object,
    ast.TupleCons: _tuple,
}
