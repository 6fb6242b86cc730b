"""What the lexer says of characters that cannot be part of the language, each kind a few times."""

from __future__ import annotations

import re
from collections import Counter

from mlctl.core.diagnostic import Diagnostic
from mlctl.hcl import tokens as t
from mlctl.hcl.tokens import Tokens

_ENOUGH = 4
"""How often one kind of problem is reported; a binary file would fill the screen."""

_UNDECODED = re.compile("[\ud800-\udfff]+")
"""Bytes that were not UTF-8 stand in the text as lone surrogates."""

_INSTEAD = {"&": '"&&" (and)', "|": '"||" (or)', "~": '"!" (not)', "^": '"!="'}

_KNOWN = {
    "`": (
        "Invalid character",
        'A string stands in double quotes; one of several lines is a heredoc: "<<EOT".',
    ),
    "'": (
        "Invalid character",
        'A string stands in double quotes ("), not in single ones.',
    ),
    ";": (
        "Invalid character",
        "Arguments and blocks end with the line, items of a list with a comma; "
        'there is no use for ";".',
    ),
    "encoding": ("Invalid character encoding", "The text must be encoded in UTF-8."),
    t.QUOTED_NEWLINE: (
        "Invalid multi-line string",
        'A quoted string ends on the line where it begins. Write "\\n" for a line end, '
        'or use a heredoc ("<<EOT") for text of several lines.',
    ),
}


class LexicalProblems:
    """Writes diagnostics into a token list and keeps count."""

    __slots__ = ("_check_text", "_seen", "_tokens")

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._seen: Counter[str] = Counter()
        self._check_text = not tokens.source.text.isascii()

    def report(self, kind: str, start: int, end: int) -> None:
        """Say what is wrong with the token between ``start`` and ``end``, if not said enough."""
        text = self._tokens.source.text[start:end]
        if kind == t.INVALID and _UNDECODED.match(text):
            kind = "encoding"
        seen, self._seen[kind] = self._seen[kind], self._seen[kind] + 1
        if kind in "`'" and seen % 2:
            return  # The closing one of a pair that was reported.
        if seen < (1 if kind in (";", "encoding") else _ENOUGH):
            summary, detail = _describe(kind, text)
            span = self._tokens.source.span(start, end)
            self._tokens.diagnostics.append(
                Diagnostic(summary=summary, detail=detail, subject=span)
            )

    def check_text(self, start: int, end: int) -> None:
        """Report bytes that could not be decoded inside a stretch of literal text."""
        if self._check_text:
            found = _UNDECODED.search(self._tokens.source.text, start, end)
            if found:
                self.report(t.INVALID, *found.span())


def _describe(kind: str, text: str) -> tuple[str, str]:
    if kind in _INSTEAD:
        return "Unsupported operator", (
            f"There are no operators on bits. Did you mean {_INSTEAD[kind]}?"
        )
    if kind in _KNOWN:
        return _KNOWN[kind]
    if text in "“”":
        return "Invalid character", (
            'These are typographic quotes, as word processors make them. Use straight ones (").'
        )
    return "Invalid character", f"{_name(text)} means nothing in the language here."


def _name(text: str) -> str:
    return f'"{text}"' if text.isprintable() else f"U+{ord(text[0]):04X}"
