"""Expressions: operators by precedence climbing, operands, traversals, function calls."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from mlctl.core.value_number import parse_number
from mlctl.hcl import tokens as t
from mlctl.hcl.ast import (
    Attr,
    Binary,
    Broken,
    Conditional,
    Expression,
    FunctionCall,
    Index,
    Item,
    Key,
    Literal,
    Parentheses,
    RelativeTraversal,
    ScopeTraversal,
    Splat,
    Step,
    Template,
    Unary,
)
from mlctl.hcl.parser_collection import CollectionParser
from mlctl.hcl.parser_cursor import MAX_DEPTH, SyntaxProblem

_PRECEDENCE = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}
_KEYWORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class ExpressionParser(CollectionParser):
    """Parses expressions."""

    __slots__ = ()

    def expression(self, floor: int = 0) -> Expression:
        """The expression that begins here; binary operators that bind weaker than ``floor`` end it.

        Raises:
            SyntaxProblem: There is none, or it is broken.
        """
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.deeper(self.starts[self.at])
        operand = _OPERANDS.get(self.kind)
        if operand is None:
            raise self._no_expression()
        left = operand(self)
        if self.kind in (".", "["):
            left = self._traversal(left)
        kind = self.kind
        while (precedence := _PRECEDENCE.get(kind, -1)) >= floor and precedence > 0:
            self.advance()
            right = self.expression(precedence + 1)
            left = Binary(self.source, left.start, right.end, kind, left, right)
            kind = self.kind
        if kind == "?" and floor == 0:
            left = self._conditional(left)
        self.depth -= 1
        return left

    def _no_expression(self) -> SyntaxProblem:
        if self.kind is t.EOF:
            return self.refuse(
                "Missing expression",
                "Expected the start of an expression, but found the end of the file.",
            )
        return self.refuse("Invalid expression", "An expression was expected here.")

    def _conditional(self, condition: Expression) -> Expression:
        self.advance()
        if_true = self.expression()
        if self.kind != ":":
            raise self.refuse(
                "Missing false expression in conditional",
                'A conditional has two results, separated by a colon: "condition ? a : b".',
                condition.start,
            )
        self.advance()
        if_false = self.expression()
        return Conditional(self.source, condition.start, if_false.end, condition, if_true, if_false)

    def _number(self) -> Expression:
        start, end = self.starts[self.at], self.ends[self.at]
        value = self._number_value(start, end)
        self.advance()
        return Literal(self.source, start, end, value)

    def _number_value(self, start: int, end: int) -> int | Decimal:
        text = self.source.text[start:end]
        if len(text) < 100 and text.isdigit():
            return int(text)
        try:
            return parse_number(text)
        except ValueError as error:
            self.tell("Invalid number literal", f"{error}.".capitalize(), (start, end))
            return 0

    def _identifier(self) -> Expression:
        at = self.at
        name = self.word()
        start, end = self.starts[at], self.ends[at]
        self.advance()
        kind = self.kind
        if kind in ("(", "::"):
            return self._call(name, start, end)
        if name in _KEYWORDS:
            return Literal(self.source, start, end, _KEYWORDS[name])
        return ScopeTraversal(self.source, start, end, name, end, [])

    def _parentheses(self) -> Expression:
        start, saved = self.starts[self.at], self.loose
        self.loose = True
        self.advance()
        inner = self.expression()
        if self.kind != ")":
            raise self.refuse(
                "Unbalanced parentheses",
                "Expected a closing parenthesis to terminate the expression.",
                start,
            )
        self.loose = saved
        end = self.ends[self.at]
        self.advance()
        return Parentheses(self.source, start, end, inner)

    def _unary(self) -> Expression:
        # Binds stronger than any binary operator but weaker than a traversal: -a.b is -(a.b).
        start, operator = self.starts[self.at], self.kind
        self.advance()
        operand = self.expression(7)
        return Unary(self.source, start, operand.end, operator, operand)

    def _traversal(self, left: Expression) -> Expression:
        nested = 0
        while True:
            if self.kind == ".":
                after = self._dot(left)
            elif self.kind == "[":
                after = self._bracket(left)
            else:
                return left
            if after is not left:
                nested += 1
                if nested + self.depth > MAX_DEPTH:
                    self.depth = MAX_DEPTH
                    self.deeper(left.start)
            left = after

    def _dot(self, left: Expression) -> Expression:
        dot = self.starts[self.at]
        self.advance()
        kind = self.kind
        if kind is t.IDENT:
            step: Step = Attr(self.source, dot, self.ends[self.at], self.word())
        elif kind is t.NUMBER:
            step = self._legacy_index(dot)
        elif kind == "*":
            return self._legacy_splat(left, dot)
        else:
            raise self._no_attribute(dot)
        self.advance()
        return self._extended(left, step)

    def _no_attribute(self, dot: int) -> SyntaxProblem:
        # At the dot's own end when the line ends there, so that the right line is shown.
        end = self.ends[self.at]
        subject = (dot, dot + 1) if self.kind in (t.NEWLINE, t.EOF) else (self.starts[self.at], end)
        return self.refuse_at(
            "Invalid attribute name", "A dot is followed by the name of an attribute.", subject
        )

    def _legacy_index(self, dot: int) -> Key:
        start, end = self.starts[self.at], self.ends[self.at]
        text = self.source.text[start:end]
        if "." in text:
            proper = "".join(f"[{part}]" for part in text.split("."))
            raise self.refuse(
                "Invalid legacy index syntax",
                f"An index written with a dot cannot follow another one. Write {proper}.",
                dot,
            )
        return Key(self.source, dot, end, self._number_value(start, end), legacy=True)

    def _legacy_splat(self, left: Expression, dot: int) -> Expression:
        """``left.*`` and the attribute steps after it, which are taken on each element."""
        item = Item(self.source, dot, self.ends[self.at])
        self.advance()
        each: Expression = item
        while self.kind == ".":
            since = self.starts[self.at]
            self.advance()
            if self.kind is t.IDENT:
                step: Step = Attr(self.source, since, self.ends[self.at], self.word())
            elif self.kind is t.NUMBER:
                step = self._legacy_index(since)
            elif self.kind == "*":
                raise self.refuse(
                    "Nested splat expression not allowed",
                    'A ".*" cannot follow another one. Write "[*]" instead.',
                )
            else:
                raise self._no_attribute(since)
            self.advance()
            each = self._extended(each, step)
        return Splat(self.source, left.start, each.end, left, each, item)

    def _bracket(self, left: Expression) -> Expression:
        opener, saved = self.at, self.loose
        bracket = self.starts[opener]
        if self.kinds[opener + 1] == "*":
            return self._splat(left, bracket)
        self.loose = True
        self.advance()
        key = self.expression()
        if self.kind != "]":
            raise self.refuse("Missing close bracket on index", 'An index ends with "]".', bracket)
        self.loose = saved
        end = self.ends[self.at]
        self.advance()
        step = self._static_key(key, bracket, end)
        if step is not None:
            return self._extended(left, step)
        return Index(self.source, left.start, end, left, key, bracket)

    def _static_key(self, key: Expression, start: int, end: int) -> Key | None:
        match key:
            case Literal(value=value):
                return Key(self.source, start, end, value)
            case Template() if (text := key.literal()) is not None:
                return Key(self.source, start, end, text)
        return None

    def _splat(self, left: Expression, bracket: int) -> Expression:
        """``left[*]`` and every step after it, which are taken on each element."""
        self.advance()
        self.advance()
        if self.kind != "]":
            raise self.refuse(
                "Missing close bracket on splat index", 'A splat is written "[*]".', bracket
            )
        item = Item(self.source, bracket, self.ends[self.at])
        self.advance()
        self.deeper(bracket)
        each = self._traversal(item)
        self.depth -= 1
        return Splat(self.source, left.start, each.end, left, each, item)

    def _extended(self, left: Expression, step: Step) -> Expression:
        if isinstance(left, (ScopeTraversal, RelativeTraversal)):
            left.steps.append(step)
            left.end = step.end
            return left
        return RelativeTraversal(self.source, left.start, step.end, left, [step])

    def _call(self, name: str, start: int, name_end: int) -> Expression:
        while self.kind == "::":
            self.advance()
            if self.kind is not t.IDENT:
                raise self.refuse(
                    "Missing function name", 'The name of a function must follow "::".', start
                )
            name = f"{name}::{self.word()}"
            name_end = self.ends[self.at]
            self.advance()
        if self.kind != "(":
            raise self.refuse(
                "Missing open parenthesis",
                "A function's name is followed by its arguments in parentheses.",
                start,
            )
        opener, saved = self.at, self.loose
        self.loose = True
        self.advance()
        arguments, expand = self._arguments(start, opener)
        self.loose = saved
        end = self.ends[self.at]
        self.advance()
        return FunctionCall(
            self.source, start, end, name, arguments, expand, name_end, self.starts[opener]
        )

    def _arguments(self, start: int, opener: int) -> tuple[list[Expression], bool]:
        """The arguments up to the closing parenthesis, and whether the last is expanded."""
        arguments: list[Expression] = []
        self.depth += 1
        expand = False
        while self.kind != ")":
            arguments.append(self.expression())
            if self.kind == "...":
                expand = True
                self.advance()
                if self.kind != ")":
                    raise self.refuse(
                        "Missing closing parenthesis",
                        'Only the last argument can be expanded with "...".',
                        start,
                    )
            elif self.kind == ",":
                self.advance()
            elif self.kind != ")":
                raise self._no_argument_separator(start, opener)
        self.depth -= 1
        return arguments, expand

    def _no_argument_separator(self, start: int, opener: int) -> SyntaxProblem:
        if self.kind is t.EOF:
            return self.refuse_at(
                "Unterminated function call",
                "There is no closing parenthesis for this function call before the end of the "
                "file. This may be caused by incorrect parenthesis nesting elsewhere in this file.",
                (start, self.ends[opener]),
            )
        return self.refuse(
            "Missing argument separator",
            "The arguments of a function are separated by commas.",
            start,
        )

    def broken(self, start: int) -> Broken:
        """A stand-in for an expression that could not be parsed."""
        return Broken(self.source, start, max(start, self.last_end))


_OPERANDS: dict[str, Callable[[ExpressionParser], Expression]] = {
    t.IDENT: ExpressionParser._identifier,
    t.NUMBER: ExpressionParser._number,
    t.OPEN_QUOTE: ExpressionParser.quoted,
    t.OPEN_HEREDOC: ExpressionParser.heredoc,
    "(": ExpressionParser._parentheses,
    "[": ExpressionParser.tuple_constructor,
    "{": ExpressionParser.object_constructor,
    "-": ExpressionParser._unary,
    "!": ExpressionParser._unary,
}
