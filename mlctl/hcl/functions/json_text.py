"""JSON as the language writes and reads it: jsonencode jsondecode.

Compact, keys sorted, ``< > &`` and the line separators escaped as Go does, numbers with all their
digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from mlctl.core.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    CollectionType,
    TupleType,
    Type,
    is_keyed,
)
from mlctl.core.value import (
    NOTHING_KNOWN,
    UNKNOWN,
    Refinement,
    Value,
    from_plain,
    number_text,
    parse_number,
    string,
    unknown,
)
from mlctl.core.value_number import is_finite
from mlctl.hcl.functions.go_quote import quote_character
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, anything, function

_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_ESCAPED = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029]')
_SURROGATE = re.compile("[\ud800-\udfff]")


def _decoded_type(args: Sequence[Value]) -> Type:
    text = args[0]
    return _decoded(text.as_string()).type if text.is_known else _type_by_prefix(text)


@function(
    "jsondecode",
    "The value a JSON text stands for.",
    Parameter("str", STRING),
    returns=_decoded_type,
    refinement=NOTHING_KNOWN,
)
def _jsondecode(text: Value, wanted: Type) -> Value:
    decoded = _decoded(text.as_string())
    assert decoded.type is wanted
    return decoded


@function(
    "jsonencode",
    "The value as JSON text.",
    anything("val"),
    returns=STRING,
)
def _jsonencode(value: Value) -> Value:
    if value.is_wholly_known:
        return string(to_json_text(value))
    begin = _first_character(value) if value.is_never_null else ""
    return unknown(STRING, Refinement(not_null=True, prefix=begin))


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (_jsondecode, _jsonencode)


def to_json_text(value: Value) -> str:
    """The JSON of a wholly known value without marks.

    Raises:
        FunctionError: There is an infinity in it.
    """
    return "".join(_pieces(value))


def _pieces(value: Value) -> Iterable[str]:
    match value.raw:
        case None:
            yield "null"
        case bool(truth):
            yield "true" if truth else "false"
        case str(text):
            yield _quoted(text)
        case int() | Decimal():
            yield _number(value)
        case tuple(members):
            yield f"[{','.join(map(to_json_text, members))}]"
        case dict(entries):
            pairs = (f"{_quoted(key)}:{to_json_text(v)}" for key, v in entries.items())
            yield f"{{{','.join(pairs)}}}"
        case _:
            raise AssertionError(UNKNOWN)


def _number(value: Value) -> str:
    n = value.as_number()
    if not is_finite(n):
        raise FunctionError("cannot serialize infinity as JSON")
    return number_text(n)


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    c = match.group()
    return _ESCAPES.get(c) or f"\\u{ord(c):04x}"


def _first_character(value: Value) -> str:
    if value.type is STRING:
        return '"'
    if is_keyed(value.type):
        return "{"
    return "[" if isinstance(value.type, (CollectionType, TupleType)) else ""


def _type_by_prefix(text: Value) -> Type:
    """What the first character of a text that is not known yet already tells of its type."""
    first = text.refinement.prefix.strip()[:1]
    for characters, t in (("", DYNAMIC), ('"', STRING), ("tf", BOOL), ("-.0123456789", NUMBER)):
        if first == characters or (first and first in characters):
            return t
    if first in "{[n":
        return DYNAMIC
    raise FunctionError(f"a JSON document cannot begin with the character '{first}'", 0)


def _decoded(text: str) -> Value:
    try:
        plain = json.loads(
            text,
            parse_float=_parsed,
            parse_int=_parsed,
            parse_constant=_refuse,
        )
        return from_plain(_whole(plain))
    except json.JSONDecodeError as error:
        raise FunctionError(_trouble(error)) from error
    except RecursionError:
        raise FunctionError("exceeded max depth") from None
    except ValueError as error:
        raise FunctionError(str(error)) from error


def _parsed(text: str) -> int | Decimal:
    return parse_number(text)


def _refuse(text: str) -> object:
    shown = text.lstrip("-")[0]
    raise ValueError(f"invalid character '{shown}' looking for beginning of value")


def _whole(plain: object) -> object:
    """The same, with halves of surrogate pairs replaced as Go does."""
    match plain:
        case str():
            return _SURROGATE.sub("\ufffd", plain)
        case list():
            return [_whole(member) for member in plain]
        case dict():
            return {_whole(key): _whole(member) for key, member in plain.items()}
        case _:
            return plain


def _trouble(error: json.JSONDecodeError) -> str:
    """Go's words for what Python found."""
    if error.pos >= len(error.doc) or error.msg.startswith("Unterminated"):
        return "EOF" if error.msg.startswith("Expecting") else "unexpected EOF"
    if error.msg.startswith("Extra data"):
        return "extraneous data after JSON object"
    if error.doc[error.pos :] in _BEGUN_LITERALS:
        return "unexpected EOF"
    c = error.doc[error.pos + error.msg.startswith("Invalid \\")]
    if error.msg.startswith("Expecting property") and error.doc[: error.pos].rstrip()[-1] == ",":
        return f"invalid character {quote_character(c)} looking for beginning of object key string"
    where = next((w for m, w in _WHERE.items() if error.msg.startswith(m)), "in JSON")
    if where == _AFTER_ELEMENT and _in_object(error):
        where = "after object key:value pair"
    return f"invalid character {quote_character(c)}{where and ' '}{where}"


_BEGUN_LITERALS = {word[:n] for word in ("true", "false", "null") for n in range(1, 5)} | {"-"}
_AFTER_ELEMENT = "after array element"
_WHERE = {
    "Expecting value": "looking for beginning of value",
    "Expecting ',' delimiter": _AFTER_ELEMENT,
    "Expecting property name": "",
    "Expecting ':' delimiter": "after object key",
    "Illegal trailing comma": "looking for beginning of value",
    "Invalid control character": "in string literal",
    "Invalid \\escape": "in string escape code",
    "Invalid \\uXXXX escape": "in \\u hexadecimal character escape",
}


def _in_object(error: json.JSONDecodeError) -> bool:
    """True when the innermost bracket still open before the error is a brace."""
    opened = []
    for c in re.sub(r'"(?:[^"\\]|\\.)*"', "", error.doc[: error.pos]):
        if c in "{[":
            opened.append(c)
        elif c in "}]" and opened:
            opened.pop()
    return bool(opened) and opened[-1] == "{"
