"""A value as ``console`` and ``output`` show it: the form Terraform's console has."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable

from mlctl.core.secret import MASK
from mlctl.core.types import DYNAMIC, CollectionType, ListType, MapType, SetType, Type, is_primitive
from mlctl.core.value import SENSITIVE, Value, number_text

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
    if value.is_null:
        return _null(value.type)
    raw = value.raw
    if isinstance(raw, str):
        return _string(raw, indent)
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, dict):
        return _keyed(value, indent)
    if isinstance(raw, tuple):
        return _sequence(value, indent)
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
    if "\n" in text and _printable(text):
        return _heredoc(text, indent)
    return quoted(text)


def _printable(text: str) -> bool:
    return all(c in "\n\t" or unicodedata.category(c) != "Cc" for c in text)


def quoted(text: str) -> str:
    """The text as a string of the language."""
    escaped = json.dumps(text, ensure_ascii=False)
    return escaped.replace("${", "$${").replace("%{", "%%{")


def _heredoc(text: str, indent: int) -> str:
    lines = text.split("\n")
    marker = "EOT"
    while marker in (line.strip() for line in lines):
        marker += "_"
    margin = " " * indent
    flush = "-" if indent else ""
    body = "\n".join(f"{margin}{line}" if line else "" for line in lines) if indent else text
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
