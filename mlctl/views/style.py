"""Colour and width: decided once, handed to every view as a value."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

PLAIN_WIDTH = 80
"""Columns that text is wrapped to where no terminal says how wide it is."""

_RESET = "\x1b[0m"


class Terminal(Protocol):
    """What is asked of a stream: whether people look at it."""

    def isatty(self) -> bool:
        """True when the stream is a terminal."""


@dataclass(frozen=True, slots=True)
class Style:
    """How text is dressed.

    Attributes:
        color: ANSI sequences may be used.
        width: Columns prose is wrapped to.
    """

    color: bool = False
    width: int = PLAIN_WIDTH

    def bold(self, text: str) -> str:
        """What the eye should find first."""
        return self._paint("1", text)

    def red(self, text: str) -> str:
        """What is lost or wrong."""
        return self._paint("31", text)

    def green(self, text: str) -> str:
        """What is new or well."""
        return self._paint("32", text)

    def yellow(self, text: str) -> str:
        """What changes."""
        return self._paint("33", text)

    def cyan(self, text: str) -> str:
        """What is only read or noted."""
        return self._paint("36", text)

    def grey(self, text: str) -> str:
        """What may be skipped."""
        return self._paint("90", text)

    def underline(self, text: str) -> str:
        """The exact stretch that is meant."""
        return self._paint("4", text)

    def mark(self, symbol: str) -> str:
        """A symbol of the plan in its colour."""
        paint = _MARKS.get(symbol.strip())
        return self._paint(paint, symbol) if paint else symbol

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}{_RESET}" if self.color and text else text


_MARKS = {"+": "32", "-": "31", "~": "33", "->": "33", "<=": "36", ">": "36", "=": "90", ".": "90"}


def wants_color(stream: Terminal, environ: Mapping[str, str], *, no_color: bool = False) -> bool:
    """Whether a stream gets colour.

    ``--no-color`` wins over everything, then ``NO_COLOR`` and ``FORCE_COLOR`` when they are not
    empty (no-color.org, force-color.org), then whether people look at it.
    """
    if no_color or environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return environ["FORCE_COLOR"] != "0"
    return stream.isatty() and environ.get("TERM") != "dumb"


def choose(stream: Terminal, environ: Mapping[str, str], *, no_color: bool = False) -> Style:
    """The style for a stream: colour as above, and the terminal's width where there is one."""
    return Style(wants_color(stream, environ, no_color=no_color), _width(stream, environ))


def _width(stream: Terminal, environ: Mapping[str, str]) -> int:
    told = environ.get("COLUMNS", "")
    if told.isdigit() and int(told) > 0:
        return max(int(told), 20)
    if stream.isatty():
        return max(shutil.get_terminal_size(os.terminal_size((PLAIN_WIDTH, 24))).columns, 20)
    return PLAIN_WIDTH
