"""What the console answers: an expression's value, or what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mlctl.config.evaluator import Evaluator
from mlctl.config.references import Place, resolve
from mlctl.core.diagnostic import Diagnostics, has_errors
from mlctl.core.value import SENSITIVE, Value, number_text
from mlctl.hcl.console_format import format_value
from mlctl.hcl.evaluate import evaluate
from mlctl.hcl.parser import parse_expression
from mlctl.hcl.variables import variables
from mlctl.views.diagnostic_json import diagnostic_json
from mlctl.views.text import safe

FILENAME = "<console-input>"
"""What stands for the file's name in messages about a line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one expression.

    Attributes:
        value: None when there are errors.
        problems: Errors and warnings.
    """

    value: Value | None
    problems: Diagnostics


@dataclass(frozen=True, slots=True)
class Console:
    """Evaluates expressions as if they stood in the root module."""

    evaluator: Evaluator

    def evaluate(self, text: str) -> Answer:
        """The value of an expression."""
        expr, problems = parse_expression(FILENAME, text)
        if has_errors(problems):
            return Answer(None, problems)
        frame = self.evaluator.root
        for reference in variables(expr):
            list(resolve(reference, Place(frame.module), problems))
        if has_errors(problems):
            return Answer(None, problems)
        before = len(self.evaluator.found)
        value, more = evaluate(expr, self.evaluator.names(frame).scope())
        found = [*problems, *more, *self.evaluator.found[before:]]
        return Answer(None if has_errors(found) else value, found)


def text_answer(answer: Answer) -> str:
    """The value as an expression that gives it again."""
    assert answer.value is not None
    return safe(format_value(answer.value))


def json_answer(answer: Answer) -> str:
    """One object on one line: type and value, or what is wrong."""
    if answer.value is None:
        return json.dumps({"diagnostics": [diagnostic_json(d) for d in answer.problems]})
    kind = json.dumps(answer.value.type.to_json())
    bare, marks = answer.value.unmark_deep()
    if SENSITIVE in marks:
        return f'{{"type": {kind}, "value": null, "sensitive": true}}'
    if not bare.is_wholly_known:
        return f'{{"type": {kind}, "unknown": true}}'
    return f'{{"type": {kind}, "value": {_json(bare)}}}'


def _json(value: Value) -> str:
    """The value in cty's JSON; numbers with every digit, which ``json.dumps`` cannot write."""
    raw = value.raw
    match raw:
        case dict():
            members = (f"{json.dumps(name)}: {_json(v)}" for name, v in raw.items())
            return f"{{{', '.join(members)}}}"
        case tuple():
            return f"[{', '.join(map(_json, raw))}]"
        case None | bool() | str():
            return json.dumps(raw)
        case _:
            text = number_text(value.as_number())
            # JSON has no spelling for an infinity.
            return json.dumps(text) if text.endswith("Inf") else text
