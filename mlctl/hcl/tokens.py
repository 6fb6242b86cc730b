"""Tokens: the words of the language and how a text of them is kept.

Punctuation is its own kind, so that ``kind == "=="`` reads as it looks; the other kinds are the
constants here. None of them can be mistaken for punctuation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mlctl.core.diagnostic import Diagnostic
from mlctl.hcl.source import Source

IDENT = "identifier"
NUMBER = "number"
NEWLINE = "newline"
COMMENT = "comment"
OPEN_QUOTE = "open quote"
CLOSE_QUOTE = "close quote"
QUOTED_TEXT = "quoted text"
QUOTED_NEWLINE = "newline in quotes"
OPEN_HEREDOC = "heredoc"
CLOSE_HEREDOC = "heredoc end"
TEXT = "text"
INTERPOLATION = "${"
DIRECTIVE = "%{"
SEQUENCE_END = "sequence end"
INVALID = "invalid"
EOF = "end of file"

OPENERS = {
    "{": "}",
    "[": "]",
    "(": ")",
    OPEN_QUOTE: CLOSE_QUOTE,
    OPEN_HEREDOC: CLOSE_HEREDOC,
    INTERPOLATION: SEQUENCE_END,
    DIRECTIVE: SEQUENCE_END,
}
"""What closes what."""

CLOSERS = frozenset(OPENERS.values())


@dataclass(slots=True)
class Tokens:
    """A text cut into tokens, as parallel lists: the cheapest form to make and to read.

    The last token is always ``EOF``. A single-line comment does not include its line end.

    Attributes:
        source: The text.
        kinds: What each token is.
        starts: The character offset where each begins.
        ends: The offset where each ends, exclusive.
        diagnostics: What cannot be a token, each reported once.
    """

    source: Source
    kinds: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def text(self, index: int) -> str:
        """What one token looks like."""
        return self.source.text[self.starts[index] : self.ends[index]]

    def __len__(self) -> int:
        return len(self.kinds)
