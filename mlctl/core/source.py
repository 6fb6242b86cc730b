"""Places in a source text. Knows positions; knows nothing of syntax."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """One place in a text.

    Attributes:
        line: Counts from 1.
        column: Counts from 1, in grapheme clusters, as people count characters.
        byte: Offset in the UTF-8 text, from 0.
    """

    line: int
    column: int
    byte: int


class SourceText(Protocol):
    """A text that can be quoted."""

    def line(self, number: int) -> str:
        """The text of one line, counted from 1, without its line end."""


@dataclass(frozen=True, slots=True)
class SourceSpan:
    """A stretch of one source. The end is exclusive."""

    filename: str
    start: Position
    end: Position
    source: SourceText | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.filename}:{self.start.line},{self.start.column}"
