"""Where to go on after a syntax error."""

from __future__ import annotations

from mlctl.hcl import tokens as t
from mlctl.hcl.tokens import Tokens


def end_of_item(tokens: Tokens, first: int, at: int) -> int:
    """The index of the token with which parsing should go on.

    Brackets are matched from the item's first token. When they balance, the item ends with the
    line on which they do; or before the brace that closes the block around it. When they do not,
    nobody can tell where it was meant to end, and the line after the error is tried.

    Args:
        tokens: All tokens.
        first: The first token of the item that is broken.
        at: The token where that was noticed.
    """
    kinds = tokens.kinds
    open_: list[str] = []
    for index in range(first, len(kinds)):
        kind = kinds[index]
        if kind is t.NEWLINE:
            if not open_ and index >= first:
                return index + 1
        elif kind in t.OPENERS:
            open_.append(t.OPENERS[kind])
        elif kind in t.CLOSERS:
            if kind in open_:
                while open_.pop() != kind:
                    pass
            elif kind == "}" and index > first:
                return index
    return _next_line(kinds, max(first, at))


def _next_line(kinds: list[str], at: int) -> int:
    for index in range(at, len(kinds)):
        if kinds[index] is t.NEWLINE:
            return index + 1
    return len(kinds) - 1
