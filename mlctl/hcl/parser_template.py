"""Templates: strings, heredocs and template files, with their ``${…}`` and ``%{…}``.

Two passes as in hashicorp/hcl: a template's tokens first become a flat list of texts, values and
directives, where strip markers and indentation are dealt with; then directives are paired.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from mlctl.core.suggest import did_you_mean
from mlctl.hcl import tokens as t
from mlctl.hcl.ast import (
    Broken,
    Expression,
    Literal,
    Template,
    TemplateWrap,
)
from mlctl.hcl.parser_cursor import Cursor, SyntaxProblem
from mlctl.hcl.parser_text import (
    Text,
    lines,
    trim_end,
    trim_start,
    undouble,
    unescape,
    unindent,
)
from mlctl.hcl.template_structure import Directive, Interpolation, Part, Structure, melded

_DIRECTIVES = ("if", "for", "else", "endif", "endfor")


class TemplateParser(Cursor, ABC):
    """Parses templates; what stands in a sequence is left to ``expression``."""

    __slots__ = ()

    @abstractmethod
    def expression(self, floor: int = 0) -> Expression:
        """Parse the expression that begins at the current token."""

    def quoted(self) -> Expression:
        """A string, from its opening to its closing quote."""
        at, kinds = self.at, self.kinds
        start = self.starts[at]
        if kinds[at + 1] is t.QUOTED_TEXT and kinds[at + 2] is t.CLOSE_QUOTE:
            self.at = at + 1
            text = self._quoted_text()
            self.at = at + 2
            part = Literal(self.source, text.start, text.end, text.value)
            end = self.ends[at + 2]
            self.advance()
            return Template(self.source, start, end, [part])
        self.advance()
        return self._template(t.CLOSE_QUOTE, start, flush=False)

    def heredoc(self) -> Expression:
        """A heredoc, from its introducer to its closing marker."""
        start = self.starts[self.at]
        flush = self.source.text.startswith("<<-", start)
        self.advance()
        return self._template(t.CLOSE_HEREDOC, start, flush=flush)

    def bare_template(self) -> Expression:
        """A template that is a whole text."""
        return self._template(t.EOF, 0, flush=False)

    def _template(self, closer: str, start: int, *, flush: bool) -> Expression:
        self.deeper(start)
        parts = self._parts(closer, start, flush=flush)
        end = self.ends[self.at]
        if closer is not t.EOF:
            self.advance()
        self.depth -= 1
        if len(parts) == 1 and isinstance(parts[0], Interpolation):
            return TemplateWrap(self.source, start, end, parts[0].expr)
        if flush:
            unindent([part if isinstance(part, Text) else None for part in parts])
        structure = Structure(self, melded(parts), end)
        return Template(self.source, start, end, structure.root())

    def _parts(self, closer: str, start: int, *, flush: bool) -> list[Part]:
        parts: list[Part] = []
        whole, trim = closer is t.CLOSE_QUOTE, False
        while self.kind != closer:
            kind = self.kind
            if kind is t.QUOTED_TEXT or kind is t.TEXT:
                texts = self._texts(flush=flush)
                if trim:
                    trim_start(texts[0], whole=whole)
                parts += texts
                trim = False
                self.advance()
            elif kind in (t.INTERPOLATION, t.DIRECTIVE):
                opener_strips = self.ends[self.at] - self.starts[self.at] == 3
                if opener_strips and parts and isinstance(parts[-1], Text):
                    trim_end(parts[-1], whole=whole)
                trim = self._sequence(parts, closer)
            else:
                raise self._unterminated(start)
        if not parts:
            inside = self.starts[self.at]
            parts.append(Text("", inside, inside))
        return parts

    def _texts(self, *, flush: bool) -> list[Text]:
        if self.kind is t.QUOTED_TEXT:
            return [self._quoted_text()]
        start, end = self.starts[self.at], self.ends[self.at]
        raw = self.source.text[start:end]
        return lines(raw, start) if flush else [Text(undouble(raw), start, end)]

    def _quoted_text(self) -> Text:
        start, end = self.starts[self.at], self.ends[self.at]

        def complain(detail: str, since: int, until: int) -> None:
            self.tell("Invalid escape sequence", detail, (start + since, start + until))

        return Text(unescape(self.source.text[start:end], complain), start, end)

    def _unterminated(self, start: int) -> SyntaxProblem:
        if self.kind in (t.QUOTED_NEWLINE, t.INVALID):
            return SyntaxProblem(None)
        if self.source.text.startswith("<<", start):
            opener = self.source.text.index("\n", start)
            return self.refuse_at(
                "Unterminated template string",
                "The closing marker of this heredoc was not found. It must stand alone on a line "
                "that ends with a line break.",
                (start, opener),
            )
        return self.refuse(
            "Unterminated template string", "No closing marker was found for the string.", start
        )

    def _sequence(self, parts: list[Part], closer: str) -> bool:
        """Parse ``${…}`` or ``%{…}``; true when it strips the space after it."""
        opener, saved, depth = self.at, self.loose, self.depth
        self.loose = True
        try:
            if self.kind is t.INTERPOLATION:
                parts.append(self._interpolation(closer))
            else:
                parts.append(self._directive())
        except SyntaxProblem as problem:
            end = self._end_of_sequence(opener)
            if problem.fatal or end is None:
                raise
            self.report(problem)
            self.depth = depth
            self.go_to(end)
            if self.kinds[opener] is t.INTERPOLATION:
                start, stop = self.starts[opener], self.ends[end]
                parts.append(Interpolation(Broken(self.source, start, stop), start, stop))
        self.loose = saved
        strips = self.ends[self.at] - self.starts[self.at] == 2
        self.advance()
        return strips

    def _end_of_sequence(self, opener: int) -> int | None:
        nested = 0
        for index in range(opener + 1, len(self.kinds)):
            kind = self.kinds[index]
            if kind in (t.INTERPOLATION, t.DIRECTIVE):
                nested += 1
            elif kind is t.SEQUENCE_END:
                if not nested:
                    return index
                nested -= 1
        return None

    def _interpolation(self, closer: str) -> Interpolation:
        opener = self.at
        start = self.starts[opener]
        self.advance()
        expr = self.expression()
        if self.kind is not t.SEQUENCE_END:
            raise self._not_closed(opener, closer)
        return Interpolation(expr, start, self.ends[self.at])

    def _not_closed(self, opener: int, closer: str) -> SyntaxProblem:
        start, kind = self.starts[opener], self.kind
        quote = closer is t.CLOSE_QUOTE and kind in (t.OPEN_QUOTE, t.CLOSE_QUOTE)
        if kind is t.EOF or quote:
            where = "quoted template" if quote else "file"
            return self.refuse_at(
                "Unclosed template interpolation sequence",
                "There is no closing brace for this interpolation sequence before the end of the "
                f"{where}. This might be caused by incorrect nesting inside the given expression.",
                (start, self.ends[opener]),
            )
        foreign = 'If this belongs to another language, such as a shell, write "$${" for "${".'
        what = "A colon means nothing here." if kind == ":" else "A closing brace was expected."
        return self.refuse(
            "Extra characters after interpolation expression", f"{what} {foreign}", start
        )

    def _directive(self) -> Directive:
        start = self.starts[self.at]
        self.advance()
        word = self.word() if self.kind is t.IDENT else ""
        if word not in _DIRECTIVES:
            raise self._unknown_directive(word, start)
        self.advance()
        found = Directive(word, start, start)
        if word == "if":
            found.expr = self.expression()
        elif word == "for":
            found.names = self._loop_names()
            found.expr = self.expression()
        if self.kind is not t.SEQUENCE_END:
            raise self.refuse(
                f"Extra characters in {word} marker",
                "A closing brace was expected at the end of the directive.",
                start,
            )
        found.end = self.ends[self.at]
        return found

    def _unknown_directive(self, word: str, start: int) -> SyntaxProblem:
        if not word:
            return self.refuse(
                "Invalid template directive",
                '"%{" must be followed by a directive: if, else, endif, for or endfor. '
                'For the two characters themselves write "%%{".',
                start,
            )
        return self.refuse(
            "Invalid template control keyword",
            f'"{word}" is not a template directive. {did_you_mean(word, _DIRECTIVES)}'.rstrip(),
            start,
        )

    def _loop_names(self) -> tuple[str, str]:
        key, value = "", self._loop_name("after 'for'")
        if self.kind == ",":
            self.advance()
            key, value = value, self._loop_name("after the comma")
        if not self.is_word("in"):
            raise self.refuse(
                "Invalid 'for' directive", "The variables of a loop are followed by 'in'."
            )
        self.advance()
        return key, value

    def _loop_name(self, where: str) -> str:
        if self.kind is not t.IDENT:
            raise self.refuse("Invalid 'for' directive", f"A variable name is needed {where}.")
        name = self.word()
        self.advance()
        return name
