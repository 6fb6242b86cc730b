"""Function calls, and ``try`` and ``can``, which look at their arguments unevaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlctl.core.diagnostic import Diagnostic
from mlctl.core.suggest import nearest
from mlctl.core.types import BOOL, DYNAMIC, is_sequence
from mlctl.core.value import DYNAMIC_UNKNOWN, FALSE, TRUE, Marks, Value, unknown
from mlctl.hcl.ast import Expression, FunctionCall
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.evaluation import Evaluation
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter
from mlctl.hcl.scope import Scope
from mlctl.hcl.source import range_text

_SPECIAL = ("try", "can")
_CORE = "core::"


def function_call(evaluation: Evaluation, expr: FunctionCall, scope: Scope) -> Value:
    """The result of a call."""
    name = expr.name.removeprefix(_CORE)
    if name in _SPECIAL and _tables(scope):
        return _special(evaluation, expr, name, scope)
    function = _look_up(expr.name, scope)
    if function is None:
        _unknown_function(evaluation, expr, scope)
        return DYNAMIC_UNKNOWN
    mark = len(evaluation.diagnostics)
    given = _arguments(evaluation, expr, scope)
    if isinstance(given, Value):
        return given
    arguments, places, marks = given
    call = _Call(evaluation, expr, scope, function, places)
    arguments = call.converted(arguments)
    if evaluation.failed_since(mark):
        return DYNAMIC_UNKNOWN
    try:
        return function.call(arguments).with_marks(marks)
    except FunctionError as error:
        call.failed(error)
        return DYNAMIC_UNKNOWN


def _tables(scope: Scope) -> list[Scope]:
    """The scopes that have functions, innermost first."""
    found = []
    inner: Scope | None = scope
    while inner is not None:
        if inner.functions is not None:
            found.append(inner)
        inner = inner.parent
    return found


def _look_up(name: str, scope: Scope) -> Function | None:
    for inner in _tables(scope):
        assert inner.functions is not None
        function = inner.functions.get(name) or inner.functions.get(name.removeprefix(_CORE))
        if function is not None:
            return function
    return None


def _arguments(
    evaluation: Evaluation, expr: FunctionCall, scope: Scope
) -> tuple[list[Value], list[Expression], Marks] | Value:
    """The values of all arguments, the expressions each came from, and the marks of their number.

    The result of the call where it is not known how many there are.
    """
    places = list(expr.arguments)
    if not expr.expand:
        return [evaluation.value(argument, scope) for argument in places], places, frozenset()
    last = places.pop()
    mark = len(evaluation.diagnostics)
    collection = evaluation.value(last, scope)
    if evaluation.failed_since(mark):
        return DYNAMIC_UNKNOWN
    members = _members(evaluation, collection, last, expr, scope)
    if members is None:
        others = evaluation.marks_of(places, scope)
        return DYNAMIC_UNKNOWN.with_marks(others | collection.marks_deep())
    values = [evaluation.value(argument, scope) for argument in places]
    return values + members, places + [last] * len(members), collection.marks


def _members(
    evaluation: Evaluation, value: Value, expr: Expression, call: FunctionCall, scope: Scope
) -> list[Value] | None:
    """What an argument with ``...`` expands to; None when it is unknown or wrong."""
    detail = ""
    if value.is_null:
        detail = "The expanding argument (indicated by ...) must not be null."
    elif value.type is not DYNAMIC and not is_sequence(value.type):
        detail = "The expanding argument (indicated by ...) must be of a tuple, list, or set type."
    if detail:
        failure = evaluation.fail(expr.span(), "Invalid expanding argument value", detail)
        failure.about(expr, scope, call)
        return None
    if not value.is_known:
        return None
    return [member.with_marks(value.marks) for member in value.elements()]


@dataclass(frozen=True, slots=True)
class _Call:
    """A call under way.

    Attributes:
        places: The expression each argument came from.
    """

    evaluation: Evaluation
    expr: FunctionCall
    scope: Scope
    function: Function
    places: list[Expression]

    def converted(self, arguments: list[Value]) -> list[Value]:
        """The arguments as the parameters want them; all that do not suit are reported.

        Where there are too many or too few, nothing is said of the others.
        """
        parameters = [self.function.parameter(i) for i in range(len(arguments))]
        if None in parameters or len(arguments) < len(self.function.parameters):
            return arguments
        return [
            self._converted(argument, parameter, self.places[i])
            for i, (argument, parameter) in enumerate(zip(arguments, parameters, strict=True))
            if parameter is not None
        ]

    def _converted(self, argument: Value, parameter: Parameter, place: Expression) -> Value:
        try:
            return convert(argument, parameter.type)
        except ConversionError as error:
            detail = f'Invalid value for "{parameter.name}" parameter: {error.message}.'
            failure = self.evaluation.fail(place.span(), "Invalid function argument", detail)
            failure.about(place, self.scope, self.expr)
            return DYNAMIC_UNKNOWN

    def failed(self, error: FunctionError) -> None:
        """Report what the function says, at the argument or bracket it is about."""
        about: Expression = self.expr
        source = self.expr.source
        span = source.span(self.expr.start, self.expr.open + 1)
        if error.summary == "Not enough function arguments":
            span = source.span(self.expr.end - 1, self.expr.end)
        elif error.summary == "Too many function arguments":
            span = self.places[len(self.function.parameters)].span()
        elif error.argument is not None and error.argument < len(self.places):
            about = self.places[error.argument]
            span = about.span()
        failure = self.evaluation.fail(span, error.summary, error.detail)
        failure.about(about, self.scope, self.expr)


def _unknown_function(evaluation: Evaluation, expr: FunctionCall, scope: Scope) -> None:
    tables = _tables(scope)
    if not tables:
        evaluation.fail(
            expr.span(), "Function calls not allowed", "Functions may not be called here."
        )
        return
    known = sorted({*_SPECIAL, *(name for t in tables for name in t.functions or ())})
    space, separator, name = expr.name.rpartition("::")
    if not separator:
        near = nearest(name, (k for k in known if "::" not in k))
        hint = f' Did you mean "{near}"?' if near else ""
        detail = f'There is no function named "{name}".{hint}'
    else:
        detail = _in_namespace(space + separator, name, known)
    evaluation.fail(expr.name_span(), "Call to unknown function", detail)


def _in_namespace(space: str, name: str, known: list[str]) -> str:
    plain = [k for k in known if "::" not in k] if space == _CORE else []
    names = plain + [k.removeprefix(space) for k in known if k.startswith(space)]
    if not names:
        return f'There are no functions in namespace "{space}".'
    near = nearest(name, names)
    hint = f" Did you mean {space}{near}?" if near else ""
    return f'There is no function named "{name}" in namespace {space}.{hint}'


def _special(evaluation: Evaluation, expr: FunctionCall, name: str, scope: Scope) -> Value:
    span = expr.source.span(expr.start, expr.open + 1)
    if name == "can":
        if len(expr.arguments) == 1 and not expr.expand:
            return _can(evaluation, expr.arguments[0], scope)
        few = not expr.arguments
        summary = "Not enough function arguments" if few else "Too many function arguments"
        need = ' Missing value for "expression".' if few else ""
        only = "" if few else " only"
        evaluation.fail(span, summary, f'Function "can" expects{only} 1 argument(s).{need}')
        return DYNAMIC_UNKNOWN
    problems: list[Diagnostic] = []
    marks: Marks = frozenset()
    for value, diagnostics, met in _attempts(evaluation, expr, scope):
        if not diagnostics:
            # What is partly unknown may still fail once it is known, or turn out of another type.
            # The attempts before this one have a say in it, too: it counts because they failed.
            if value.is_wholly_known:
                return value.with_marks(marks)
            return DYNAMIC_UNKNOWN.with_marks(marks | value.marks_deep())
        problems += diagnostics
        marks |= met
    evaluation.fail(
        span,
        "Error in function call",
        f'Call to function "try" failed: {_none_succeeded(problems)}.',
    ).about(expr, scope)
    return DYNAMIC_UNKNOWN.with_marks(marks)


def _attempts(
    evaluation: Evaluation, expr: FunctionCall, scope: Scope
) -> Iterator[tuple[Value, list[Diagnostic], Marks]]:
    """Each argument's value, what is wrong with it, and the marks of all it met on the way."""
    for argument in expr.arguments:
        trial = evaluation.attempt()
        value = trial.value(argument, scope)
        found = trial.diagnostics if trial.failed_since(0) else []
        yield value, found, frozenset(trial.marks or ())


def _can(evaluation: Evaluation, argument: Expression, scope: Scope) -> Value:
    trial = evaluation.attempt()
    value = trial.value(argument, scope)
    if trial.failed_since(0):
        return FALSE.with_marks(trial.marks or ())
    if value.is_wholly_known:
        return TRUE.with_marks(value.marks_deep())
    return unknown(BOOL).with_marks(value.marks_deep())


def _none_succeeded(problems: list[Diagnostic]) -> str:
    if not problems:
        return "at least one argument is required"
    lines = ["no expression succeeded:"]
    for found in problems:
        where = f" (at {range_text(found.subject)})" if found.subject else ""
        lines += [f"- {found.summary}{where}", f"  {found.detail}"]
    return "\n".join([*lines, "", "At least one expression must produce a successful result"])
