"""Small things every text view needs: safe characters, widths, wrapping, counts and durations."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Control characters, line and direction marks, and lone surrogates.

They would move the cursor, reorder what is read or stop the stream. Tab and line feed are
harmless and stay.
"""

_ANY_BREAK = re.compile("[\t\n]")
_SHORT_FRACTION_S = 10.0


def safe(text: str) -> str:
    """Untrusted text with every character that could act on a terminal spelled out."""
    return _UNSAFE.sub(_spelled, text)


def safe_line(text: str) -> str:
    """The same for text that must stay on one line: tabs and line feeds are spelled out too."""
    return _ANY_BREAK.sub(_break_spelled, safe(text))


def _spelled(match: re.Match[str]) -> str:
    return "\\r" if match[0] == "\r" else f"\\u{ord(match[0]):04x}"


def _break_spelled(match: re.Match[str]) -> str:
    return "\\t" if match[0] == "\t" else "\\n"


def cell_width(text: str) -> int:
    """Columns a text takes on a terminal: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(map(char_width, text))


def char_width(char: str) -> int:
    """Columns of one character, by its East Asian width and category (UAX #11)."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def pad(text: str, width: int) -> str:
    """The text followed by blanks up to ``width`` columns."""
    return text + " " * (width - cell_width(text))


def clip(text: str, width: int) -> str:
    """The text cut to ``width`` columns, with an ellipsis where something is missing."""
    if cell_width(text) <= width:
        return text
    room, kept = width - 1, []
    for char in text:
        room -= char_width(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept) + "…"


def wrap(text: str, width: int, indent: str = "") -> str:
    """Prose wrapped to ``width`` columns. Indented lines are examples and stay as they are."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line or line[0] in " \t":
            lines.append(line)
            continue
        lines.extend(_wrapped(line, max(width - len(indent), 20)))
    return "\n".join(f"{indent}{line}" if line else "" for line in lines)


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(
        line, width, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )


def plural(count: int, noun: str, many: str = "") -> str:
    """``1 step``, ``2 steps``."""
    return f"{count} {noun}" if count == 1 else f"{count} {many or noun + 's'}"


def listed(names: Sequence[str], limit: int = 8) -> str:
    """Names with commas; beyond ``limit`` the rest is counted."""
    shown = ", ".join(names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown


def enumerated(names: Sequence[str]) -> str:
    """Names as a sentence has them: ``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def duration(seconds: float) -> str:
    """``0.4s``, ``12s``, ``3m 05s``, ``2h 07m``."""
    tenths = round(seconds, 1)
    if tenths < _SHORT_FRACTION_S and tenths != int(tenths):
        return f"{tenths}s"
    whole = int(seconds + 0.5)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


def size(count: int) -> str:
    """``17 B``, ``1.2 KiB``, ``3.0 GiB``."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024 or unit == "TiB":
            break
        amount /= 1024
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"


def table(rows: Iterable[Sequence[str]], gap: str = "  ") -> list[str]:
    """Rows in columns as wide as their widest cell; the last column is never padded."""
    found = list(rows)
    columns = max(map(len, found), default=0)
    widths = [max(cell_width(r[i]) for r in found if i < len(r)) for i in range(columns)]
    return [gap.join(pad(cell, widths[i]) for i, cell in enumerate(row)).rstrip() for row in found]
