"""The one place that touches the ``regex`` library: Unicode classes, graphemes, time limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, cast

import regex  # type: ignore[import-untyped]  # it has no stubs of its own

TIMEOUT_S = 10.0
"""How long one search may take, in seconds."""


class Match(Protocol):
    """One match."""

    def start(self, group: int = 0, /) -> int:
        """Where a group begins; -1 when it took no part."""
        ...

    def end(self, group: int = 0, /) -> int:
        """Where a group ends."""
        ...

    def group(self, group: int = 0, /) -> str | None:
        """What a group matched; None when it took no part."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """A compiled pattern of the ``regex`` library."""

    compiled: object

    def finditer(self, text: str) -> Iterator[Match]:
        """All matches that do not overlap.

        Raises:
            TimeoutError: The search took too long.
        """
        found = regex.finditer(self.compiled, text, timeout=TIMEOUT_S)
        return cast(Iterator[Match], found)


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
    return cast(str, regex.escape(c, special_only=False))


def graphemes(text: str) -> list[str]:
    """The characters as people count them: Unicode's extended grapheme clusters."""
    if text.isascii() and "\r\n" not in text:
        return list(text)
    return cast("list[str]", regex.findall(r"\X", text))
