"""Literal text in strings and heredocs: escapes, strip markers, indentation."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mlctl.hcl.parser_cursor import normal

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What counts as space where space is stripped: Unicode's White_Space, as in Go."""

_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,4}|U[0-9a-fA-F]{0,8}|(?s:.)|$)|\$\$\{|%%\{")
_DOUBLED = re.compile(r"\$\$\{|%%\{")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}

Complain = Callable[[str, int, int], None]
"""Told what is wrong with an escape, and where it begins and ends in the text."""


@dataclass(slots=True)
class Text:
    """A piece of literal text in a template, and where it stands."""

    value: str
    start: int
    end: int


def unescape(raw: str, complain: Complain) -> str:
    """The text that a quoted string's content stands for. Broken escapes are left as they are."""
    if "\\" not in raw and "{" not in raw:
        return normal(raw)

    def replace(found: re.Match[str]) -> str:
        escape = found[0]
        if escape[0] != "\\":
            return escape[1:]
        simple = _SIMPLE.get(escape[1:])
        if simple is not None:
            return simple
        if problem := _problem(escape):
            complain(problem, *found.span())
            return escape
        return chr(int(escape[2:], 16))

    return normal(_ESCAPE.sub(replace, raw))


def undouble(raw: str) -> str:
    """The text that a heredoc's content stands for: ``$${`` is ``${``."""
    return normal(_DOUBLED.sub(lambda found: found[0][1:], raw) if "{" in raw else raw)


def _problem(escape: str) -> str:
    match escape[1:2]:
        case "u" if len(escape) < 6:
            return "\\u must be followed by four hexadecimal digits."
        case "U" if len(escape) < 10:
            return "\\U must be followed by eight hexadecimal digits."
        case "u" | "U":
            code = int(escape[2:], 16)
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                return f"There is no character U+{code:04X}."
            return ""
        case "":
            return "A backslash must be followed by what it stands for."
        case _:
            return f'"{escape}" is not an escape sequence. For a backslash write "\\\\".'


def trim_start(text: Text, *, whole: bool) -> None:
    """Strip leading space, after ``~}``. Unless ``whole``, only as far as the line's end."""
    cut = len(text.value) if whole else text.value.find("\n") + 1 or len(text.value)
    text.value = text.value[:cut].lstrip(SPACE) + text.value[cut:]


def trim_end(text: Text, *, whole: bool) -> None:
    """Strip trailing space, before ``${~``. Unless ``whole``, only within the last line."""
    cut = 0 if whole else text.value.rfind("\n", 0, max(0, len(text.value) - 1)) + 1
    text.value = text.value[:cut] + text.value[cut:].rstrip(SPACE)


def lines(raw: str, start: int) -> list[Text]:
    """A heredoc's content as one piece a line, line ends included."""
    pieces = []
    for line in _split(raw):
        pieces.append(Text(undouble(line), start, start + len(line)))
        start += len(line)
    return pieces


def _split(raw: str) -> list[str]:
    # Not str.splitlines, which also splits at a lone carriage return and at rarer characters.
    parts = raw.split("\n")
    return [*(part + "\n" for part in parts[:-1]), *([parts[-1]] if parts[-1] else [])]


def unindent(parts: list[Text | None]) -> None:
    """Take the smallest indentation off the lines of a ``<<-`` heredoc.

    Only literal text at the beginning of a line counts; what is interpolated never does. Blank
    lines are left alone. None stands for a sequence; the end of the template is not given.
    """
    leading: list[tuple[Text, int]] = []
    smallest, at_line_start = None, True
    for part in parts:
        if at_line_start:
            at_line_start = False
            indent = _indent(part)
            if part is not None and indent is not None:
                leading.append((part, indent))
            if indent is not None:
                smallest = indent if smallest is None else min(smallest, indent)
        if part is not None and part.value.endswith("\n"):
            at_line_start = True
    for text, _ in leading:
        text.value = text.value[smallest:]
        text.start += smallest or 0


def _indent(part: Text | None) -> int | None:
    """How far a line is indented; None for a blank line."""
    if part is None:
        return 0
    rest = part.value.lstrip(SPACE)
    if not rest and part.value.endswith("\n"):
        return None
    return len(part.value) - len(rest)


def meld(parts: list[Text]) -> Text:
    """Neighbouring pieces as one."""
    return Text("".join(part.value for part in parts), parts[0].start, parts[-1].end)
