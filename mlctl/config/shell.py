"""Text for a shell, built from what was written and from values that must stay one word.

Follows POSIX, Shell Command Language, 2.2 (quoting), 2.3 (comments), 2.6.3 (command substitution)
and 2.7.4 (here-documents). Does not follow ``case`` patterns with an unmatched ``)`` inside
``$( )``, nor quotes inside ``${name…}`` within double quotes.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

_BARE, _GROUP, _ARITHMETIC, _BACKQUOTE = "", "(", "((", "`"
_SINGLE, _DOUBLE, _COMMENT, _HERE = "'", '"', "#", "<<"

_IN_DOUBLE = re.compile(r'[\\"$`]')
_IN_HERE = re.compile(r"[\\$`]")
_IN_BACKQUOTE = re.compile(r"[\\`]")
_ENDS_WORD = frozenset(" \t\n;&|()<>`")

_HERE_OPERATOR = re.compile(
    r"""<<(?P<dash>-?)[ \t]*(?P<word>(?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s;&|<>()'"\\`])+)"""
)


class EndsHereDocument(ValueError):
    """A value holds the very line that ends the here-document it stands in."""


@dataclass(slots=True)
class _HereDocument:
    """A here-document.

    Attributes:
        end: The line that ends it.
        quoted: Its text is taken as it is.
        tabs: Tabs at the beginning of lines do not count (``<<-``).
        line: What its present line holds so far.
        valued: The line holds part of a value.
    """

    end: str
    quoted: bool
    tabs: bool
    line: str = ""
    valued: bool = False

    def take(self, text: str, *, value: bool) -> bool:
        """Follow a piece of its text without a line end in its middle; True when that ends it.

        Raises:
            EndsHereDocument: It ends where it must not, because of a value.
        """
        self.line += text.removesuffix("\n")
        self.valued = self.valued or value
        if not text.endswith("\n"):
            return False
        ends = (self.line.lstrip("\t") if self.tabs else self.line) == self.end
        if ends and self.valued:
            raise EndsHereDocument(
                f'a value here makes the line "{self.end}", which ends the here-document'
            )
        self.line, self.valued = "", False
        return ends


class ShellText:
    """A command under construction that knows which quotes it is inside of.

    What the author wrote goes in as it is; a value goes in so that the shell reads back exactly
    that value, wherever it stands. In a comment its line ends become blanks; in a here-document
    with a quoted delimiter it stands as it is.
    """

    def __init__(self) -> None:
        self._text: list[str] = []
        self._stack = [_BARE]
        self._at_word_start = True
        self._escaping = False
        self._ahead: list[_HereDocument] = []
        self._here: list[_HereDocument] = []

    def __str__(self) -> str:
        return "".join(self._text)

    def write(self, text: str) -> None:
        """Add what the author wrote."""
        self._text.append(text)
        at = 1 if self._escaping and text else 0
        self._escaping = self._escaping and not text
        while at < len(text):
            at += self.follow(text, at)
        # The shell would take the first character of whatever comes next.
        self._escaping = self._escaping or at > len(text)

    def word(self, value: str) -> None:
        """Add a value.

        Raises:
            EndsHereDocument: It would end the here-document it stands in.
        """
        if self._escaping:
            self._text.append("\\")  # a backslash before a value stands for itself
            self._escaping = False
        text = self._quoted(value)
        for _ in range(self._stack.count(_BACKQUOTE)):
            text = _IN_BACKQUOTE.sub(r"\\\g<0>", text)
        self._text.append(text)
        self._at_word_start = False
        if self._stack[-1] == _HERE:
            for line in text.splitlines(keepends=True):
                self._here[-1].take(line, value=True)

    def _quoted(self, value: str) -> str:
        match self._stack[-1]:
            case "'":
                return value.replace("'", "'\\''")
            case '"':
                return _IN_DOUBLE.sub(r"\\\g<0>", value)
            case "#":
                return " ".join(value.splitlines())
            case "<<":
                here = self._here[-1]
                return value if here.quoted else _IN_HERE.sub(r"\\\g<0>", value)
            case _:
                return shlex.quote(value)

    # --- following what the author wrote ---------------------------------------------------

    @property
    def inside(self) -> str:
        """The innermost quotes or the like that the end of the text is inside of."""
        return self._stack[-1]

    def follow(self, text: str, at: int) -> int:
        """Follow what stands at one place; how many characters that was."""
        match self._stack[-1]:
            case "'":
                return self._in_single(text[at])
            case '"':
                return self._in_double(text, at)
            case "#":
                return self._in_comment(text, at)
            case "<<":
                return self._in_here(text, at)
            case _:
                return self._in_bare(text, at)

    def _in_single(self, char: str) -> int:
        if char == "'":
            self._stack.pop()
        return 1

    def _in_double(self, text: str, at: int) -> int:
        if text[at] == '"':
            self._stack.pop()
            return 1
        return self._expansion(text, at)

    def _in_comment(self, text: str, at: int) -> int:
        if text[at] != "\n":
            return 1
        self._stack.pop()
        return self._in_bare(text, at)

    def _in_here(self, text: str, at: int) -> int:
        here = self._here[-1]
        taken = 1 if here.quoted else self._expansion(text, at)
        ends = here.take(text[at : at + taken], value=False)
        if ends:
            self._here.pop()
            self._stack.pop()
            self._enter_here()
        return taken

    def _expansion(self, text: str, at: int) -> int:
        """What is special even inside of double quotes."""
        char = text[at]
        if char == "\\":
            return 2
        if text.startswith("$((", at):
            self._stack += [_ARITHMETIC, _ARITHMETIC]
            return 3
        if text.startswith("$(", at):
            self._open(_GROUP)
            return 2
        if char == "`":
            if self._stack[-1] == _BACKQUOTE:
                self._stack.pop()
            else:
                self._open(_BACKQUOTE)
        return 1

    def _open(self, inside: str) -> None:
        self._stack.append(inside)
        self._at_word_start = True

    def _in_bare(self, text: str, at: int) -> int:
        char = text[at]
        taken = self._bare_syntax(text, at)
        if taken is None:
            taken = self._expansion(text, at)
        if self._stack[-1] not in (_COMMENT, _HERE):
            self._at_word_start = char in _ENDS_WORD or text.startswith("$(", at)
        return taken

    def _bare_syntax(self, text: str, at: int) -> int | None:
        char = text[at]
        match char:
            case "'" | '"':
                self._stack.append(char)
            case "#" if self._at_word_start and self._stack[-1] != _ARITHMETIC:
                self._stack.append(_COMMENT)
            case "(":
                nested = self._stack[-1] == _ARITHMETIC
                self._stack.append(_ARITHMETIC if nested else _GROUP)
            case ")" if self._stack[-1] in (_GROUP, _ARITHMETIC):
                self._stack.pop()
            case "\n":
                self._enter_here()
            case "<" if self._stack[-1] != _ARITHMETIC:
                return self._redirection(text, at)
            case _:
                return None
        return 1

    def _redirection(self, text: str, at: int) -> int:
        if text.startswith("<<<", at):
            return 3
        found = _HERE_OPERATOR.match(text, at)
        if found is None:
            return 1
        word = found["word"]
        quoted = any(mark in word for mark in "'\"\\")
        end = re.sub(r"['\"]|\\(.)", r"\1", word) if quoted else word
        self._ahead.append(_HereDocument(end, quoted, bool(found["dash"])))
        return found.end() - at

    def _enter_here(self) -> None:
        """At the end of a line: go on in the next here-document it has announced, if any."""
        if self._ahead:
            self._here.append(self._ahead.pop(0))
            self._stack.append(_HERE)
