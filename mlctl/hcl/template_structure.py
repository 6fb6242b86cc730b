"""The second pass over a template: directives find their ends, and parts become expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlctl.hcl.ast import (
    Broken,
    Conditional,
    Expression,
    For,
    Literal,
    Template,
    TemplateJoin,
)
from mlctl.hcl.parser_cursor import Cursor
from mlctl.hcl.parser_text import Text, meld


@dataclass(slots=True)
class Interpolation:
    """``${ … }``."""

    expr: Expression
    start: int
    end: int


@dataclass(slots=True)
class Directive:
    """``%{ … }``; ``names`` are a loop's variables, the one for keys first."""

    word: str
    start: int
    end: int
    expr: Expression | None = None
    names: tuple[str, str] = ("", "")


Part = Text | Interpolation | Directive
_ParseDirective = Callable[[Directive], Expression]


class Structure:
    """Pairs directives: the second pass."""

    __slots__ = ("_at", "_end", "_parser", "_parts")

    def __init__(self, parser: Cursor, parts: list[Part], end: int) -> None:
        self._parser = parser
        self._parts = parts
        self._end = end
        self._at = 0

    def root(self) -> list[Expression]:
        """The template's parts as expressions."""
        content: list[Expression] = []
        while self._at < len(self._parts):
            content.append(self._next())
        return content

    def _next(self) -> Expression:
        part = self._parts[self._at]
        self._at += 1
        match part:
            case Text(value, start, end):
                return Literal(self._parser.source, start, end, value)
            case Interpolation(expr):
                return expr
            case Directive(word="if"):
                return self._nested(part, self._if)
            case Directive(word="for"):
                return self._nested(part, self._for)
            case _:
                return self._misplaced(part, "It has no beginning in this template.")

    def _nested(self, opener: Directive, parse: _ParseDirective) -> Expression:
        self._parser.deeper(opener.start)
        self._parser.deeper(opener.start)
        found = parse(opener)
        self._parser.depth -= 2
        return found

    def _if(self, opener: Directive) -> Expression:
        if_true, closer = self._until(opener)
        if_false = self._literal("", opener.end)
        if isinstance(closer, Directive) and closer.word == "else":
            if_false, closer = self._until(opener)
            if isinstance(closer, Directive) and closer.word == "else":
                return self._misplaced(
                    closer, f"The if on line {self._line(opener)} has an else already."
                )
        if not isinstance(closer, Directive) or opener.expr is None:
            return self._broken(opener.start)
        if closer.word != "endif":
            return self._misplaced(
                closer, f"The if on line {self._line(opener)} must be closed by an endif first."
            )
        return Conditional(
            self._parser.source, opener.start, closer.end, opener.expr, if_true, if_false
        )

    def _for(self, opener: Directive) -> Expression:
        value, closer = self._until(opener)
        if not isinstance(closer, Directive) or opener.expr is None:
            return self._broken(opener.start)
        if closer.word != "endfor":
            why = f"The for on line {self._line(opener)} must be closed by an endfor first."
            return self._misplaced(closer, "A for has no else." if closer.word == "else" else why)
        source, (key_name, value_name) = self._parser.source, opener.names
        loop = For(
            source,
            opener.start,
            closer.end,
            key_name,
            value_name,
            opener.expr,
            None,
            value,
            None,
            group=False,
        )
        return TemplateJoin(source, opener.start, closer.end, loop)

    def _until(self, opener: Directive) -> tuple[Template, Directive | None]:
        """What stands up to the next directive that closes something, and that directive."""
        content: list[Expression] = []
        closer = None
        while self._at < len(self._parts):
            part = self._parts[self._at]
            if isinstance(part, Directive) and part.word not in ("if", "for"):
                closer = part
                self._at += 1
                break
            content.append(self._next())
        else:
            self._parser.tell(
                "Unexpected end of template",
                f"The {opener.word} directive is never closed; end{opener.word} is missing.",
                (opener.start, opener.end),
            )
        source = self._parser.source
        if not content:
            content.append(Literal(source, opener.end, opener.end, ""))
        return Template(source, content[0].start, content[-1].end, content), closer

    def _literal(self, text: str, at: int) -> Template:
        source = self._parser.source
        return Template(source, at, at, [Literal(source, at, at, text)])

    def _misplaced(self, directive: Directive, detail: str) -> Expression:
        self._parser.tell(
            f"Unexpected {directive.word} directive", detail, (directive.start, directive.end)
        )
        return Broken(self._parser.source, directive.start, directive.end)

    def _broken(self, start: int) -> Expression:
        return Broken(self._parser.source, start, self._end)

    def _line(self, directive: Directive) -> int:
        return self._parser.source.position(directive.start).line


def melded(parts: list[Part]) -> list[Part]:
    """Neighbouring texts as one."""
    melded: list[Part] = []
    texts: list[Text] = []
    for part in parts:
        if isinstance(part, Text):
            texts.append(part)
            continue
        if texts:
            melded.append(meld(texts))
            texts = []
        melded.append(part)
    if texts:
        melded.append(meld(texts))
    return melded
