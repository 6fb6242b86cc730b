"""Operators and conditionals: what is looked at, what counts, and what is reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mlctl.core.diagnostic import has_errors
from mlctl.core.types import BOOL, DYNAMIC, NUMBER, CollectionType, Type
from mlctl.core.value import (
    DYNAMIC_NULL,
    DYNAMIC_UNKNOWN,
    NOT_NULL,
    Bound,
    Refinement,
    Value,
    boolean,
    null,
    unknown,
)
from mlctl.hcl import operators
from mlctl.hcl.ast import Binary, Conditional, Expression, Unary
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.evaluate_mismatch import describe_mismatch
from mlctl.hcl.evaluation import Evaluation, between
from mlctl.hcl.operators import OperatorError
from mlctl.hcl.scope import Scope
from mlctl.hcl.unify import unify


@dataclass(frozen=True, slots=True)
class _Operator:
    """What an operator takes and gives.

    Attributes:
        decisive: For ``&&`` and ``||``: the operand that decides whatever the other is.
    """

    apply: Callable[[Value, Value], Value]
    operands: Type
    result: Type
    decisive: bool | None = None


_OPERATORS: Mapping[str, _Operator] = {
    "||": _Operator(operators.logical_or, BOOL, BOOL, decisive=True),
    "&&": _Operator(operators.logical_and, BOOL, BOOL, decisive=False),
    "==": _Operator(operators.equal, DYNAMIC, BOOL),
    "!=": _Operator(operators.not_equal, DYNAMIC, BOOL),
    "<": _Operator(operators.less, NUMBER, BOOL),
    "<=": _Operator(operators.less_equal, NUMBER, BOOL),
    ">": _Operator(operators.greater, NUMBER, BOOL),
    ">=": _Operator(operators.greater_equal, NUMBER, BOOL),
    "+": _Operator(operators.add, NUMBER, NUMBER),
    "-": _Operator(operators.subtract, NUMBER, NUMBER),
    "*": _Operator(operators.multiply, NUMBER, NUMBER),
    "/": _Operator(operators.divide, NUMBER, NUMBER),
    "%": _Operator(operators.modulo, NUMBER, NUMBER),
}
_BOOL_LATER = unknown(BOOL, NOT_NULL)


def binary(evaluation: Evaluation, expr: Binary, scope: Scope) -> Value:
    """``left operator right``; a chain of them is walked, not recursed into."""
    chain = [expr]
    while isinstance(chain[-1].left, Binary):
        chain.append(chain[-1].left)
    start = len(evaluation.diagnostics)
    value = evaluation.value(chain[-1].left, scope)
    for node in reversed(chain):
        value = _apply(evaluation, node, value, start, scope)
    return value


def _apply(evaluation: Evaluation, expr: Binary, left: Value, start: int, scope: Scope) -> Value:
    """Apply an operator whose left operand's diagnostics begin at ``start``."""
    operator = _OPERATORS[expr.operator]
    middle = len(evaluation.diagnostics)
    right = evaluation.value(expr.right, scope)
    end = len(evaluation.diagnostics)
    left_fit = _fit(evaluation, left, operator.operands, expr.left, expr, scope)
    right_fit = _fit(evaluation, right, operator.operands, expr.right, expr, scope)
    if left_fit is None or right_fit is None:
        return unknown(operator.result)
    marks = left_fit.marks | right_fit.marks
    if operator.decisive is not None:
        decided = _short_circuit(
            evaluation, operator.decisive, left_fit, right_fit, (start, middle, end)
        )
        if decided is not None:
            return decided.with_marks(marks)
    if evaluation.failed_since(start):
        return unknown(operator.result).with_marks(marks)
    try:
        return operator.apply(left_fit, right_fit)
    except OperatorError as error:
        detail = f"Error during operation: {error.message}."
        evaluation.fail(expr.span(), "Operation failed", detail).about(expr, scope)
        return unknown(operator.result)


def _fit(
    evaluation: Evaluation,
    value: Value,
    wanted: Type,
    expr: Expression,
    whole: Binary,
    scope: Scope,
) -> Value | None:
    """An operand as the operator wants it; None when it does not suit, which is reported."""
    try:
        return convert(value, wanted)
    except ConversionError as error:
        side = "left" if expr is whole.left else "right"
        detail = f"Unsuitable value for {side} operand: {error.message}."
        evaluation.fail(expr.span(), "Invalid operand", detail).about(expr, scope, whole)
        return None


def _short_circuit(
    evaluation: Evaluation, decisive: bool, left: Value, right: Value, at: tuple[int, int, int]
) -> Value | None:
    """The result that one operand alone decides; what is wrong with the other is forgotten.

    An operand that is not known decides, too, when the other one leaves the decision to it:
    ``checked && known_later.x`` must not fail for ``x`` before it is known.
    """
    start, middle, end = at
    if not left.is_known and not right.is_known:
        # From left to right: with an error on the left, both sides are worth telling.
        by_left = not has_errors(evaluation.diagnostics[start:middle])
        by_right, result = False, _BOOL_LATER
    elif decisive in (left.raw, right.raw):
        by_left, by_right = left.raw is decisive, right.raw is decisive
        result = boolean(decisive)
    else:
        by_left = not left.is_known and not right.is_null
        by_right = not right.is_known and not left.is_null
        result = _BOOL_LATER
    if by_left:
        del evaluation.diagnostics[middle:end]
    elif by_right:
        del evaluation.diagnostics[start:middle]
    return result if by_left or by_right else None


