"""Places in a text."""

from __future__ import annotations

from mlctl.core.source import Position, SourceSpan


def test_a_place_reads_as_file_line_and_column() -> None:
    span = SourceSpan("main.hcl", Position(3, 5, 20), Position(3, 9, 24))

    assert str(span) == "main.hcl:3,5"


def test_places_are_compared_by_where_they_are_and_not_by_their_text() -> None:
    class Text:
        def line(self, number: int) -> str:
            return "x"

    start, end = Position(1, 1, 0), Position(1, 2, 1)

    assert SourceSpan("a", start, end, Text()) == SourceSpan("a", start, end)
    assert start < end
