"""Patterns of file names as Terraform's ``fileset`` takes them: ``**/*.{py,toml}``."""

from __future__ import annotations

import re
from functools import lru_cache

_META = re.compile(r"[*?\[{\\]")


class GlobError(ValueError):
    """The pattern is none."""


def split_static(pattern: str) -> tuple[str, str]:
    """The folders a pattern begins with by name, and the rest, which has something to match."""
    parts = pattern.split("/")
    named = 0
    while named < len(parts) - 1 and not _META.search(parts[named]):
        named += 1
    return "/".join(parts[:named]), "/".join(parts[named:])


@lru_cache(maxsize=256)
def compile_glob(pattern: str) -> re.Pattern[str]:
    """A pattern to match whole relative paths with.

    Raises:
        GlobError: A bracket is not closed.
    """
    parts = pattern.split("/")
    pieces = []
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        if part == "**":
            # It stands for any number of folders, none as well.
            pieces.append(".*" if last else "(?:[^/]+/)*")
        else:
            pieces.append(_segment(part) + ("" if last else "/"))
    return re.compile("".join(pieces), re.DOTALL)


def _segment(part: str) -> str:
    pieces, at, depth = [], 0, 0
    while at < len(part):
        c = part[at]
        if c == "[":
            text, at = _character_class(part, at)
            pieces.append(text)
            continue
        if c == "\\":
            at += 1
            if at == len(part):
                raise GlobError("syntax error in pattern")
            pieces.append(re.escape(part[at]))
        else:
            depth += (c == "{") - (c == "}" and depth > 0)
            pieces.append(_plain(c, in_braces=depth > 0 or c == "}"))
        at += 1
    if depth:
        raise GlobError("syntax error in pattern")
    return "".join(pieces)


def _plain(c: str, *, in_braces: bool) -> str:
    special = {"*": "[^/]*", "?": "[^/]"}
    if in_braces:
        special |= {"{": "(?:", "}": ")", ",": "|"}
    return special.get(c, re.escape(c))


def _character_class(part: str, at: int) -> tuple[str, int]:
    end = part.find("]", at + 2)
    if end < 0:
        raise GlobError("syntax error in pattern")
    inside = part[at + 1 : end]
    negated = inside[0] in "^!"
    listed = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside[1:] if negated else inside)
    return f"[{'^/' if negated else ''}{listed}]", end + 1
