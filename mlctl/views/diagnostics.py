"""Diagnostics as text: the sentence, the place, the exact stretch, and the way out."""

from __future__ import annotations

from collections.abc import Iterable

from mlctl.core.diagnostic import Diagnostic, Severity
from mlctl.core.errors import MlctlError
from mlctl.core.source import SourceSpan
from mlctl.views.snippet import Snippet, snippet_of
from mlctl.views.style import Style
from mlctl.views.text import safe, safe_line, wrap

_GUTTER = 4
"""Columns of the line number before a quoted line."""


def render_all(diagnostics: Iterable[Diagnostic], style: Style) -> str:
    """Every diagnostic, an empty line after each; empty when there is none."""
    return "".join(f"{render(found, style)}\n" for found in diagnostics)


def render(found: Diagnostic, style: Style) -> str:
    """One diagnostic, with its line end."""
    blocks = [_headline(found, style)]
    if place := _place(found, style):
        blocks.append(place)
    if found.detail:
        blocks.append(wrap(safe(found.detail), style.width))
    if found.hint:
        blocks.append(wrap(f"Hint: {safe(found.hint)}", style.width))
    text = "\n\n".join(blocks)
    return _boxed(text, found.severity, style) if style.color else text + "\n"


def of_error(error: MlctlError) -> Diagnostic:
    """What the world refused, as a diagnostic: its own words are the summary."""
    summary, _, detail = str(error).partition("\n")
    return Diagnostic(summary=summary, detail=detail.strip(), hint=error.hint)


def headline(found: Diagnostic) -> str:
    """``Error: Unknown compute target``."""
    word = "Error" if found.severity is Severity.ERROR else "Warning"
    return f"{word}: {safe_line(found.summary)}"


def _headline(found: Diagnostic, style: Style) -> str:
    word, _, summary = headline(found).partition(" ")
    paint = style.red if found.severity is Severity.ERROR else style.yellow
    return f"{style.bold(paint(word))} {style.bold(summary)}"


def _boxed(text: str, severity: Severity, style: Style) -> str:
    # The bar shows where one diagnostic ends; without colour it would only be in the way.
    paint = style.red if severity is Severity.ERROR else style.yellow
    bar = paint("│")
    body = "".join(f"{bar} {line}\n" if line else f"{bar}\n" for line in text.split("\n"))
    return f"{paint('╷')}\n{body}{paint('╵')}\n"


def _place(found: Diagnostic, style: Style) -> str:
    lines = [f"  with {safe_line(found.address)}"] if found.address else []
    if found.subject is not None:
        snippet = snippet_of(found)
        if lines:
            lines[-1] += ","
        lines.append(_where(found.subject, found.block, colon=snippet is not None))
        if snippet is not None:
            lines.extend(_quoted(snippet, style))
    lines.extend(_values(found, style))
    return "\n".join(lines)


def _where(subject: SourceSpan, block: str, *, colon: bool) -> str:
    inside = f", in {safe_line(block)}" if block else ""
    return f"  on {safe_line(subject.filename)} line {subject.start.line}{inside}{':' * colon}"


def _quoted(snippet: Snippet, style: Style) -> list[str]:
    lines = []
    for quoted in snippet.shown():
        if quoted is None:
            lines.append(f"{'...':>{_GUTTER}}")
            continue
        before, marked, after = quoted.cut(style.width - _GUTTER - 3)
        head = f"{quoted.number:{_GUTTER}}: "
        lines.append(f"{head}{before}{style.underline(marked)}{after}".rstrip())
        if not style.color and (carets := quoted.carets(style.width - _GUTTER - 3)):
            lines.append(" " * len(head) + carets)
    return lines


def _values(found: Diagnostic, style: Style) -> list[str]:
    notes = [f"{style.bold(safe_line(n.traversal))} {safe_line(n.statement)}" for n in found.values]
    return [f"    {style.grey('├────────────────')}"] * bool(notes) + [
        f"    {style.grey('│')} {note}" for note in notes
    ]
