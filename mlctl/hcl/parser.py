"""Text to syntax tree: bodies, attributes and blocks, and the ways in.

Every function here returns what could be understood together with all that is wrong with it. The
grammar is HCL's native syntax (hashicorp/hcl, hclsyntax/spec.md). After an error the parser goes
on with the next attribute or block, so that one mistake does not hide the others.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from mlctl.core.diagnostic import Diagnostics, in_file_order
from mlctl.hcl import tokens as t
from mlctl.hcl.ast import Attribute, Block, Body, Expression, Label, ScopeTraversal
from mlctl.hcl.lexer import lex, lex_template
from mlctl.hcl.parser_cursor import SyntaxProblem
from mlctl.hcl.parser_expression import ExpressionParser
from mlctl.hcl.parser_text import unescape
from mlctl.hcl.parser_traversal import TraversalParser
from mlctl.hcl.recovery import end_of_item
from mlctl.hcl.source import Source

_ENOUGH = 50
"""After this many broken items the rest of a file is left unread."""

_LARGE = 100_000
"""Characters from which on the garbage collector is worth stopping."""

_ITEM = "Argument or block definition required"


def parse_config(filename: str, text: str) -> tuple[Body, Diagnostics]:
    """Parse a configuration file."""
    with _collector_at_rest(text):
        tokens = lex(Source(filename, text))
        parser = _BodyParser(tokens, loose=False)
        body = parser.file()
    return body, in_file_order([*tokens.diagnostics, *parser.diagnostics])


def parse_bytes(filename: str, data: bytes) -> tuple[Body, Diagnostics]:
    """Parse a configuration file as it is on disk. Bytes that are not UTF-8 are reported."""
    return parse_config(filename, data.decode("utf-8", "surrogateescape"))


def parse_expression(filename: str, text: str) -> tuple[Expression, Diagnostics]:
    """Parse a single expression; line ends mean nothing in it."""
    tokens = lex(Source(filename, text))
    parser = ExpressionParser(tokens, loose=True)
    expr: Expression
    try:
        expr = parser.expression()
    except SyntaxProblem as problem:
        parser.report(problem)
        expr = parser.broken(0)
    else:
        if parser.kind is not t.EOF:
            parser.report(
                parser.refuse(
                    "Extra characters after expression", "The expression ends before this."
                )
            )
    return expr, [*tokens.diagnostics, *parser.diagnostics]


def parse_template(filename: str, text: str) -> tuple[Expression, Diagnostics]:
    """Parse a whole text as a template, such as a template file's."""
    tokens = lex_template(Source(filename, text))
    parser = ExpressionParser(tokens, loose=False)
    expr: Expression
    try:
        expr = parser.bare_template()
    except SyntaxProblem as problem:
        parser.report(problem)
        expr = parser.broken(0)
    return expr, [*tokens.diagnostics, *parser.diagnostics]


def parse_traversal(filename: str, text: str) -> tuple[ScopeTraversal | None, Diagnostics]:
    """Parse a reference: a name, attributes and written-out keys, nothing to evaluate.

    After an error the part before it is returned; None when not even a name was found.
    """
    tokens = lex(Source(filename, text))
    parser = TraversalParser(tokens, loose=True)
    found = parser.traversal()
    return found, [*tokens.diagnostics, *parser.diagnostics]


