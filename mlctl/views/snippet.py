"""The lines a diagnostic quotes, and where in them the exact stretch is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from mlctl.core.diagnostic import Diagnostic
from mlctl.core.source import SourceSpan, SourceText
from mlctl.views.text import char_width, safe_line

MAX_CONTEXT_LINES = 8
"""A larger context than this says less than the line itself, so only the subject is quoted."""

MAX_SUBJECT_LINES = 6
"""Of a longer subject the first and the last lines are quoted."""

_TAB = "    "
_REGIONAL = range(0x1F1E6, 0x1F200)


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line of source.

    Attributes:
        number: From 1.
        text: Without its line end.
        start: Character offset where the exact stretch begins; equal to ``end`` where it does
            not touch this line.
        end: Character offset behind the stretch.
    """

    number: int
    text: str
    start: int
    end: int

    def cut(self, width: int) -> tuple[str, str, str]:
        """What stands before, in and after the stretch, safe to show, in ``width`` columns.

        A line that does not fit loses what is furthest from the stretch.
        """
        cells = _cells(self.text)
        first, last = _cell_range(self, cells)
        lo, hi = _window(cells, first, last, width)
        head = "…" if lo > 0 else ""
        tail = "…" if hi < len(cells) else ""
        shown = [cell.shown for cell in cells]
        return (
            head + "".join(shown[lo:first]),
            "".join(shown[first : min(last, hi)]),
            "".join(shown[min(last, hi) : hi]) + tail,
        )

    def carets(self, width: int) -> str:
        """Blanks and carets that stand under the stretch when ``cut`` stands above; else empty."""
        if self.start > len(self.text) or (self.start == self.end and not self._is_point):
            return ""
        before, marked, _ = self.cut(width)
        return " " * _columns(before) + "^" * max(1, _columns(marked))

    @property
    def _is_point(self) -> bool:
        # An empty stretch is a place between two characters and gets one caret.
        return self.start >= 0 and self.start == self.end


@dataclass(frozen=True, slots=True)
class Snippet:
    """Quoted lines in order.

    Attributes:
        context: The block's header, for readers that show it.
        lines: All of them; ``shown`` leaves out what people need not see.
    """

    context: str
    lines: tuple[QuotedLine, ...]

    def shown(self) -> Iterator[QuotedLine | None]:
        """The lines to quote; None stands for those left out."""
        if len(self.lines) <= max(MAX_SUBJECT_LINES, MAX_CONTEXT_LINES):
            yield from self.lines
            return
        yield from self.lines[: MAX_SUBJECT_LINES // 2]
        yield None
        yield self.lines[-1]

    @property
    def code(self) -> str:
        """The lines as one text."""
        return "\n".join(line.text for line in self.lines)

    @property
    def highlight(self) -> tuple[int, int]:
        """Character offsets of the exact stretch in ``code``, the end exclusive."""
        at, found = 0, []
        for line in self.lines:
            if line.start >= 0:
                found.append((at + line.start, at + line.end))
            at += len(line.text) + 1
        return found[0][0], found[-1][1]


def snippet_of(found: Diagnostic) -> Snippet | None:
    """What a diagnostic quotes; None without a place, or without its source text."""
    subject = found.subject
    if subject is None or subject.source is None:
        return None
    first, last = _extent(subject, found.context)
    source = subject.source
    lines = (_quoted(source, subject, n) for n in range(first, last + 1))
    return Snippet(found.block, tuple(lines))


def _extent(subject: SourceSpan, context: SourceSpan | None) -> tuple[int, int]:
    first, last = subject.start.line, _last_line(subject)
    if context is None:
        return first, last
    wide = min(first, context.start.line), max(last, _last_line(context))
    return wide if wide[1] - wide[0] < MAX_CONTEXT_LINES else (first, last)


def _last_line(span: SourceSpan) -> int:
    # A stretch that ends before the first character of a line does not touch that line.
    ends_at_start = span.end.column == 1 and span.end.line > span.start.line
    return span.end.line - 1 if ends_at_start else span.end.line


def _quoted(source: SourceText, subject: SourceSpan, number: int) -> QuotedLine:
    text = source.line(number)
    if not subject.start.line <= number <= _last_line(subject):
        return QuotedLine(number, text, -1, -1)
    start, end = 0, len(text)
    if number == subject.start.line:
        start = _offset(text, subject.start.column)
    elif text.strip():
        start = len(text) - len(text.lstrip())
    if number == subject.end.line:
        end = max(start, _offset(text, subject.end.column))
    return QuotedLine(number, text, start, end)


def _offset(text: str, column: int) -> int:
    """Character offset of a column, which counts grapheme clusters from 1."""
    if text.isascii():
        return min(column - 1, len(text))
    return sum(map(len, _clusters(text)[: column - 1]))


def _clusters(text: str) -> list[str]:
    return list(text) if text.isascii() else regex.findall(r"\X", text)


@dataclass(frozen=True, slots=True)
class _Cell:
    shown: str
    columns: int
    characters: int


def _cells(text: str) -> list[_Cell]:
    return [_cell(cluster) for cluster in _clusters(text)]


def _cell(cluster: str) -> _Cell:
    shown = _TAB if cluster == "\t" else safe_line(cluster)
    return _Cell(shown, _columns(shown), len(cluster))


def _columns(text: str) -> int:
    """Columns of a text. A cluster drawn of several characters is as wide as the widest of them."""
    if text.isascii():
        return len(text)
    return sum(_cluster_width(cluster) for cluster in _clusters(text))


def _cluster_width(cluster: str) -> int:
    if len(cluster) > 1 and ord(cluster[0]) in _REGIONAL:
        return 2
    return max(map(char_width, cluster))


def _cell_range(line: QuotedLine, cells: list[_Cell]) -> tuple[int, int]:
    if line.start < 0:
        return len(cells), len(cells)
    first, last, at = len(cells), len(cells), 0
    for i, cell in enumerate(cells):
        first = min(first, i) if at >= line.start else first
        last = min(last, i) if at >= line.end else last
        at += cell.characters
    return first, max(first, last)


def _window(cells: list[_Cell], first: int, last: int, width: int) -> tuple[int, int]:
    """The cells to show: the stretch, and as much around it as fits, evenly."""
    if sum(cell.columns for cell in cells) <= width:
        return 0, len(cells)
    # Two columns are for the ellipses.
    room = max(width - 2, 10)
    if first == len(cells):
        first = last = 0
    lo = hi = first
    used = 0
    while hi < last and used + cells[hi].columns <= room:
        used += cells[hi].columns
        hi += 1
    return _widened(cells, (lo, hi), room - used)


def _widened(cells: list[_Cell], window: tuple[int, int], room: int) -> tuple[int, int]:
    lo, hi = window
    grown = True
    while grown:
        grown = False
        if lo > 0 and cells[lo - 1].columns <= room:
            lo, room, grown = lo - 1, room - cells[lo - 1].columns, True
        if hi < len(cells) and cells[hi].columns <= room:
            room, hi, grown = room - cells[hi].columns, hi + 1, True
    return lo, hi
