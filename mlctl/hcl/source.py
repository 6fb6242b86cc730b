"""Source text: from character offsets to lines, columns and bytes, computed only when asked."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, pairwise

import regex

from mlctl.core.source import Position, SourceSpan

_UNDECODED = ("utf-8", "surrogateescape")
"""How bytes that are not UTF-8 get into a text and out of it."""


class Source:
    """One text with a name, and the way from character offsets to positions."""

    __slots__ = ("_bytes_before", "_starts", "filename", "text")

    def __init__(self, filename: str, text: str) -> None:
        self.filename = filename
        self.text = text
        self._starts: list[int] | None = None
        self._bytes_before: list[int] = []

    def span(self, start: int, end: int) -> SourceSpan:
        """The stretch from character offset ``start`` up to, not including, ``end``."""
        return SourceSpan(self.filename, self.position(start), self.position(end), self)

    def position(self, offset: int) -> Position:
        """Where a character offset is. An offset past the end counts as the end."""
        starts = self._line_starts()
        offset = min(offset, len(self.text))
        line = bisect_right(starts, offset)
        before = self.text[starts[line - 1] : offset]
        column = len(before) if before.isascii() else len(regex.findall(r"\X", before))
        return Position(line, column + 1, self._bytes_before[line - 1] + _bytes(before))

    def line(self, number: int) -> str:
        """The text of one line, counted from 1, without its line end."""
        starts = self._line_starts()
        end = starts[number] if number < len(starts) else len(self.text)
        line = self.text[starts[number - 1] : end].rstrip("\r\n")
        # Bytes that were not UTF-8 cannot be shown; a replacement character stands for each.
        return line if line.isascii() else line.encode(*_UNDECODED).decode(errors="replace")

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            text, starts, at = self.text, [0], -1
            while (at := text.find("\n", at + 1)) >= 0:
                starts.append(at + 1)
            self._starts = starts
            # Once for all lines: a text before each place would be read again for every place.
            if text.isascii():
                self._bytes_before = starts
            else:
                lines = (text[a:b] for a, b in pairwise(starts))
                self._bytes_before = list(accumulate(map(_bytes, lines), initial=0))
        return self._starts


def range_text(span: SourceSpan) -> str:
    """A stretch as hashicorp/hcl writes it: ``file:line,column-column``."""
    start, end = span.start, span.end
    until = f"{end.column}" if start.line == end.line else f"{end.line},{end.column}"
    return f"{span.filename}:{start.line},{start.column}-{until}"


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(*_UNDECODED))
