"""Text in quotes as Go's ``%q`` writes it, for messages."""

from __future__ import annotations

_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_IN_SINGLE = {"'": "\\'", '"': '"'}


def quote(text: str) -> str:
    """The text in double quotes, what does not print escaped."""
    return f'"{"".join(map(_escaped, text))}"'


def quote_character(c: str) -> str:
    """One character in single quotes."""
    return f"'{_IN_SINGLE.get(c) or _escaped(c)}'"


def _escaped(c: str) -> str:
    if c in _ESCAPES:
        return _ESCAPES[c]
    if c.isprintable():
        return c
    code = ord(c)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
