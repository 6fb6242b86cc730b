"""The one place that touches the ``regex`` library: Unicode classes, graphemes, time limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import regex

_GRAPHEME = regex.compile(r"\X")

TIMEOUT_S = 10.0
"""How long one search may take, in seconds."""


Match: TypeAlias = "regex.Match[str]"


@dataclass(frozen=True, slots=True)
class Engine:
    """A compiled pattern of the ``regex`` library."""

    compiled: regex.Pattern[str]

    def finditer(self, text: str) -> Iterator[Match]:
        """All matches that do not overlap.

        Raises:
            TimeoutError: The search took too long.
        """
        return self.compiled.finditer(text, timeout=TIMEOUT_S)


def compile_regex(pattern: str) -> Engine:
    """Compile a pattern of the library's own syntax."""
    return Engine(regex.compile(pattern, regex.V0))


def is_regex(pattern: str) -> bool:
    """True when the library takes the pattern."""
    try:
        regex.compile(pattern)
    except regex.error:
        return False
    return True


def escape(c: str) -> str:
    """The character, written so that it stands for itself."""
    return regex.escape(c, special_only=False)


def graphemes(text: str) -> list[str]:
    """The characters as people count them: Unicode's extended grapheme clusters."""
    if text.isascii() and "\r\n" not in text:
        return list(text)
    return _GRAPHEME.findall(text)