@contextmanager
def _collector_at_rest(text: str) -> Iterator[None]:
    """Keep Python's garbage collector out of the parsing of a large text.

    Nothing made there is garbage, and looking through all of it again and again takes more time
    than the parsing itself.
    """
    if len(text) < _LARGE or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _BodyParser(ExpressionParser):
    __slots__ = ("broken_items", "gave_up")

    broken_items: int
    gave_up: bool

    def file(self) -> Body:
        self.broken_items = 0
        self.gave_up = False
        return self._body(0, None)

    def _body(self, start: int, opener: int | None) -> Body:
        """Everything up to the end of the file or of the block whose ``{`` is ``opener``."""
        body = Body(self.source, start, start, {}, [])
        while self.kind is not t.EOF and (self.kind != "}" or opener is None):
            first, depth = self.at, self.depth
            try:
                self._item_of(body)
            except SyntaxProblem as problem:
                self.report(problem)
                self.depth = depth
                self._recover(first, fatal=problem.fatal)
        if self.kind is t.EOF and opener is not None and not self.gave_up:
            self.gave_up = True  # The blocks around this one are not closed either.
            self.tell(*_UNCLOSED, (self.starts[opener], self.ends[opener]))
        body.end = self.ends[self.at]
        return body

    def _recover(self, first: int, *, fatal: bool) -> None:
        """Go to where the item that began at token ``first`` may be taken to end."""
        self.loose = False
        self.broken_items += 1
        if fatal or self.broken_items >= _ENOUGH:
            self.gave_up = True
            self.go_to(len(self.kinds) - 1)
        else:
            self.go_to(end_of_item(self.tokens, first, self.at))

    def _item_of(self, body: Body) -> None:
        if self.kind is t.NEWLINE:
            self.advance()
            return
        if self.kind is not t.IDENT:
            raise self._not_an_item()
        at = self.at
        name, start, end = self.word(), self.starts[at], self.ends[at]
        self.advance()
        kind = self.kind
        if kind == "=":
            self._attribute(body, name, at)
            self._end_of_line(at)
        elif kind == "{" or kind is t.OPEN_QUOTE or kind is t.IDENT:
            self._block(body, name, at)
        else:
            raise self.refuse_at(
                _ITEM, f'To set an argument, write "=" and its value after "{name}".', (start, end)
            )

    def _not_an_item(self) -> SyntaxProblem:
        if self.kind is t.OPEN_QUOTE:
            return self.refuse(
                "Invalid argument name", "The name of an argument stands without quotes."
            )
        if self.kind is t.INVALID:
            return self.refuse(_ITEM, "Neither an argument nor a block begins like this.")
        return self.refuse(_ITEM, "An argument or block definition is required here.")

    def _attribute(self, body: Body, name: str, at: int) -> None:
        """``= expression`` for the name at token ``at``; a broken value is kept as such."""
        equals = self.starts[self.at]
        self.advance()
        start, source = self.last_end, self.source
        try:
            expr = self.expression()
        except SyntaxProblem:
            lost = self.broken(start)
            lost_end = max(lost.end, self.ends[at])
            self._add(
                body,
                Attribute(source, self.starts[at], lost_end, name, self.ends[at], equals, lost),
            )
            raise
        end = self.last_end
        self._add(body, Attribute(source, self.starts[at], end, name, self.ends[at], equals, expr))

    def _add(self, body: Body, attribute: Attribute) -> None:
        earlier = body.attributes.setdefault(attribute.name, attribute)
        if earlier is not attribute:
            place = self.source.position(earlier.start)
            self.tell(
                "Attribute redefined",
                f'The argument "{attribute.name}" was already set on line {place.line}. '
                "Each argument may be set only once.",
                (attribute.start, attribute.name_end),
            )

    def _end_of_line(self, first: int) -> None:
        if self.kind is t.NEWLINE:
            self.advance()
        elif self.kind is not t.EOF:
            if self.kind == ",":
                raise self.refuse(
                    "Unexpected comma after argument",
                    "Arguments are separated by line ends, not by commas.",
                    self.starts[first],
                )
            raise self.refuse(
                "Missing newline after argument",
                "An argument ends with the line it stands on.",
                self.starts[first],
            )

    def _block(self, body: Body, block_type: str, at: int) -> None:
        start, labels = self.starts[at], self._labels()
        block = Block(
            self.source,
            start,
            self.last_end,
            block_type,
            self.ends[at],
            labels,
            start,
            start,
            Body(self.source, start, start, {}, []),
        )
        body.blocks.append(block)
        if self.kind != "{":
            raise self._no_brace(start)
        opener = self.at
        block.open = self.starts[opener]
        self.deeper(start)
        self.advance()
        if self.kind in (t.NEWLINE, "}", t.EOF):
            block.body = self._body(block.open, opener)
        else:
            block.body = self._one_line_body(block.open, opener)
        block.close = max(block.open, self.ends[self.at] - 1)
        block.end = self.ends[self.at]
        if self.kind == "}":
            self.advance()
        self.depth -= 1
        if self.kind is t.NEWLINE:
            self.advance()
        elif self.kind is not t.EOF:
            raise self.refuse(
                "Missing newline after block definition",
                "A block ends with the line its closing brace stands on.",
                start,
            )

    def _no_brace(self, start: int) -> SyntaxProblem:
        detail = 'A label in quotes or "{" was expected here.'
        if self.kind == "=":
            detail = 'A block has no "="; its content stands directly in braces.'
        elif self.kind is t.NEWLINE:
            detail = 'The "{" of a block stands on the line where the block begins.'
        return self.refuse("Invalid block definition", detail, start)

    def _labels(self) -> list[Label]:
        labels = []
        while True:
            start, end = self.starts[self.at], self.ends[self.at]
            if self.kind is t.IDENT:
                labels.append(Label(self.source, start, end, self.word()))
                self.advance()
            elif self.kind is t.OPEN_QUOTE:
                labels.append(self._quoted_label(start))
            else:
                return labels

    def _quoted_label(self, start: int) -> Label:
        self.advance()
        value = ""
        if self.kind is t.QUOTED_TEXT:
            at, until = self.starts[self.at], self.ends[self.at]

            def complain(detail: str, since: int, to: int) -> None:
                self.tell("Invalid escape sequence", detail, (at + since, at + to))

            value = unescape(self.source.text[at:until], complain)
            self.advance()
        if self.kind is not t.CLOSE_QUOTE:
            raise self._bad_label(start)
        end = self.ends[self.at]
        self.advance()
        return Label(self.source, start, end, value)

    def _bad_label(self, start: int) -> SyntaxProblem:
        if self.kind in (t.INTERPOLATION, t.DIRECTIVE):
            return self.refuse(
                "Invalid string literal",
                f'A label is plain text. Write "{self.kind[0]}{self.kind}" for the characters '
                f'"{self.kind}" themselves.',
                start,
            )
        if self.kind is t.EOF:
            self.tell(
                "Unterminated string literal",
                "The closing quote of this label was not found.",
                (start, start + 1),
            )
            return self.refuse("Invalid block definition", 'A "{" was expected.', start)
        return SyntaxProblem(None)  # A line end or an odd character: the lexer has told.

    def _one_line_body(self, start: int, opener: int) -> Body:
        """``{ name = value }`` from after the brace."""
        body = Body(self.source, start, start, {}, [])
        summary = "Invalid single-argument block definition"
        at = self.at
        if self.kind is not t.IDENT:
            raise self._not_an_item()
        name = self.word()
        self.advance()
        if self.kind != "=":
            raise self._not_an_argument(name, at)
        self._attribute(body, name, at)
        if self.kind == ",":
            raise self.refuse(
                summary, "A block on one line holds one argument. Give each a line of its own."
            )
        if self.kind is t.NEWLINE:
            raise self.refuse(
                summary,
                "A block whose argument follows the brace on the same line is closed on that line.",
            )
        if self.kind is t.EOF:
            raise self.refuse_at(*_UNCLOSED, (start, self.ends[opener]))
        if self.kind != "}":
            raise self.refuse(summary, 'A "}" was expected after the only argument.')
        body.end = self.ends[self.at]
        return body

    def _not_an_argument(self, name: str, at: int) -> SyntaxProblem:
        place = (self.starts[at], self.ends[at])
        if self.kind in (t.OPEN_QUOTE, "{", t.IDENT):
            return self.refuse_at(
                "Argument definition required",
                "A block on one line holds one argument and no block. "
                f'Write "=" after "{name}", or put the block on a line of its own.',
                place,
            )
        return self.refuse_at(_ITEM, f'Write "=" and a value after "{name}".', place)


_UNCLOSED = (
    "Unclosed configuration block",
    "There is no closing brace for this block before the end of the file. "
    "This may be caused by incorrect brace nesting elsewhere in this file.",
)
