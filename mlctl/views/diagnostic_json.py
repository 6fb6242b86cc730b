"""Diagnostics as JSON, in Terraform's shape, so that its readers read ours."""

from __future__ import annotations

from collections.abc import Iterable

from mlctl.core.diagnostic import Diagnostic, Severity
from mlctl.core.digest import Json
from mlctl.core.source import Position, SourceSpan
from mlctl.views.snippet import Snippet, snippet_of
from mlctl.views.text import safe

FORMAT_VERSION = "1.0"


def diagnostic_json(found: Diagnostic) -> dict[str, Json]:
    """One diagnostic: ``severity summary detail`` and, where known, ``address range snippet``.

    Beyond Terraform's keys there is ``hint``, where there is one. The offsets in ``snippet``
    count characters of ``code``.
    """
    body: dict[str, Json] = {
        "severity": found.severity.value,
        "summary": safe(found.summary),
        "detail": safe(found.detail),
    }
    if found.hint:
        body["hint"] = safe(found.hint)
    if found.address:
        body["address"] = found.address
    if found.subject is not None:
        body["range"] = _range(found.subject)
        if (snippet := snippet_of(found)) is not None:
            body["snippet"] = _snippet(snippet, found)
    return body


def validation_json(diagnostics: Iterable[Diagnostic]) -> dict[str, Json]:
    """The document of ``validate --json``."""
    found = list(diagnostics)
    errors = sum(d.severity is Severity.ERROR for d in found)
    return {
        "format_version": FORMAT_VERSION,
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": len(found) - errors,
        "diagnostics": [diagnostic_json(d) for d in found],
    }


def _range(span: SourceSpan) -> dict[str, Json]:
    return {
        "filename": span.filename,
        "start": _position(span.start),
        "end": _position(span.end),
    }


def _position(at: Position) -> dict[str, Json]:
    return {"line": at.line, "column": at.column, "byte": at.byte}


def _snippet(snippet: Snippet, found: Diagnostic) -> dict[str, Json]:
    start, end = snippet.highlight
    return {
        "context": snippet.context or None,
        "code": snippet.code,
        "start_line": snippet.lines[0].number,
        "highlight_start_offset": start,
        "highlight_end_offset": end,
        "values": [
            {"traversal": safe(note.traversal), "statement": safe(note.statement)}
            for note in found.values
        ],
    }
