"""Colour decisions, widths, durations and tables."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.views.style import PLAIN_WIDTH, Style, choose, wants_color
from mlctl.views.text import (
    cell_width,
    clip,
    duration,
    enumerated,
    listed,
    pad,
    plural,
    safe,
    safe_line,
    size,
    table,
    wrap,
)


class Screen(io.StringIO):
    """A stream that people look at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "no_color", "expected"),
    [
        (Screen(), {}, False, True),
        (io.StringIO(), {}, False, False),
        (Screen(), {"NO_COLOR": "1"}, False, False),
        (Screen(), {"NO_COLOR": ""}, False, True),
        (io.StringIO(), {"FORCE_COLOR": "1"}, False, True),
        (Screen(), {"FORCE_COLOR": "0"}, False, False),
        (Screen(), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True, False),
        (Screen(), {"TERM": "dumb"}, False, False),
    ],
)
def test_colour_is_for_terminals_unless_somebody_says_otherwise(
    stream: io.StringIO, environ: Mapping[str, str], no_color: bool, expected: bool
) -> None:
    assert wants_color(stream, environ, no_color=no_color) is expected


def test_the_width_is_the_terminals_or_what_columns_says() -> None:
    assert choose(io.StringIO(), {}).width == PLAIN_WIDTH
    assert choose(io.StringIO(), {"COLUMNS": "132"}).width == 132
    assert choose(Screen(), {"COLUMNS": "3"}).width == 20
    assert choose(Screen(), {"COLUMNS": "x"}).width >= 20


def test_without_colour_a_style_adds_nothing() -> None:
    style = Style()

    assert style.bold(style.red(style.mark("-/+"))) == "-/+"
    assert Style(color=True).bold("") == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.42, "0.4s"),
        (9.96, "10s"),
        (12.3, "12s"),
        (59.6, "1m 00s"),
        (185, "3m 05s"),
        (7620, "2h 07m"),
        (3599.7, "1h 00m"),
    ],
)
def test_a_duration_reads_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (3 << 30, "3.0 GiB"),
        (1 << 60, "1048576.0 TiB"),
    ],
)
def test_a_size_reads_as_people_say_it(count: int, text: str) -> None:
    assert size(count) == text


def test_counts_and_lists_read_as_sentences() -> None:
    assert plural(1, "step") == "1 step"
    assert plural(0, "box", "boxes") == "0 boxes"
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert enumerated(["a"]) == "a"
    assert enumerated(["a", "b", "c"]) == "a, b and c"


def test_columns_line_up_also_with_wide_characters() -> None:
    assert table([("名", "x"), ("abc", "y"), ("e\u0301", "z")]) == [
        "名   x",
        "abc  y",
        "e\u0301    z",
    ]
    assert table([]) == []


@given(st.text(), st.integers(1, 40))
def test_a_clipped_text_fits(text: str, width: int) -> None:
    assert cell_width(clip(text, width)) <= max(width, 1)
    assert clip(text, cell_width(text)) == text


@given(st.text(), st.integers(0, 40))
def test_padding_fills_up_to_the_width(text: str, width: int) -> None:
    assert cell_width(pad(text, width)) == max(width, cell_width(text))


@given(st.text(st.characters()))
def test_safe_text_has_nothing_that_acts_on_a_terminal_and_can_always_be_written(
    text: str,
) -> None:
    line = safe_line(text)

    assert all(
        char.isprintable() or char == " " or ord(char) > 0x2000 for char in line if char < "\xa0"
    )
    assert not set(line) & {"\x1b", "\n", "\t", "\r", "\x7f", "\x9b", "\u202e"}
    safe(text).encode()


@given(st.text("ab \n", max_size=200), st.integers(20, 60))
def test_wrapped_prose_keeps_every_word(text: str, width: int) -> None:
    assert wrap(text, width).split() == text.split()
