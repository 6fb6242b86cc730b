r"""Go's regular expressions (RE2) in terms of Python's: what they mean there, they mean here.

A pattern is read by Go's rules, refused where Go refuses it (back-references, look-around) and
written anew: ``$`` is the very end, ``\d \w \s \b`` and ``[:alpha:]`` are ASCII, ``(?U)``
swaps greediness, ``\Q...\E`` quotes. Matching is leftmost-first in both. Unlike RE2, Python
backtracks, so a match that takes too long is given up.

Syntax: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from mlctl.hcl.functions.regex_engine import Engine, Match, compile_regex, escape, is_regex

_MAX_REPEAT = 1000
_PERL = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r\ "}
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t\ ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": r"\ -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r\ ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_CONTROL = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_ZERO_WIDTH = {"A": r"\A", "z": r"\Z", "b": r"(?a:\b)", "B": r"(?a:\B)"}
_REPEAT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_GROUP_NAME = re.compile(r"\(\?P?<([^>]*)>")
_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_CLASS_NAME = re.compile(r"\[:(\^?)(\w+):\]")
_UNICODE = re.compile(r"\\[pP](?:\{(\^?)(\w+)\}|(\w))")
_HEX = re.compile(r"\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_OCTAL = re.compile(r"\\([1-7][0-7]{1,2}|0[0-7]{0,2})")


@dataclass
class PatternError(ValueError):
    """A pattern Go does not take.

    Attributes:
        code: What is wrong, in Go's words.
        part: The part of the pattern that is wrong.
    """

    code: str
    part: str

    def __str__(self) -> str:
        return f"{self.code} in {self.part}"


@dataclass(frozen=True, slots=True)
class GoPattern:
    """A pattern ready to search with.

    Attributes:
        names: Of the capture groups in order; empty for one without a name.
    """

    engine: Engine
    names: tuple[str, ...]

    def find(self, text: str) -> Match | None:
        """The first match.

        Raises:
            TimeoutError: It took too long.
        """
        return next(self.find_all(text), None)

    def find_all(self, text: str) -> Iterator[Match]:
        """All matches that do not overlap; as in Go, none empty that touches the one before.

        Raises:
            TimeoutError: A match took too long.
        """
        end = -1
        for match in self.engine.finditer(text):
            if match.start() != match.end() or match.start() != end:
                yield match
            end = match.end()


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> GoPattern:
    """The pattern, compiled to match as it does in Go.

    Raises:
        PatternError: It is none of Go's.
    """
    reading = _Translation(pattern)
    translated = reading.translated()
    return GoPattern(compile_regex(translated), tuple(reading.names))


@dataclass
class _Translation:
    """One reading of a pattern, from left to right.

    Attributes:
        flags: Of the group being read: i, m, s, U.
        outer: The flags of the groups around it, innermost last.
        names: Of the groups so far; empty for one without a name.
        repeatable: Whether what was last read may be repeated.
    """

    pattern: str
    at: int = 0
    flags: frozenset[str] = frozenset()
    outer: list[frozenset[str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    repeatable: bool = False

    def translated(self) -> str:
        pieces = []
        while self.at < len(self.pattern):
            pieces.append(self._next())
        if self.outer:
            raise PatternError("missing closing )", self.pattern)
        return "".join(pieces)

    def _next(self) -> str:
        c = self.pattern[self.at]
        if c in "*+?" or (c == "{" and _REPEAT.match(self.pattern, self.at)):
            return self._repetition()
        if c in "|^$":
            return self._mark(c)
        self.repeatable = c != "("
        readers = {"(": self._group, ")": self._close, "[": self._set, "\\": self._escape}
        return readers.get(c, self._character)()

    def _character(self) -> str:
        c = self.pattern[self.at]
        self.at += 1
        return self._dot() if c == "." else self._cased(_literal(c))

    def _mark(self, c: str) -> str:
        self.at += 1
        self.repeatable = c != "|"
        if c == "|":
            return c
        if "m" in self.flags:
            return f"(?m:{c})"
        return r"\A" if c == "^" else r"\Z"

    def _dot(self) -> str:
        return r"(?s:.)" if "s" in self.flags else r"[^\n]"

    def _cased(self, atom: str) -> str:
        return f"(?i:{atom})" if "i" in self.flags else atom

    def _repetition(self) -> str:
        start = self.at
        counted = _REPEAT.match(self.pattern, start)
        op = counted.group() if counted else self.pattern[start]
        if not self.repeatable:
            raise self._misplaced(op)
        if counted:
            op = _checked_repeat(counted)
        self.at = counted.end() if counted else start + 1
        lazy = self.pattern.startswith("?", self.at)
        self.at += lazy
        following = _REPEAT.match(self.pattern, self.at)
        if following or self.pattern[self.at : self.at + 1] in ("*", "+", "?"):
            end = following.end() if following else self.at + 1
            part = self.pattern[start:end]
            raise PatternError("invalid nested repetition operator", part)
        self.repeatable = False
        return op + ("?" if lazy is not ("U" in self.flags) else "")

    def _misplaced(self, op: str) -> PatternError:
        return PatternError("missing argument to repetition operator", op)

    def _group(self) -> str:
        named = _GROUP_NAME.match(self.pattern, self.at)
        flagged = _FLAGS.match(self.pattern, self.at)
        if named and not self.pattern.startswith(("(?<=", "(?<!"), self.at):
            return self._named_group(named)
        if flagged:
            return self._flagged_group(flagged)
        if self.pattern.startswith("(?", self.at):
            if self.pattern.startswith(("(?<", "(?P<"), self.at):
                raise PatternError("invalid named capture", self.pattern[self.at :])
            part = self.pattern[self.at : self.at + 3]
            raise PatternError("invalid or unsupported Perl syntax", part)
        self.outer.append(self.flags)
        self.names.append("")
        self.at += 1
        return "("

    def _named_group(self, named: re.Match[str]) -> str:
        name = named.group(1)
        if not re.fullmatch(r"\w+", name, re.ASCII):
            raise PatternError("invalid named capture", named.group())
        # A name may begin with a digit in Go, so groups are only numbered here.
        self.names.append(name)
        self.outer.append(self.flags)
        self.at = named.end()
        return "("

    def _flagged_group(self, flagged: re.Match[str]) -> str:
        on, off, end = flagged.groups()
        if not on and not off and end == ")":
            raise PatternError("missing argument to repetition operator", "?")
        changed = (self.flags | set(on)) - set(off or "")
        self.at = flagged.end()
        if end == ":":
            self.outer.append(self.flags)
        self.flags = changed
        return "(?:" if end == ":" else ""

    def _close(self) -> str:
        if not self.outer:
            raise PatternError("unexpected )", self.pattern)
        self.flags = self.outer.pop()
        self.at += 1
        return ")"

    def _escape(self) -> str:
        if self.pattern.startswith("\\Q", self.at):
            return self._quoted()
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter in _ZERO_WIDTH:
            self.at += 2
            return _ZERO_WIDTH[letter]
        return self._cased(f"[{self._class_escape()}]")

    def _quoted(self) -> str:
        end = self.pattern.find("\\E", self.at)
        stop = len(self.pattern) if end < 0 else end
        text = self.pattern[self.at + 2 : stop]
        self.at = stop if end < 0 else end + 2
        self.repeatable = bool(text)
        return "".join(self._cased(_literal(c)) for c in text)

    def _class_escape(self) -> str:
        """What an escape stands for, as it is written inside of brackets."""
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter.lower() in _PERL:
            self.at += 2
            return _PERL[letter] if letter in _PERL else _complement(_PERL[letter.lower()])
        by_name = _UNICODE.match(self.pattern, self.at)
        if by_name:
            self.at = by_name.end()
            return _unicode_class(by_name)
        return _literal(self._single())

    def _single(self) -> str:
        """One character, escaped or not."""
        if self.pattern[self.at] != "\\":
            self.at += 1
            return self.pattern[self.at - 1]
        for form, base in ((_HEX, 16), (_OCTAL, 8)):
            numbered = form.match(self.pattern, self.at)
            if numbered:
                self.at = numbered.end()
                return _character(next(g for g in numbered.groups() if g), base, numbered.group())
        letter = self.pattern[self.at + 1 : self.at + 2]
        if not letter:
            raise PatternError("trailing backslash at end of expression", "")
        self.at += 2
        if letter in _CONTROL:
            return chr(_CONTROL[letter])
        if letter.isascii() and not letter.isalnum():
            return letter
        raise PatternError("invalid escape sequence", f"\\{letter}")

    def _set(self) -> str:
        start = self.at
        self.at += 1
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        items: list[str] = []
        while not items or not self.pattern.startswith("]", self.at):
            if self.at >= len(self.pattern):
                raise PatternError("missing closing ]", f"{self.pattern[start:]}")
            items.append(self._set_item())
        self.at += 1
        return self._cased(f"[{'^' if negated else ''}{''.join(items)}]")

    def _set_item(self) -> str:
        named = _CLASS_NAME.match(self.pattern, self.at)
        if named:
            return self._posix(named)
        letter = self.pattern[self.at + 1 : self.at + 2]
        if self.pattern[self.at] == "\\" and letter.lower() in (*_PERL, "p"):
            return self._class_escape()
        start = self.at
        low = self._single()
        if self.pattern[self.at : self.at + 1] != "-" or self.pattern[
            self.at + 1 : self.at + 2
        ] in ("]", ""):
            return _literal(low)
        self.at += 1
        high = self._single()
        if high < low:
            part = self.pattern[start : self.at]
            raise PatternError("invalid character class range", part)
        return f"{_literal(low)}-{_literal(high)}"

    def _posix(self, named: re.Match[str]) -> str:
        negated, name = named.groups()
        if name not in _POSIX:
            raise PatternError("invalid character class range", named.group())
        self.at = named.end()
        return _complement(_POSIX[name]) if negated else _POSIX[name]


def _checked_repeat(counted: re.Match[str]) -> str:
    least, comma, most = counted.groups()
    upper = int(most) if most else int(least)
    if max(int(least), upper) > _MAX_REPEAT or upper < int(least):
        raise PatternError("invalid repeat count", counted.group())
    return f"{{{least}{comma or ''}{most or ''}}}"


def _unicode_class(by_name: re.Match[str]) -> str:
    negated, long, short = by_name.groups()
    name = long or short
    flip = (by_name.group()[1] == "P") != bool(negated)
    written = rf"\{'P' if flip else 'p'}{{{name}}}"
    if not is_regex(written):
        raise PatternError("invalid character class range", by_name.group())
    return written


@lru_cache
def _complement(ascii_class: str) -> str:
    """All characters that are not in a class of ASCII ones, as written inside of brackets."""
    inside = re.compile(f"[{ascii_class}]")
    outside = (chr(n) for n in range(0x80) if not inside.match(chr(n)))
    return "".join(map(_literal, outside)) + r"\x80-\U0010ffff"


def _character(digits: str, base: int, part: str) -> str:
    code = int(digits, base)
    if code > 0x10FFFF:
        raise PatternError("invalid escape sequence", part.removesuffix("}"))
    return chr(code)


def _literal(c: str) -> str:
    return c if c.isalnum() or c == "_" else escape(c)
