"""The parser's place in the tokens, and how it says that something is wrong."""

from __future__ import annotations

import unicodedata

from mlctl.core.diagnostic import Diagnostic
from mlctl.hcl import tokens as t
from mlctl.hcl.tokens import Tokens

MAX_DEPTH = 240
"""How deep things may stand inside one another; keeps clear of Python's own limit on recursion.

A level costs three calls at most, here and in the evaluator.
"""


class SyntaxProblem(Exception):
    """Something that cannot be parsed; caught where the parser knows how to go on.

    Attributes:
        diagnostic: What to tell; None when the lexer has told already.
        fatal: There is no use in going on.
    """

    def __init__(self, diagnostic: Diagnostic | None, *, fatal: bool = False) -> None:
        super().__init__(diagnostic.summary if diagnostic else "")
        self.diagnostic = diagnostic
        self.fatal = fatal


class Cursor:
    """Reads tokens one at a time.

    Attributes:
        at: The index of the current token.
        kind: Its kind.
        loose: Line ends mean nothing here (inside brackets), so they are passed over.
        last_end: Where the token before the current one ended.
        depth: How deep in the syntax this is.
    """

    __slots__ = (
        "at",
        "depth",
        "diagnostics",
        "ends",
        "kind",
        "kinds",
        "last_end",
        "loose",
        "source",
        "starts",
        "tokens",
    )

    def __init__(self, tokens: Tokens, *, loose: bool) -> None:
        self.tokens = tokens
        self.source = tokens.source
        self.kinds, self.starts, self.ends = tokens.kinds, tokens.starts, tokens.ends
        self.diagnostics: list[Diagnostic] = []
        self.last_end = self.depth = 0
        self.loose = loose
        self.go_to(0)

    def go_to(self, index: int) -> None:
        """Make the token at ``index`` the current one, or the next that counts here."""
        kinds = self.kinds
        if self.loose:
            while kinds[index] is t.NEWLINE:
                index += 1
        self.at = index
        self.kind = kinds[index]

    def advance(self) -> None:
        """Go to the next token. Never called at the end of the file."""
        at = self.at
        self.last_end = self.ends[at]
        at += 1
        kinds = self.kinds
        if self.loose:
            while kinds[at] is t.NEWLINE:
                at += 1
        self.at = at
        self.kind = kinds[at]

    def word(self) -> str:
        """The current token's text, in the normal form for names."""
        return normal(self.source.text[self.starts[self.at] : self.ends[self.at]])

    def is_word(self, word: str) -> bool:
        """True when the current token is the identifier ``word``."""
        return self.kind is t.IDENT and self.word() == word

    def deeper(self, start: int) -> None:
        """Go one level down.

        Raises:
            SyntaxProblem: That is too deep.
        """
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SyntaxProblem(
                Diagnostic(
                    summary="Nested too deeply",
                    detail=f"Things stand inside one another more than {MAX_DEPTH} levels deep "
                    "here. Give a part of this a name of its own.",
                    subject=self.source.span(start, self.ends[self.at]),
                ),
                fatal=True,
            )

    def tell(
        self, summary: str, detail: str, subject: tuple[int, int], context: int | None = None
    ) -> None:
        """Report an error and go on."""
        self.diagnostics.append(self.diagnostic(summary, detail, subject, context))

    def refuse(self, summary: str, detail: str, context: int | None = None) -> SyntaxProblem:
        """An error at the current token, to be raised."""
        subject = (self.starts[self.at], self.ends[self.at])
        return SyntaxProblem(self.diagnostic(summary, detail, subject, context))

    def refuse_at(self, summary: str, detail: str, subject: tuple[int, int]) -> SyntaxProblem:
        """An error at another place, to be raised."""
        return SyntaxProblem(self.diagnostic(summary, detail, subject))

    def diagnostic(
        self, summary: str, detail: str, subject: tuple[int, int], context: int | None = None
    ) -> Diagnostic:
        """An error with its place; ``context`` is where the construct around it begins."""
        span = self.source.span(*subject)
        around = None if context is None else self.source.span(context, subject[1])
        return Diagnostic(summary=summary, detail=detail, subject=span, context=around)

    def report(self, problem: SyntaxProblem) -> None:
        """Keep what a caught problem has to tell."""
        if problem.diagnostic is not None:
            self.diagnostics.append(problem.diagnostic)


def normal(text: str) -> str:
    """Unicode's normal form C, in which equal texts are equal."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
