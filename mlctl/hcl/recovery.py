"""Where to go on after a syntax error."""

from __future__ import annotations

from mlctl.hcl import tokens as t
from mlctl.hcl.tokens import Tokens


def end_of_item(tokens: Tokens, first: int, at: int) -> int:
    """The index of the token with which parsing should go on.

    Brackets are matched from the item's first token. When they balance, the item ends with the
    line on which they do, or before the brace that closes the block around it. When they do not,
    nobody can tell where it was meant to end, and the next line after the error is tried.

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
            if not open_:
                return index + 1
        elif kind in t.OPENERS:
            open_.append(t.OPENERS[kind])
        elif kind in t.CLOSERS and not _close(open_, kind) and kind == "}" and index > first:
            return min(index, _next_line(kinds, first, at)) if open_ else index
    return _next_line(kinds, first, at)


def _close(open_: list[str], closer: str) -> bool:
    """Close everything up to what ``closer`` closes; False when nothing open is closed by it."""
    if closer not in open_:
        return False
    while open_.pop() != closer:
        pass
    return True


def _next_line(kinds: list[str], first: int, at: int) -> int:
    # Something that begins like an item where only the rest of a list was wanted: it is one.
    if at > first + 1 and kinds[at] is t.IDENT and kinds[at - 1] is t.NEWLINE:
        return at
    for index in range(max(first, at), len(kinds)):
        if kinds[index] is t.NEWLINE:
            return index + 1
    return len(kinds) - 1
