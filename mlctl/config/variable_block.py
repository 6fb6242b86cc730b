"""A ``variable`` block to its declaration."""

from __future__ import annotations

from mlctl.config import schemas
from mlctl.config.declarations import Variable
from mlctl.config.decode import Decoded, decode
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.types import DYNAMIC, Type
from mlctl.core.value import DYNAMIC_UNKNOWN, Value
from mlctl.hcl.ast import Block
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.defaults import Defaults, apply_defaults
from mlctl.hcl.evaluate import evaluate_constant
from mlctl.hcl.typeexpr import type_constraint


def read_variable(block: Block, found: Diagnostics) -> Variable:
    """Read it; its type, default and flags must be constants."""
    body = decode(block, schemas.VARIABLE, found)
    type_expr = body.expr("type")
    constraint, defaults, problems = (
        type_constraint(type_expr) if type_expr is not None else (DYNAMIC, None, [])
    )
    found.extend(problems)
    return Variable(
        name=block.labels[0],
        body=body,
        type=constraint,
        defaults=defaults,
        sensitive=_flag(body, "sensitive", found) or False,
        nullable=_flag(body, "nullable", found) is not False,
        default=_default(body, constraint, defaults, found),
    )


def _default(
    body: Decoded, constraint: Type, defaults: Defaults | None, found: Diagnostics
) -> Value | None:
    expr = body.expr("default")
    if expr is None:
        return None
    value, problems = evaluate_constant(expr)
    found.extend(problems)
    try:
        return fitted(value, constraint, defaults)
    except ConversionError as error:
        found.append(
            Diagnostic(
                summary="Invalid default value for variable",
                detail="This default value is not compatible with the variable's type constraint: "
                f"{str(error).rstrip('.')}.",
                subject=expr.span(),
                block=body.header,
            )
        )
        return DYNAMIC_UNKNOWN


def _flag(body: Decoded, name: str, found: Diagnostics) -> bool | None:
    expr = body.expr(name)
    if expr is None:
        return None
    value, problems = evaluate_constant(expr)
    found.extend(problems)
    if value.raw is True or value.raw == "true":
        return True
    if value.raw is False or value.raw == "false":
        return False
    if not problems:
        found.append(
            Diagnostic(
                summary="Incorrect value",
                detail=f'"{name}" must be true or false.',
                subject=expr.span(),
                block=body.header,
            )
        )
    return None


def fitted(value: Value, constraint: Type, defaults: Defaults | None) -> Value:
    """A value as its variable wants it: defaults of optional attributes filled in, converted.

    Raises:
        ConversionError: It does not fit the constraint.
    """
    return convert(apply_defaults(defaults, value) if defaults else value, constraint)
