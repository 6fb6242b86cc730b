"""What stands in brackets: tuples, objects and for-expressions."""

from __future__ import annotations

from mlctl.hcl import tokens as t
from mlctl.hcl.ast import Expression, For, ObjectCons, ObjectKey, TupleCons
from mlctl.hcl.parser_cursor import SyntaxProblem
from mlctl.hcl.parser_template import TemplateParser

_NESTING = "elsewhere in this file."


class CollectionParser(TemplateParser):
    """Parses ``[…]`` and ``{…}`` where an expression is expected."""

    __slots__ = ()

    def tuple_constructor(self) -> Expression:
        """``[ … ]``, as a list of items or a for-expression."""
        opener, saved = self.at, self.loose
        start = self.starts[opener]
        self.loose = True
        self.advance()
        if self.is_word("for"):
            return self._for(start, "]", saved)
        items: list[Expression] = []
        while self.kind != "]":
            items.append(self.expression())
            if self.kind == "]":
                break
            if self.kind != ",":
                raise self._no_item_separator(opener)
            self.advance()
        self.loose = saved
        end = self.ends[self.at]
        self.advance()
        return TupleCons(self.source, start, end, items)

    def _no_item_separator(self, opener: int) -> SyntaxProblem:
        if self.kind is t.EOF:
            return self.refuse_at(
                "Unterminated tuple constructor expression",
                "There is no corresponding closing bracket before the end of the file. "
                f"This may be caused by incorrect bracket nesting {_NESTING}",
                (self.starts[opener], self.ends[opener]),
            )
        return self.refuse(
            "Missing item separator",
            "The items of a list are separated by commas.",
            self.starts[opener],
        )

    def object_constructor(self) -> Expression:
        """``{ … }``, as items or a for-expression. Line ends separate items here."""
        opener, saved = self.at, self.loose
        start = self.starts[opener]
        self.loose = True
        self.advance()
        if self.is_word("for"):
            return self._for(start, "}", saved)
        self.loose = False
        self.go_to(opener + 1)
        items: list[tuple[ObjectKey, Expression]] = []
        self.depth += 1
        while True:
            while self.kind is t.NEWLINE:
                self.advance()
            if self.kind == "}":
                break
            items.append(self._item(opener))
            if self.kind == "}":
                break
            if self.kind != "," and self.kind is not t.NEWLINE:
                raise self._no_attribute_separator(opener)
            self.advance()
        self.depth -= 1
        self.loose = saved
        end = self.ends[self.at]
        self.advance()
        return ObjectCons(self.source, start, end, items)

    def _item(self, opener: int) -> tuple[ObjectKey, Expression]:
        forced = self.kind == "("
        wrapped = self.expression()
        if self.kind not in ("=", ":"):
            raise self._no_value(opener)
        self.advance()
        key = ObjectKey(self.source, wrapped.start, wrapped.end, wrapped, forced)
        return key, self.expression()

    def _no_value(self, opener: int) -> SyntaxProblem:
        start = self.starts[opener]
        if self.kind is t.EOF:
            return self._unterminated_object(opener)
        if self.kind in (t.NEWLINE, ","):
            return self.refuse(
                "Missing attribute value", 'A key is followed by "=" and its value.', start
            )
        quote = ""
        if self.kind is t.IDENT:
            quote = " A key with dots or spaces in it must stand in quotes."
        return self.refuse(
            "Missing key/value separator", f'A key is followed by "=" and its value.{quote}', start
        )

    def _no_attribute_separator(self, opener: int) -> SyntaxProblem:
        if self.kind is t.EOF:
            return self._unterminated_object(opener)
        return self.refuse(
            "Missing attribute separator",
            "Each item begins on a line of its own or after a comma.",
            self.starts[opener],
        )

    def _unterminated_object(self, opener: int) -> SyntaxProblem:
        return self.refuse_at(
            "Unterminated object constructor expression",
            "There is no corresponding closing brace before the end of the file. "
            f"This may be caused by incorrect brace nesting {_NESTING}",
            (self.starts[opener], self.ends[opener]),
        )

    def _for(self, start: int, closer: str, saved: bool) -> Expression:
        """A for-expression from its ``for`` on; line ends mean nothing in it."""
        self.deeper(start)
        self.advance()
        key_name, value_name = self._names(start)
        collection = self.expression()
        if self.kind != ":":
            raise self._bad_for("A colon must follow what is looped over.", start)
        self.advance()
        key, value = None, self.expression()
        if self.kind == "=>":
            self.advance()
            key, value = value, self.expression()
        ellipsis = self.at if self.kind == "..." else None
        if ellipsis is not None:
            self.advance()
        condition = self._filter()
        if self.kind != closer:
            raise self._bad_for(f'"{closer}" was expected at the end.', start)
        self.loose = saved
        end = self.ends[self.at]
        self.advance()
        self.depth -= 1
        self._check_for(closer, key, value, ellipsis)
        return For(
            self.source,
            start,
            end,
            key_name,
            value_name,
            collection,
            key,
            value,
            condition,
            group=ellipsis is not None,
        )

    def _filter(self) -> Expression | None:
        if not self.is_word("if"):
            return None
        self.advance()
        return self.expression()

    def _names(self, start: int) -> tuple[str, str]:
        key, value = "", self._name("A variable name must follow 'for'.", start)
        if self.kind == ",":
            self.advance()
            key, value = value, self._name("A second variable name must follow the comma.", start)
        if not self.is_word("in"):
            raise self._bad_for("The variable names are followed by 'in'.", start)
        self.advance()
        return key, value

    def _name(self, detail: str, start: int) -> str:
        if self.kind is not t.IDENT:
            raise self._bad_for(detail, start)
        name = self.word()
        self.advance()
        return name

    def _bad_for(self, detail: str, start: int) -> SyntaxProblem:
        return self.refuse("Invalid 'for' expression", detail, start)

    def _check_for(
        self, closer: str, key: Expression | None, value: Expression, ellipsis: int | None
    ) -> None:
        summary = "Invalid 'for' expression"
        if closer == "}":
            if key is None:
                detail = 'Each element of an object needs a key: "key => value".'
                self.tell(summary, detail, (value.start, value.end))
            return
        if key is not None:
            self.tell(summary, "A list has no keys; use { … } instead.", (key.start, key.end))
        if ellipsis is not None:
            place = (self.starts[ellipsis], self.ends[ellipsis])
            self.tell(summary, '"..." groups values by key, and a list has no keys.', place)
