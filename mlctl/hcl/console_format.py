"""A value as ``console`` and ``output`` show it: the form Terraform's console has."""

from __future__ import annotations

from collections.abc import Iterable

from mlctl.core.secret import MASK
from mlctl.core.types import DYNAMIC, CollectionType, ListType, MapType, SetType, Type, is_primitive
from mlctl.core.value import SENSITIVE, Value, number_text

_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}

KNOWN_LATER = "(known after apply)"
"""What stands in place of a value only apply will tell."""


def format_value(value: Value, indent: int = 0) -> str:
    """The value as text, over several lines where it holds others.

    Collections show what they are (``tolist([…])``), objects and tuples do not, as in source.

    Args:
        value: What to show; what is sensitive in it is masked.
        indent: Columns that every line but the first is moved to the right.
    """
    if SENSITIVE in value.marks:
        return MASK
    if not value.is_known:
        return KNOWN_LATER
    match value.raw:
        case None:
            return _null(value.type)
        case dict():
            return _keyed(value, indent)
        case tuple():
            return _sequence(value, indent)
        case _:
            return _scalar(value, indent)


def _scalar(value: Value, indent: int) -> str:
    match value.raw:
        case str(text):
            return _string(text, indent)
        case bool(truth):
            return "true" if truth else "false"
        case _:
            return number_text(value.as_number())


def _null(t: Type) -> str:
    if t is DYNAMIC:
        return "null"
    if is_primitive(t):
        return f"to{t.name}(null)"
    if isinstance(t, CollectionType):
        return f"to{t.kind}(null) /* of {t.element.friendly_name} */"
    return f"null /* {t.friendly_name} */"


def _string(text: str, indent: int) -> str:
    return _heredoc(text, indent) if "\n" in text else quoted(text)


def quoted(text: str) -> str:
    """The text in quotes, what cannot be printed escaped as Go's ``%q`` does."""
    if text.isascii() and text.isprintable():
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _heredoc(text: str, indent: int) -> str:
    lines = text.split("\n")
    marker = "EOT"
    while marker in (line.strip() for line in lines):
        marker += "_"
    margin = " " * indent
    flush = "-" if indent else ""
    body = "\n".join(margin + line for line in lines)
    return f"<<{flush}{marker}\n{body}\n{margin}{marker}"


def _keyed(value: Value, indent: int) -> str:
    items = (
        f"{quoted(key)} = {format_value(member, indent + 2)}"
        for key, member in value.entries().items()
    )
    text = _lines("{", "}", items, indent, comma="")
    return f"tomap({text})" if isinstance(value.type, MapType) else text


def _sequence(value: Value, indent: int) -> str:
    items = (format_value(member, indent + 2) for member in value.elements())
    text = _lines("[", "]", items, indent, comma=",")
    kind = value.type
    return f"to{kind.kind}({text})" if isinstance(kind, (ListType, SetType)) else text


def _lines(opener: str, closer: str, items: Iterable[str], indent: int, *, comma: str) -> str:
    inside = "".join(f"\n{' ' * (indent + 2)}{item}{comma}" for item in items)
    return f"{opener}{inside}\n{' ' * indent}{closer}" if inside else opener + closer
