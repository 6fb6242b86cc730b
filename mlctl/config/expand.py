"""How many instances a declaration has: ``count``, ``for_each`` and ``enabled``."""

from __future__ import annotations

from collections.abc import Callable

from mlctl.config.declarations import Meta
from mlctl.config.frames import ONCE, Instances, Repetition
from mlctl.core.address import InstanceKey
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.provenance import origins_of
from mlctl.core.types import BOOL, NUMBER, STRING, SetType, is_keyed
from mlctl.core.value import SENSITIVE, Value, string
from mlctl.hcl.ast import Expression
from mlctl.hcl.convert import ConversionError, convert

Evaluate = Callable[[Expression], Value]

_NONE = Instances({})


def expand(meta: Meta, evaluate: Evaluate, header: str, found: Diagnostics) -> Instances:
    """The instances of a block; what is wrong with its meta-arguments is said."""
    if meta.enabled is not None:
        enabled = _typed(meta.enabled, evaluate(meta.enabled), BOOL, "enabled", header, found)
        if isinstance(enabled, Instances):
            return enabled
        if not enabled.as_bool():
            return Instances({}, meta.is_repeated, counted=meta.count is not None)
    if meta.count is not None:
        return _count(meta.count, evaluate, header, found)
    if meta.for_each is not None:
        return _for_each(meta.for_each, evaluate(meta.for_each), header, found)
    return Instances({None: ONCE})


def _typed(
    expr: Expression, value: Value, wanted: object, name: str, header: str, found: Diagnostics
) -> Value | Instances:
    """The plain value of a meta-argument; or the answer when it gives none."""
    try:
        converted = convert(value, BOOL if wanted is BOOL else NUMBER)
    except ConversionError as error:
        found.append(_invalid(name, f'The "{name}" value is unsuitable: {error}.', expr, header))
        return _NONE
    bare, marks = converted.unmark_deep()
    if SENSITIVE in marks:
        found.append(_sensitive(name, expr, header))
        return _NONE
    if not bare.is_known:
        return Instances({}, unknown=True, pending=origins_of(value))
    if bare.is_null:
        found.append(_invalid(name, f'The "{name}" value is null.', expr, header))
        return _NONE
    return bare


def _count(expr: Expression, evaluate: Evaluate, header: str, found: Diagnostics) -> Instances:
    counted = _typed(expr, evaluate(expr), NUMBER, "count", header, found)
    if isinstance(counted, Instances):
        return Instances({}, True, counted.unknown, counted.pending, counted=True)
    number = counted.as_number()
    if number != int(number) or number < 0:
        detail = f'"count" must be a whole number that is not negative; this is {number}.'
        found.append(_invalid("count", detail, expr, header))
        return Instances({}, True, counted=True)
    indices: dict[InstanceKey, Repetition] = {i: Repetition(i) for i in range(int(number))}
    return Instances(indices, True, counted=True)


def _for_each(expr: Expression, value: Value, header: str, found: Diagnostics) -> Instances:
    shallow, marks = value.unmark()
    if SENSITIVE in marks:
        found.append(_sensitive("for_each", expr, header))
        return Instances({}, repeated=True)
    if not shallow.is_known or (isinstance(shallow.type, SetType) and not shallow.is_wholly_known):
        return Instances({}, True, True, origins_of(value))
    problem = _unsuitable(shallow)
    if problem:
        found.append(_invalid("for_each", problem, expr, header))
        return Instances({}, repeated=True)
    if is_keyed(shallow.type):
        entries = {key: one.with_marks(one.marks | marks) for key, one in shallow.entries().items()}
    else:
        keys = [element.unmark_deep()[0].as_string() for element in shallow.elements()]
        entries = {key: string(key).with_marks(marks) for key in keys}
    return Instances({key: Repetition(key, one) for key, one in entries.items()}, repeated=True)


def _unsuitable(value: Value) -> str:
    if value.is_null:
        return 'The "for_each" value is null; give a map or a set of strings.'
    if is_keyed(value.type):
        return ""
    if not isinstance(value.type, SetType):
        return (
            'The "for_each" value must be a map or a set of strings, and this is a '
            f"{value.type.friendly_name}. Make a list of strings a set with toset(…)."
        )
    if value.elements() and value.type.element != STRING:
        return f"The set holds {value.type.element.friendly_name} values, not strings."
    if any(e.is_null for e in value.elements()):
        return "The set holds a null value."
    return ""


def _invalid(name: str, detail: str, expr: Expression, header: str) -> Diagnostic:
    return Diagnostic(
        summary=f"Invalid {name} argument", detail=detail, subject=expr.span(), block=header
    )


def _sensitive(name: str, expr: Expression, header: str) -> Diagnostic:
    return _invalid(
        name,
        f'"{name}" rests on a sensitive value, and would show it in the addresses of instances.',
        expr,
        header,
    )
