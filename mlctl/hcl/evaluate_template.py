"""Templates to strings."""

from __future__ import annotations

import unicodedata

import regex

from mlctl.core.types import STRING
from mlctl.core.value import NOT_NULL, Marks, Refinement, Value, string, unknown
from mlctl.hcl.ast import Expression, Literal, Template
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.evaluation import Evaluation
from mlctl.hcl.scope import Scope

_SUMMARY = "Invalid template interpolation value"
_LONGEST_PREFIX = 128
"""Bytes of a known beginning that are kept for a string that is known only later."""

_CLOSED = frozenset("-_:;/\\,.(){}|?!~ \t@#$%^&*+\"'")
"""Characters no later one can combine with: a known beginning may end in one of these."""


def template(evaluation: Evaluation, expr: Template, scope: Scope) -> Value:
    """The text of a template. Never null; unknown as soon as a part is."""
    literal = expr.literal()
    if literal is not None:
        return string(literal)
    before = len(evaluation.diagnostics)
    pieces: list[str] = []
    marks: Marks = frozenset()
    known = True
    for part in expr.parts:
        if isinstance(part, Literal) and isinstance(part.value, str):
            text: str | None = part.value
        else:
            value = evaluation.value(part, scope)
            marks |= value.marks
            known = known and (value.is_known or value.is_null)
            text = _text(evaluation, value, part, expr, scope)
        if known and text is not None:
            pieces.append(text)
    result = "".join(pieces)
    if known:
        return string(result).with_marks(marks)
    # What comes after a broken part is no beginning of anything.
    prefix = "" if evaluation.failed_since(before) else safe_prefix(result)
    refinement = Refinement(not_null=True, prefix=prefix) if prefix else NOT_NULL
    return unknown(STRING, refinement).with_marks(marks)


def _text(
    evaluation: Evaluation, value: Value, part: Expression, whole: Template, scope: Scope
) -> str | None:
    """A part's text; None when it is not known, or is wrong, which is then reported."""
    detail = "The expression result is null. Cannot include a null value in a string template."
    if not value.is_null:
        if not value.is_known:
            return None
        if value.type is STRING:
            return value.as_string()
        try:
            return convert(value, STRING).as_string()
        except ConversionError as error:
            detail = f"Cannot include the given value in a string template: {error.message}."
    evaluation.fail(part.span(), _SUMMARY, detail).about(part, scope, whole)
    return None


def safe_prefix(known: str) -> str:
    """How a string that begins with ``known`` will begin whatever follows.

    The last character may be changed by one that combines with it, so it does not count.
    """
    text = unicodedata.normalize("NFC", known)
    if len(text.encode()) > _LONGEST_PREFIX:
        text = text.encode()[:_LONGEST_PREFIX].decode(errors="ignore")
    if not text or text[-1] in _CLOSED:
        return text
    last = regex.findall(r"\X", text)[-1]
    return text[: -len(last)]
