"""A step's command: one expression, evaluated for placeholder paths and again for the real ones.

In a template, what comes from the step's own inputs and outputs is quoted where it stands; the
rest is the author's shell text. Anywhere else (a ``join``, a local value) they come quoted as
words. A list is an argv and is never quoted.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping

from mlctl.config.shell import ShellText
from mlctl.core.types import BOOL, STRING
from mlctl.core.value import Value, object_of, string
from mlctl.hcl.ast import (
    Conditional,
    Expression,
    Literal,
    Parentheses,
    Template,
    TemplateJoin,
    TemplateWrap,
    TupleCons,
)
from mlctl.hcl.convert import ConversionError, convert

OWN = "step's own"
"""The mark of values that come from a step's inputs and outputs."""

Evaluate = Callable[[Expression, Mapping[str, Value]], Value]
"""Evaluates an expression with ``inputs`` and ``outputs`` standing for the given values."""


def own_names(inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> dict[str, Value]:
    """What ``inputs`` and ``outputs`` stand for, marked as the step's own."""
    return {"inputs": object_of(inputs).mark(OWN), "outputs": object_of(outputs).mark(OWN)}


def command_value(expr: Expression, own: Mapping[str, Value], evaluate: Evaluate) -> Value:
    """The command as a string for the shell, or a tuple of strings; marks kept.

    Raises:
        ConversionError: It is neither.
    """
    if isinstance(expr, Parentheses):
        return command_value(expr.inner, own, evaluate)
    if isinstance(expr, Template):
        return _template(expr, own, evaluate)
    if isinstance(expr, TupleCons):
        return evaluate(expr, own)
    if isinstance(expr, TemplateWrap):
        return _wrapped(expr, own, evaluate)
    return evaluate(expr, _as_words(own))


def _wrapped(expr: TemplateWrap, own: Mapping[str, Value], evaluate: Evaluate) -> Value:
    value = evaluate(expr, own)
    if value.is_known and value.type == STRING and OWN in value.marks:
        bare, marks = value.unmark()
        return string(shlex.quote(bare.as_string())).with_marks(marks)
    return value


def _as_words(own: Mapping[str, Value]) -> dict[str, Value]:
    return {name: _quoted(group) for name, group in own.items()}


def _quoted(group: Value) -> Value:
    bare, marks = group.unmark()
    words = {
        name: string(shlex.quote(v.unmark()[0].as_string())).with_marks(v.marks)
        if v.type == STRING and v.is_known and not v.is_null
        else v
        for name, v in bare.entries().items()
    }
    return object_of(words).with_marks(marks)


def _template(expr: Template, own: Mapping[str, Value], evaluate: Evaluate) -> Value:
    writer = _Writer(own, evaluate)
    writer.parts(expr)
    if writer.unknown is not None:
        return writer.unknown.with_marks(writer.marks)
    return string(str(writer.text)).with_marks(writer.marks)


class _Writer:
    """Writes a template's parts in order, so that each value is quoted for where it stands."""

    def __init__(self, own: Mapping[str, Value], evaluate: Evaluate) -> None:
        self.own = own
        self.evaluate = evaluate
        self.text = ShellText()
        self.marks: frozenset[object] = frozenset()
        self.unknown: Value | None = None

    def parts(self, template: Template) -> None:
        """Write a template."""
        for part in template.parts:
            self.part(part)

    def part(self, part: Expression) -> None:
        """Write one part: text as it is, branches and loops part by part, values as words."""
        match part:
            case Literal(value=str(text)):
                self.text.write(text)
            case Template():
                self.parts(part)
            case TemplateWrap():
                self.part(part.wrapped)
            case Parentheses():
                self.part(part.inner)
            case Conditional():
                chosen = self._chosen(part)
                if chosen is None:
                    self._value(part)
                else:
                    self.part(chosen)
            case TemplateJoin():
                self._raw(self.evaluate(part, _as_words(self.own)))
            case _:
                self._value(part)

    def _chosen(self, part: Conditional) -> Expression | None:
        """The branch that counts; None when that is unknown or wrong, for evaluation to say."""
        condition, marks = self.evaluate(part.condition, self.own).unmark_deep()
        self.marks |= marks
        try:
            truth = convert(condition, BOOL)
        except ConversionError:
            return None
        if not truth.is_known or truth.is_null:
            return None
        return part.if_true if truth.as_bool() else part.if_false

    def _value(self, part: Expression) -> None:
        value = self.evaluate(part, self.own)
        bare, marks = value.unmark_deep()
        self.marks |= marks
        if OWN not in marks or not bare.is_known:
            self._raw(value)
            return
        self.text.word(_text(bare))

    def _raw(self, value: Value) -> None:
        bare, marks = value.unmark_deep()
        self.marks |= marks
        if not bare.is_known:
            self.unknown = bare
            return
        self.text.write(_text(bare))


def _text(bare: Value) -> str:
    text = convert(bare, STRING)
    if text.is_null:
        raise ConversionError("a null value cannot stand in a command")
    return text.as_string()
