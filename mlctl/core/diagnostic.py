"""Diagnostics: what mlctl tells people about what they wrote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mlctl.core.source import SourceSpan


class Severity(StrEnum):
    """How bad it is: an error stops the run, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class ValueNote:
    """What a reference in the failing expression stands for.

    Attributes:
        traversal: The reference as written: ``var.rate``.
        statement: What it is: ``is "fast"``, ``is a number, known only after apply``.
            Never the text of a sensitive value.
    """

    traversal: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem, in the reader's words, with the place and the way out.

    Attributes:
        summary: One line, no full stop: ``Unknown compute target``.
        detail: Whole sentences: what was found and what was expected.
        hint: How to mend it, when the detail does not say so already.
        subject: The exact stretch that is wrong.
        context: A larger stretch worth showing around the subject.
        block: The block the subject stands in, as a header: ``pipeline "train"``.
        address: The object it is about, when no place in the text says so.
        values: What the references in the failing expression stand for.
    """

    severity: Severity = Severity.ERROR
    summary: str
    detail: str = ""
    hint: str = ""
    subject: SourceSpan | None = None
    context: SourceSpan | None = None
    block: str = ""
    address: str = ""
    values: tuple[ValueNote, ...] = ()


Diagnostics = list[Diagnostic]
"""Problems collected on the way; each stage appends and goes on where it can."""


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """True when at least one diagnostic must stop the run."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def in_file_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by file and position; those without a place come last, in the order given."""

    def key(found: Diagnostic) -> tuple[bool, str, int]:
        span = found.subject
        return (span is None, span.filename if span else "", span.start.byte if span else 0)

    return sorted(diagnostics, key=key)
