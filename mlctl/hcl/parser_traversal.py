"""References on their own: ``compute.gpu``, ``pipeline.p.step.train["small"]``."""

from __future__ import annotations

from mlctl.hcl import tokens as t
from mlctl.hcl.ast import Attr, Key, Literal, ScopeTraversal, Step, Template
from mlctl.hcl.parser_cursor import SyntaxProblem
from mlctl.hcl.parser_expression import ExpressionParser


class TraversalParser(ExpressionParser):
    """Parses a text that is one reference."""

    __slots__ = ()

    def traversal(self) -> ScopeTraversal | None:
        """The reference, as far as it can be understood."""
        if self.kind is not t.IDENT:
            self.report(self.refuse("Variable name required", "A reference begins with a name."))
            return None
        start, end, name = self.starts[self.at], self.ends[self.at], self.word()
        self.advance()
        found = ScopeTraversal(self.source, start, end, name, end, [])
        try:
            while self.kind is not t.EOF:
                step = self._step()
                found.steps.append(step)
                found.end = step.end
                self._close(step)
        except SyntaxProblem as problem:
            self.report(problem)
        return found

    def _step(self) -> Step:
        start = self.starts[self.at]
        if self.kind == ".":
            self.advance()
            if self.kind is not t.IDENT:
                what = "A dot is followed by the name of an attribute."
                if self.kind == "*":
                    what = "A splat is not a reference to one thing."
                raise self.refuse("Attribute name required", what, start)
            step: Step = Attr(self.source, start, self.ends[self.at], self.word())
            self.advance()
            return step
        if self.kind != "[":
            raise self.refuse(
                "Invalid character",
                "Only attributes (.name) and indexes ([…]) can follow in a reference.",
                start,
            )
        self.advance()
        return self._key(start)

    def _key(self, start: int) -> Key:
        if self.kind not in (t.NUMBER, t.OPEN_QUOTE):
            what = "The index of a reference is a number or a text in quotes."
            if self.kind == "*":
                what = "A splat is not a reference to one thing."
            raise self.refuse("Index value required", what, start)
        match self.expression(7):
            case Literal(value=value):
                pass
            case Template() as template if (text := template.literal()) is not None:
                value = text
            case _:
                raise self.refuse(
                    "Index value required", "Nothing can be evaluated in a reference.", start
                )
        end = self.ends[self.at] if self.kind == "]" else self.last_end
        return Key(self.source, start, end, value)

    def _close(self, step: Step) -> None:
        """Pass the bracket that closes an index."""
        if isinstance(step, Attr):
            return
        if self.kind != "]":
            raise self.refuse("Unclosed index brackets", 'An index ends with "]".', step.start)
        self.advance()
