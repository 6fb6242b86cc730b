"""Text for a shell, built from what was written and from values that must stay one word."""

from __future__ import annotations

import re
import shlex

_IN_DOUBLE = re.compile(r'[\\"$`]')


class ShellText:
    """A command under construction that knows which quotes it is inside of.

    What the author wrote goes in as it is; a value goes in so that the shell reads back exactly
    that value, whether it stands bare, between double or between single quotes. Follows the
    quoting rules of POSIX, Shell Command Language, 2.2; here-documents are not followed.
    """

    def __init__(self) -> None:
        self._text: list[str] = []
        self._stack = [""]

    def __str__(self) -> str:
        return "".join(self._text)

    def write(self, text: str) -> None:
        """Add what the author wrote."""
        self._text.append(text)
        at = 0
        while at < len(text):
            at += self._step(text, at)

    def word(self, value: str) -> None:
        """Add a value."""
        match self._stack[-1]:
            case "'":
                self._text.append(value.replace("'", "'\\''"))
            case '"':
                self._text.append(_IN_DOUBLE.sub(r"\\\g<0>", value))
            case _:
                self._text.append(shlex.quote(value))

    def _step(self, text: str, at: int) -> int:
        """Follow one character, or two that belong together; how many were followed."""
        char, inside = text[at], self._stack[-1]
        if inside == "'":
            if char == "'":
                self._stack.pop()
            return 1
        if char == "\\":
            return 2
        if text.startswith("$(", at):
            self._stack.append("")
            return 2
        if char == '"':
            self._toggle_double(inside)
        elif inside == "" and char == "'":
            self._stack.append("'")
        elif inside == "" and char == ")" and len(self._stack) > 1:
            self._stack.pop()
        return 1

    def _toggle_double(self, inside: str) -> None:
        if inside == '"':
            self._stack.pop()
        else:
            self._stack.append('"')
