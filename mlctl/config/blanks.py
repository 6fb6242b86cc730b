"""Commands that differ only in blanks the shell throws away: one spelling for all of them."""

from __future__ import annotations


def without_blanks(text: str) -> str:
    """The canonical spelling of a shell text.

    Blanks between words become one, lines lose blanks at both ends, empty lines and continued
    lines go. Quoted text and comments stay as they are. A command is not touched at all when
    blanks in it may mean more: here-documents, backquotes, expansions inside double quotes, and
    quotes that do not end. Follows POSIX, Shell Command Language, 2.2 and 2.3.
    """
    if any(mark in text for mark in ("<<", "`", "$'")):
        return text
    reader = _Reader(text)
    return reader.canonical() if reader.read() else text


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._out: list[str] = []

    def canonical(self) -> str:
        """What was read, without blanks at the end."""
        while self._out and self._out[-1] in (" ", "\n"):
            self._out.pop()
        return "".join(self._out)

    def read(self) -> bool:
        """Read to the end; False when that cannot be done for certain."""
        at = 0
        while at < len(self._text):
            at = self._one(at)
            if at < 0:
                return False
        return True

    def _one(self, at: int) -> int:
        """Read from one place; where to go on, or -1."""
        char = self._text[at]
        if char == "\\":
            return self._escaped(at)
        if char in "'\"":
            return self._quoted(at, char)
        if char == "#" and self._at_word_start():
            return self._comment(at)
        if char in " \t":
            self._blank()
        elif char == "\n":
            self._line_end()
        else:
            self._out.append(char)
        return at + 1

    def _at_word_start(self) -> bool:
        return not self._out or self._out[-1][-1] in " \n;&|("

    def _blank(self) -> None:
        if self._out and self._out[-1] not in (" ", "\n"):
            self._out.append(" ")

    def _line_end(self) -> None:
        if self._out and self._out[-1] == " ":
            self._out.pop()
        if self._out and self._out[-1] != "\n":
            self._out.append("\n")

    def _escaped(self, at: int) -> int:
        if self._text[at + 1 : at + 2] != "\n":
            self._out.append(self._text[at : at + 2])
        return at + 2

    def _quoted(self, at: int, quote: str) -> int:
        end = at + 1
        while end < len(self._text) and self._text[end] != quote:
            end += 2 if quote == '"' and self._text[end] == "\\" else 1
        inside = self._text[at + 1 : end]
        if end >= len(self._text) or (quote == '"' and ("$(" in inside or "${" in inside)):
            return -1
        self._out.append(self._text[at : end + 1])
        return end + 1

    def _comment(self, at: int) -> int:
        end = self._text.find("\n", at)
        end = len(self._text) if end < 0 else end
        self._out.append(self._text[at:end])
        return end
