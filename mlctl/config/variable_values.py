"""Values of variables: held against their declarations."""

from __future__ import annotations

from collections.abc import Callable

from mlctl.config.declarations import Variable
from mlctl.config.variable_block import fitted
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.value import SENSITIVE, Value, unknown
from mlctl.hcl.ast import Expression
from mlctl.hcl.convert import ConversionError


def checked_variable(
    variable: Variable,
    given: Value | None,
    subject: Expression | None,
    say: Callable[[Diagnostic], None],
) -> Value:
    """The value a variable has; what is wrong with it is said and gives an unknown one.

    Args:
        variable: As declared.
        given: The value given; None: none was.
        subject: Where a module's caller wrote it.
        say: Takes what is wrong.
    """
    if given is not None and given.is_null and not variable.nullable:
        given = None if variable.default is not None else given
    if given is None:
        given = variable.default
    if given is None:
        say(_missing(variable, subject))
        return unknown(variable.type)
    try:
        value = fitted(given, variable.type, variable.defaults)
    except ConversionError as error:
        say(_unsuitable(variable, subject, error))
        return unknown(variable.type)
    if value.is_null and not variable.nullable:
        say(_unsuitable(variable, subject, ConversionError("null is not allowed")))
    return value.mark(SENSITIVE) if variable.sensitive else value


def _missing(variable: Variable, subject: Expression | None) -> Diagnostic:
    name = variable.name
    return Diagnostic(
        summary="No value for required variable",
        detail=f'The variable "{name}" has no default, and no value was given for it.',
        hint=f"Give one with --var {name}=…, in mlctl.hclvars, or as MLCTL_VAR_{name}."
        if subject is None
        else "",
        subject=subject.span() if subject else variable.body.block.header_span(),
        block=variable.body.header,
    )


def _unsuitable(
    variable: Variable, subject: Expression | None, error: ConversionError
) -> Diagnostic:
    return Diagnostic(
        summary="Invalid value for variable",
        detail=f'The value given for "{variable.name}{error.path_text}" does not fit its type '
        f"constraint: {str(error).rstrip('.')}.",
        subject=subject.span() if subject else variable.body.block.header_span(),
        block=variable.body.header,
    )
