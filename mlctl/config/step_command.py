"""A step's command evaluated: with canonical paths for its key, with real ones to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mlctl.config.blanks import without_blanks
from mlctl.config.command import command_value, own_names
from mlctl.config.decode import Decoded
from mlctl.config.inputs import Bound, placeholder
from mlctl.config.step_context import Source, StepContext
from mlctl.core.address import Address
from mlctl.core.desired import EvaluationFailed
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.job import Layout
from mlctl.core.provenance import origins_of
from mlctl.core.step import AbsentInput, InputKey, LiteralInput, Pending
from mlctl.core.types import STRING, ListType
from mlctl.core.value import SENSITIVE, Value, boolean, null, number, parse_number, string
from mlctl.hcl.ast import Expression
from mlctl.hcl.convert import ConversionError, convert

Command = str | tuple[str, ...]
"""A text for the shell, or an argv."""


@dataclass(frozen=True, slots=True)
class CommandEvaluation:
    """Evaluates a step's command for placeholders and for real paths.

    Attributes:
        bound: The step's inputs.
        needs: What the command's values came from is added here.
    """

    context: StepContext
    source: Source
    bound: Mapping[str, Bound]
    needs: set[Address]

    def for_key(self) -> Command | Pending:
        """The command with canonical paths."""
        return self._with_placeholders({})

    def as_if(self, literals: Mapping[str, InputKey]) -> Command | Pending:
        """What it would be for older literal inputs, for which it need not make sense."""
        with self.context.evaluator.silently():
            return self._with_placeholders(literals)

    def _with_placeholders(self, literals: Mapping[str, InputKey]) -> Command | Pending:
        values = {
            name: self._literal_value(one, literals.get(name), placeholder(name))
            for name, one in self.bound.items()
        }
        outputs = {
            name: string(f"/mlctl/outputs/{name}") for name in self.source.definition.outputs
        }
        value = self._evaluate(values, outputs)
        if not value.is_wholly_known:
            waits = origins_of(value)
            self.needs.update(waits)
            return Pending(tuple(sorted(waits)))
        self.needs.update(origins_of(value))
        words = _words(value)
        return without_blanks(words) if isinstance(words, str) else words

    def for_layout(self, layout: Layout) -> Command:
        """The command with the real paths.

        Raises:
            EvaluationFailed: It does not evaluate for them.
        """
        evaluator = self.context.evaluator
        before = len(evaluator.heard)
        values = {
            name: self._literal_value(one, None, string(layout.input(name)))
            for name, one in self.bound.items()
        }
        outputs = {name: string(layout.output(name)) for name in self.source.definition.outputs}
        value = self._evaluate(values, outputs)
        failed = evaluator.failed_since(before)
        if failed:
            raise EvaluationFailed(failed)
        return _words(value)

    def _literal_value(self, bound: Bound, then: InputKey | None, path: Value) -> Value:
        if isinstance(then, LiteralInput):
            return recorded_literal(then)
        if isinstance(bound.key, LiteralInput):
            return bound.value
        if isinstance(bound.key, AbsentInput):
            return null(STRING)
        # What stands for data is known as such, whatever is still to come of its content.
        return path if bound.value.is_known else bound.value

    def _evaluate(self, inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> Value:
        body, source = self.source.definition.body, self.source
        expr = body.expr("command")
        if expr is None:
            return string("")
        evaluator = self.context.evaluator

        def evaluate(part: Expression, own: Mapping[str, Value]) -> Value:
            return evaluator.evaluate(part, replace(source.names, own=own), body.header)

        problems: Diagnostics = []
        try:
            value = _as_command(command_value(expr, own_names(inputs, outputs), evaluate))
        except ConversionError as error:
            problems.append(_unfit(f"{str(error).rstrip('.')}.", expr, body))
            value = string("")
        if SENSITIVE in value.marks_deep():
            problems.append(_secret_in_command(expr, body))
        for problem in problems:
            evaluator.say(problem)
        return value


def _as_command(value: Value) -> Value:
    """A string, or a list of strings.

    Raises:
        ConversionError: It is neither.
    """
    bare = value.unmark()[0]
    if not bare.is_known:
        return value
    if bare.is_null:
        raise ConversionError("a command is required")
    if isinstance(bare.raw, tuple):
        return convert(value, ListType(STRING))
    return convert(value, STRING)


def _words(value: Value) -> Command:
    bare = value.unmark_deep()[0]
    if bare.type is STRING:
        return bare.as_string()
    return tuple(word.as_string() for word in bare.elements())


def recorded_literal(key: LiteralInput) -> Value:
    """The value that a key's literal input spells."""
    text = str(key.value)
    match key.type:
        case "number" | "integer":
            return number(parse_number(text))
        case "boolean":
            return boolean(text == "true")
        case _:
            return string(text)


def _unfit(detail: str, expr: Expression, body: Decoded) -> Diagnostic:
    return Diagnostic(
        summary="Invalid command",
        detail=f"A command is a text for the shell or a list of words: {detail}",
        subject=expr.span(),
        block=body.header,
    )


def _secret_in_command(expr: Expression, body: Decoded) -> Diagnostic:
    return Diagnostic(
        summary="A secret on a command line",
        detail="The command holds a sensitive value, and command lines can be read by everybody "
        "on the machine.",
        hint="Give it to the step as an environment variable, env = { NAME = … }, and let the "
        'command say "$NAME" or the program read it.',
        subject=expr.span(),
        block=body.header,
    )
