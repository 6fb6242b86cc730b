"""Arguments to attributes: evaluated, converted to what the schema says, and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from mlctl.config.decode import Decoded, not_allowed
from mlctl.config.evaluator import Evaluator, referred
from mlctl.config.names import Names
from mlctl.config.schemas import META_NAMES
from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.provenance import origins_of
from mlctl.core.schema import Attribute, BlockSchema
from mlctl.core.types import STRING
from mlctl.core.value import (
    DYNAMIC_UNKNOWN,
    SENSITIVE,
    Value,
    from_plain,
    null,
    object_of,
    string,
    tuple_of,
)
from mlctl.hcl.ast import Expression
from mlctl.hcl.convert import ConversionError, convert

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Arguments:
    """Evaluates the arguments of blocks at one place.

    Attributes:
        values: What names stand for.
        references: The same where objects are wanted for their identity only.
    """

    evaluator: Evaluator
    values: Names
    references: Names

    def value(self, body: Decoded, name: str) -> Value:
        """One argument as its schema wants it; its default when it is not written."""
        attribute = body.schema.attributes[name]
        expr = body.expr(name)
        if expr is None:
            default = null(attribute.type) if attribute.default is None else None
            return default or convert(from_plain(attribute.default), attribute.type)
        if attribute.refers_to:
            return self._reference(body, name, expr, attribute.refers_to)
        value = self.evaluator.evaluate(expr, self.values, body.header)
        return self.converted(body, name, expr, value)

    def converted(self, body: Decoded, name: str, expr: Expression, value: Value) -> Value:
        """A value converted to the attribute's type and held against what is allowed."""
        attribute = body.schema.attributes[name]
        try:
            fitting = convert(value, attribute.type)
        except ConversionError as error:
            self.evaluator.say(unsuitable(name, error, expr, body.header))
            return DYNAMIC_UNKNOWN
        self._check_allowed(body, name, expr, fitting, attribute)
        return fitting.mark(SENSITIVE) if attribute.sensitive else fitting

    def _check_allowed(
        self, body: Decoded, name: str, expr: Expression, value: Value, attribute: Attribute
    ) -> None:
        bare = value.unmark()[0]
        if attribute.required and bare.is_null:
            self.evaluator.say(
                Diagnostic(
                    summary="Missing required argument",
                    detail=f'The argument "{name}" is required, so it must not be null.',
                    subject=expr.span(),
                    block=body.header,
                )
            )
        if attribute.allowed and isinstance(bare.raw, str) and bare.raw not in attribute.allowed:
            self.evaluator.say(
                not_allowed(name, bare.raw, attribute.allowed, expr.span(), body.header)
            )

    def _reference(self, body: Decoded, name: str, expr: Expression, kind: str) -> Value:
        value = self.evaluator.evaluate(expr, self.references, body.header)
        if value.is_null:
            return value
        if not value.is_known:
            if waits := origins_of(value):
                others = {a for a in waits if a.kind != kind}
                self.evaluator.say(too_late(name, others or waits, expr, body.header))
            return DYNAMIC_UNKNOWN.with_marks(value.marks)
        address = referred(value, kind)
        if address is None:
            self.evaluator.say(
                Diagnostic(
                    summary=f"Invalid {name}",
                    detail=f'"{name}" takes a reference: {kind}.NAME.',
                    subject=expr.span(),
                    block=body.header,
                )
            )
            return DYNAMIC_UNKNOWN
        return string(str(address)).with_marks(value.marks)

    def text(self, body: Decoded, name: str) -> str | None:
        """A string argument in plain text; None when absent, unknown or wrong."""
        value = self.value(body, name).unmark()[0]
        return value.raw if value.type is STRING and isinstance(value.raw, str) else None

    def number(self, body: Decoded, name: str) -> float | None:
        """A number argument; None when absent, unknown or wrong."""
        value = self.value(body, name).unmark()[0]
        is_number = value.is_known and not value.is_null and not isinstance(value.raw, str)
        return float(value.as_number()) if is_number else None

    def flag(self, body: Decoded, name: str, default: bool) -> bool:
        """A bool argument; ``default`` when absent, unknown or wrong."""
        value = self.value(body, name).unmark()[0]
        return value.raw if isinstance(value.raw, bool) else default

    def unit(self, body: Decoded, name: str, read: Callable[[str], T]) -> T | None:
        """A duration or a size, read by ``read``; None when absent, unknown or wrong."""
        text = self.text(body, name)
        if text is None:
            return None
        try:
            return read(text)
        except ValueError as error:
            expr = body.expr(name)
            assert expr is not None
            self.evaluator.say(unsuitable(name, error, expr, body.header))
            return None

    def object(self, body: Decoded, schema: BlockSchema, *, skip: tuple[str, ...] = ()) -> Value:
        """A block as an object value: attributes that are not computed, and nested blocks."""
        members = {
            name: self.value(body, name)
            for name, attribute in schema.attributes.items()
            if name not in META_NAMES
            and not attribute.deferred
            and not (attribute.computed and body.expr(name) is None)
        }
        for kind, nested in schema.blocks.items():
            if kind not in skip:
                made = [self.object(one, nested.schema) for one in body.blocks.get(kind, ())]
                single = made[0] if made else null()
                members[kind] = tuple_of(made) if nested.repeated else single
        return object_of(members)


def arguments(evaluator: Evaluator, values: Names) -> Arguments:
    """Arguments evaluated where ``values`` says what names stand for."""
    references = evaluator.names(values.frame, values.repetition, values.pipeline, refs=True)
    return Arguments(evaluator, values, references)


def too_late(name: str, waits: Iterable[Address], expr: Expression, header: str) -> Diagnostic:
    """What to say of an argument that must be known before anything is applied."""
    return Diagnostic(
        summary=f"Invalid {name}",
        detail=f'"{name}" must be known when a plan is made, and this is known only after apply, '
        f"because of {', '.join(str(a) for a in sorted(waits))}.",
        subject=expr.span(),
        block=header,
    )


def unsuitable(name: str, error: ValueError, expr: Expression, header: str) -> Diagnostic:
    """What to say of a value that does not fit its argument."""
    path = error.path_text if isinstance(error, ConversionError) else ""
    where = f'"{name}{path}"'
    return Diagnostic(
        summary="Incorrect value",
        detail=f"Inappropriate value for {where}: {str(error).rstrip('.')}.",
        subject=expr.span(),
        block=header,
    )
