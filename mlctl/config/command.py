"""A step's command: one expression, evaluated for placeholder paths and again for the real ones.

In a template, what comes from the step's own inputs and outputs is quoted where it stands; the
rest is the author's shell text. Elsewhere in an expression that makes a text (a ``join``, say) it
comes quoted as a word. A list is an argv and is never quoted.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from mlctl.config.shell import EndsHereDocument, ShellText
from mlctl.core.types import BOOL, STRING, SetType, is_keyed
from mlctl.core.value import Value, number, object_of, string, unknown
from mlctl.hcl.ast import (
    Conditional,
    Expression,
    For,
    FunctionCall,
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
"""Evaluates an expression with some names standing for the given values."""


def own_names(inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> dict[str, Value]:
    """What ``inputs`` and ``outputs`` stand for, marked as the step's own."""
    return {"inputs": object_of(inputs).mark(OWN), "outputs": object_of(outputs).mark(OWN)}


def command_value(expr: Expression, own: Mapping[str, Value], evaluate: Evaluate) -> Value:
    """The command as a string for the shell, or a tuple of strings; marks kept.

    Raises:
        ConversionError: It is neither, or a value cannot stand where it does.
    """
    return _Writer(own, evaluate).command(expr)


class _Writer:
    """Writes a template's parts in order, so that each value is quoted for where it stands."""

    def __init__(self, own: Mapping[str, Value], evaluate: Evaluate) -> None:
        self.own = own
        self.evaluate = evaluate
        self.text = ShellText()
        self.marks: frozenset[object] = frozenset()
        self.unknown = False

    # --- a whole command -------------------------------------------------------------------

    def command(self, expr: Expression) -> Value:
        """See ``command_value``."""
        match expr:
            case Parentheses():
                return self.command(expr.inner)
            case Template():
                return self._written(expr)
            case Conditional() if (chosen := self._chosen(expr)) is not None:
                return self.command(chosen).with_marks(self.marks)
        value = self.evaluate(expr, self.own)
        bare, marks = value.unmark_deep()
        if bare.type is not STRING or not bare.is_known or OWN not in marks:
            return value  # an argv, or a text that nothing of the step's own is in
        if isinstance(expr, TemplateWrap):
            return self._written(expr.wrapped)
        text = self.evaluate(self._with_texts_written(expr), _as_words(self.own))
        return text.with_marks(self.marks)

    def _written(self, expr: Expression) -> Value:
        self.part(expr)
        made = unknown(STRING) if self.unknown else string(str(self.text))
        return made.with_marks(self.marks)

    def _with_texts_written(self, expr: Expression) -> Expression:
        """The same expression with the templates in it as the texts they make for a shell."""
        match expr:
            case Template():
                value = _Writer(self.own, self.evaluate).command(expr)
                bare, marks = value.unmark()
                self.marks |= marks
                known = Literal(expr.source, expr.start, expr.end, bare.as_string())
                return known if bare.is_known else expr
            case FunctionCall(arguments=arguments):
                return replace(expr, arguments=[self._with_texts_written(a) for a in arguments])
            case TupleCons(items=items):
                return replace(expr, items=[self._with_texts_written(i) for i in items])
            case Parentheses(inner=inner):
                return self._with_texts_written(inner)
            case _:
                return expr

    # --- its parts -------------------------------------------------------------------------

    def part(self, part: Expression) -> None:
        """Write one part: text as it is, branches and loops part by part, values as words."""
        match part:
            case Literal(value=str(text)):
                self.text.write(text)
            case Template():
                for one in part.parts:
                    self.part(one)
            case TemplateWrap():
                self.part(part.wrapped)
            case Parentheses():
                self.part(part.inner)
            case Conditional() if (chosen := self._chosen(part)) is not None:
                self.part(chosen)
            case TemplateJoin():
                self._loop(part)
            case _:
                self._value(self.evaluate(part, self.own))

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

    def _loop(self, part: TemplateJoin) -> None:
        whole = self.evaluate(part, self.own)
        if not whole.is_known or OWN not in whole.marks_deep():
            self._value(whole)
            return
        loop = part.loop
        collection = self.evaluate(loop.collection, self.own)
        self.marks |= collection.marks
        for key, value in _elements(collection):
            with self._inside(loop, key, value):
                self.part(loop.value)

    @contextmanager
    def _inside(self, loop: For, key: Value, value: Value) -> Iterator[None]:
        around = self.own
        self.own = {**around, loop.key_name: key, loop.value_name: value}
        yield
        self.own = around

    def _value(self, value: Value) -> None:
        bare, marks = value.unmark_deep()
        self.marks |= marks
        if not bare.is_known:
            self.unknown = True
        elif OWN in marks:
            try:
                self.text.word(_text(bare))
            except EndsHereDocument as error:
                raise ConversionError(str(error)) from error
        else:
            self.text.write(_text(bare))


def _elements(collection: Value) -> Iterable[tuple[Value, Value]]:
    """Keys and values as a loop meets them, each as secret and as much the step's own."""
    bare, marks = collection.unmark()
    if is_keyed(bare.type):
        pairs = [(string(key), value) for key, value in bare.entries().items()]
    elif isinstance(bare.type, SetType):
        pairs = [(value, value) for value in bare.elements()]
    else:
        pairs = [(number(index), value) for index, value in enumerate(bare.elements())]
    return [(key.with_marks(marks), value.with_marks(marks)) for key, value in pairs]


def _as_words(own: Mapping[str, Value]) -> dict[str, Value]:
    return {name: _quoted(group) for name, group in own.items()}


def _quoted(group: Value) -> Value:
    bare, marks = group.unmark()
    words = {
        name: string(shlex.quote(v.unmark()[0].as_string())).with_marks(v.marks)
        if v.type is STRING and v.is_known and not v.is_null
        else v
        for name, v in bare.entries().items()
    }
    return object_of(words).with_marks(marks)


def _text(bare: Value) -> str:
    text = convert(bare, STRING)
    if text.is_null:
        raise ConversionError("a null value cannot stand in a command")
    return text.as_string()