def unary(evaluation: Evaluation, expr: Unary, scope: Scope) -> Value:
    """``-x`` and ``!x``."""
    wanted, apply = (NUMBER, operators.negate)
    if expr.operator == "!":
        wanted, apply = (BOOL, operators.logical_not)
    mark = len(evaluation.diagnostics)
    value = evaluation.value(expr.operand, scope)
    try:
        value = convert(value, wanted)
    except ConversionError as error:
        detail = f"Unsuitable value for unary operand: {error.message}."
        failure = evaluation.fail(expr.operand.span(), "Invalid operand", detail)
        failure.about(expr.operand, scope, expr)
    if evaluation.failed_since(mark):
        return unknown(wanted)
    try:
        return apply(value)
    except OperatorError as error:
        detail = f"Error during operation: {error.message}."
        evaluation.fail(expr.span(), "Operation failed", detail).about(expr, scope)
        return unknown(wanted)


def conditional(evaluation: Evaluation, expr: Conditional, scope: Scope) -> Value:
    """``condition ? if_true : if_false``: both arms become one type, one of them is reported on."""
    arms = [evaluation.apart(), evaluation.apart()]
    values = [
        arms[0].value(expr.if_true, scope),
        arms[1].value(expr.if_false, scope),
    ]
    result = _result_type(*values)
    if result is None:
        subject = between(expr.if_true, expr.if_false)
        detail = "The true and false result expressions must have consistent types. "
        detail += f"{describe_mismatch(values[0].type, values[1].type)}."
        failure = evaluation.fail(subject, "Inconsistent conditional result types", detail)
        failure.about(expr, scope, expr)
        return DYNAMIC_UNKNOWN
    condition = evaluation.value(expr.condition, scope)
    marks = condition.marks | values[0].marks | values[1].marks
    if not condition.is_known:
        # It may become either of them, and so depends on all that is in them.
        inside = values[0].marks_deep() | values[1].marks_deep()
        return _later(values[0], values[1], result).with_marks(marks | inside)
    truth = _truth(evaluation, condition, expr, scope)
    if truth is None:
        return unknown(result)
    chosen = 0 if truth else 1
    evaluation.diagnostics += arms[chosen].diagnostics
    return _converted(evaluation, values, result, chosen, expr, scope).with_marks(marks)


def _result_type(if_true: Value, if_false: Value) -> Type | None:
    """The type of both arms; None when there is none."""
    if _is_literal_null(if_true):
        return if_false.type
    if _is_literal_null(if_false):
        return if_true.type
    if if_true.type is DYNAMIC or if_false.type is DYNAMIC:
        return DYNAMIC
    return unify([if_true.type, if_false.type], unsafe=True)


def _is_literal_null(value: Value) -> bool:
    return value.type is DYNAMIC and value.is_null and not value.marks


def _truth(
    evaluation: Evaluation, condition: Value, expr: Conditional, scope: Scope
) -> bool | None:
    summary = "Null condition"
    detail = "The condition value is null. Conditions must either be true or false."
    if not condition.is_null:
        try:
            return convert(condition, BOOL).as_bool()
        except ConversionError:
            summary = "Incorrect condition type"
            detail = "The condition expression must be of type bool."
    failure = evaluation.fail(expr.condition.span(), summary, detail)
    failure.about(expr.condition, scope, expr)
    return None


def _converted(
    evaluation: Evaluation,
    values: list[Value],
    result: Type,
    chosen: int,
    expr: Conditional,
    scope: Scope,
) -> Value:
    """The chosen arm's value in the type of both."""
    value = values[chosen]
    if value is DYNAMIC_NULL:
        return null(result)
    try:
        return convert(value, result)
    except ConversionError as error:
        side, arm = ("false", expr.if_false) if chosen else ("true", expr.if_true)
        failure = evaluation.fail(
            arm.span(),
            "Inconsistent conditional result types",
            f"The {side} result value has the wrong type: {error.message}.",
        )
        failure.about(arm, scope, expr)
        return unknown(result)


def _later(if_true: Value, if_false: Value, result: Type) -> Value:
    """What can be said while the condition is not known."""
    if if_true.is_null and if_false.is_null:
        return null(result)
    both = if_true.type is if_false.type
    if both and (if_true.type is NUMBER or isinstance(if_true.type, CollectionType)):
        return unknown(result, _known_of(if_true).either(_known_of(if_false)))
    never_null = if_true.is_never_null and if_false.is_never_null
    return unknown(result, NOT_NULL) if never_null else unknown(result)


def _known_of(value: Value) -> Refinement:
    """A value's own refinement, or that which a known one amounts to."""
    if not value.is_known:
        return value.refinement
    if value.is_null:
        return Refinement()
    if value.type is NUMBER:
        bound = Bound(value.as_number())
        return Refinement(not_null=True, lower=bound, upper=bound)
    count = len(value.elements())
    # Elements of a set that are not known yet may turn out equal.
    least = count if value.is_wholly_known else min(count, 1)
    return Refinement(not_null=True, min_length=least, max_length=count)
