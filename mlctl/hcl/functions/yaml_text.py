"""YAML as the language writes and reads it: yamlencode yamldecode.

Block style, strings in double quotes or as literal blocks, keys sorted; scalars are resolved as
Terraform does, which takes ``yes`` for a bool and a date for a time stamp.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import yaml

from mlctl.core.types import DYNAMIC, STRING, Type
from mlctl.core.value import (
    DYNAMIC_NULL,
    NOTHING_KNOWN,
    Value,
    boolean,
    number,
    number_text,
    object_of,
    parse_number,
    string,
    tuple_of,
    unknown,
)
from mlctl.core.value_number import INFINITY, is_finite
from mlctl.hcl.functions.go_times import rfc3339
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, anything, function

_TAG = "tag:yaml.org,2002:"
_NULLS = {"", "~", "null", "Null", "NULL"}
_TRUE = {w for t in ("y", "yes", "true", "on") for w in (t, t.capitalize(), t.upper())}
_FALSE = {w for t in ("n", "no", "false", "off") for w in (t, t.capitalize(), t.upper())}
_INFINITIES = {
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), INFINITY),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -INFINITY),
}
_NANS = {".nan", ".NaN", ".NAN"}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASED = re.compile(r"([-+]?)0([ox])([0-9a-fA-F]+)")
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:[Tt]|\s+)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d*)?\s*(Z|[-+]\d{2}:\d{2})?)?"
)


@function(
    "yamlencode",
    "The value as YAML text.",
    anything("value"),
    returns=STRING,
)
def _yamlencode(value: Value) -> Value:
    if not value.is_wholly_known:
        return unknown(STRING)
    out = io.StringIO()
    emitter = _Emitter(out, allow_unicode=True)
    events = [
        yaml.StreamStartEvent(),
        yaml.DocumentStartEvent(),
        *_events(value),
        yaml.DocumentEndEvent(),
        yaml.StreamEndEvent(),
    ]
    for event in events:
        emitter.emit(event)
    return string(out.getvalue())


def _decoded_type(args: Sequence[Value]) -> Type:
    return _decoded(args[0].as_string()).type if args[0].is_known else DYNAMIC


@function(
    "yamldecode",
    "The value a YAML text stands for.",
    Parameter("src", STRING),
    returns=_decoded_type,
    refinement=NOTHING_KNOWN,
)
def _yamldecode(text: Value, wanted: Type) -> Value:
    decoded = _decoded(text.as_string())
    assert decoded.type is wanted
    return decoded


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (_yamldecode, _yamlencode)


class _Emitter(yaml.emitter.Emitter):
    """PyYAML's emitter, with an empty key in quotes on one line as Terraform writes it."""

    def check_simple_key(self) -> bool:
        event = self.event
        if isinstance(event, yaml.ScalarEvent) and event.value == "":
            return True
        return bool(super().check_simple_key())

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        """Folds a long line at a space and leaves the space out, as libyaml does."""
        self.write_indicator('"', need_whitespace=True)
        after_space = False
        for i, c in enumerate(text):
            fold = split and c == " " and not after_space and self.column > self.best_width
            if fold and 0 < i < len(text) - 1:
                self.write_indent()
                self._put("\\" if text[i + 1] == " " else "")
            else:
                self._put(_escaped(c))
            after_space = c == " "
        self.write_indicator('"', need_whitespace=False)

    def _put(self, text: str) -> None:
        self.column += len(text)
        self.stream.write(text)


def _escaped(c: str) -> str:
    short = yaml.emitter.Emitter.ESCAPE_REPLACEMENTS.get(c)
    if short is not None:
        return f"\\{short}"
    code = ord(c)
    if c == "\t" or (0x20 <= code < 0x7F) or (code > 0xA0 and c.isprintable() and c != "\ufeff"):
        return c
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _events(value: Value) -> Iterator[yaml.Event]:
    raw = value.raw
    if isinstance(raw, dict):
        yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not raw)
        for key, member in raw.items():
            yield from _events(string(key))
            yield from _events(member)
        yield yaml.MappingEndEvent()
    elif isinstance(raw, tuple):
        yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not raw)
        for member in raw:
            yield from _events(member)
        yield yaml.SequenceEndEvent()
    else:
        text = _scalar_text(value)
        style = None if not isinstance(raw, str) else "|" if "\n" in text else '"'
        yield yaml.ScalarEvent(None, None, (True, True), text, style=style)


def _scalar_text(value: Value) -> str:
    match value.raw:
        case None:
            return "null"
        case bool(truth):
            return "true" if truth else "false"
        case str(text):
            return text
        case _:
            n = value.as_number()
            if is_finite(n):
                return number_text(n)
            return "-.Inf" if n < 0 else "+.Inf"


def _decoded(text: str) -> Value:
    try:
        nodes: list[yaml.Node] = list(yaml.compose_all(text, Loader=yaml.BaseLoader))
    except yaml.MarkedYAMLError as error:
        raise FunctionError(_trouble(error)) from error
    except yaml.YAMLError as error:
        raise FunctionError(str(error)) from error
    if not nodes:
        raise FunctionError("on line 1, column 1: missing start of document")
    if len(nodes) > 1:
        raise FunctionError("on line 1, column 1: unexpected extra content after value")
    return _value(nodes[0], ())


def _trouble(error: yaml.MarkedYAMLError) -> str:
    undefined = re.search(r"found undefined alias '(.*)'", error.problem or "")
    if undefined:
        return f'reference to undefined anchor "{undefined.group(1)}"'
    mark = error.problem_mark or error.context_mark
    where = f"on line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    problem = re.sub(
        r"^expected (.*), but (?:got|found) .*", r"did not find expected \1", _said(error)
    )
    return where + problem


def _said(error: yaml.MarkedYAMLError) -> str:
    return error.problem or "not valid YAML"


def _value(node: yaml.Node, within: tuple[yaml.Node, ...]) -> Value:
    if any(node is outer for outer in within):
        raise FunctionError("cannot refer to an anchor from inside its own definition")
    inside = (*within, node)
    if isinstance(node, yaml.MappingNode):
        _check_tag(node, "map")
        return object_of(_entries(node, inside))
    if isinstance(node, yaml.SequenceNode):
        _check_tag(node, "seq")
        return tuple_of(_value(member, inside) for member in node.value)
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node)


def _check_tag(node: yaml.Node, kind: str) -> None:
    # BaseLoader gives what has no tag the default one of its kind.
    if node.tag not in ("", f"{_TAG}{kind}"):
        shown = node.tag.replace(_TAG, "!!")
        raise FunctionError(f'unsupported tag "{shown}"')


def _entries(node: yaml.MappingNode, within: tuple[yaml.Node, ...]) -> dict[str, Value]:
    entries: dict[str, Value] = {}
    merged: dict[str, Value] = {}
    for key, member in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == "<<" and key.style is None:
            merged = {**_merged(member, within), **merged}
        else:
            entries[_key(key)] = _value(member, within)
    return {**merged, **entries}


def _merged(node: yaml.Node, within: tuple[yaml.Node, ...]) -> dict[str, Value]:
    if isinstance(node, yaml.SequenceNode):
        together: dict[str, Value] = {}
        for member in node.value:
            together = {**_merged(member, within), **together}
        return together
    if not isinstance(node, yaml.MappingNode):
        raise FunctionError("map merge requires map or sequence of maps as the value")
    return dict(_value(node, within).entries())


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise FunctionError("only strings are allowed as mapping keys")
    key = _scalar(node)
    if key.is_null:
        mark = node.start_mark
        raise FunctionError(
            f"on line {mark.line + 1}, column {mark.column + 1}: mapping key cannot be null"
        )
    return _scalar_text(key)


def _scalar(node: yaml.ScalarNode) -> Value:
    text = node.value
    plain = node.style is None
    tag = _explicit_tag(node)
    if tag == "binary":
        return string(_checked_base64(text))
    if tag in ("str", "timestamp") or not plain:
        return string(text)
    resolved = _resolved(text)
    if tag == "float" and resolved.is_known and resolved.type is STRING:
        raise FunctionError(f'cannot parse "{text}" as a float')
    return resolved


def _explicit_tag(node: yaml.ScalarNode) -> str:
    """The tag someone wrote, without the prefix of YAML's own; empty where there is none."""
    tag = str(node.tag)
    if not tag.startswith(_TAG):
        raise FunctionError(f'unsupported tag "{tag}"')
    known = tag.removeprefix(_TAG)
    if known not in ("str", "binary", "int", "float", "bool", "null", "timestamp"):
        raise FunctionError(f'unsupported tag "!!{known}"')
    # BaseLoader says str where nothing is written, so an explicit one is told by the text.
    whole = node.start_mark.buffer or ""
    written = whole[node.start_mark.pointer : node.start_mark.pointer + 1]
    return known if written == "!" else ""


def _checked_base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        raise FunctionError(f'cannot parse "{text}" as base64') from None
    return text


def _resolved(text: str) -> Value:
    if text in _NULLS:
        return DYNAMIC_NULL
    if text in _TRUE or text in _FALSE:
        return boolean(text in _TRUE)
    if text in _NANS:
        raise FunctionError("floating point NaN is not supported")
    n = _number(text)
    return n if n is not None else string(_time(text) or text)


def _number(text: str) -> Value | None:
    if text in _INFINITIES:
        return number(_INFINITIES[text])
    based = _BASED.fullmatch(text)
    if based:
        sign, base, digits = based.groups()
        try:
            n = int(digits, 8 if base == "o" else 16)
        except ValueError:
            return None
        return number(-n if sign == "-" else n)
    if _FLOAT.fullmatch(text):
        return number(Decimal(parse_number(text)))
    return None


def _time(text: str) -> str | None:
    """A date or a time as RFC 3339, or None when the text is none."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    *parts, offset = match.groups()
    year, month, day, hour, minute, second = (int(p or 0) for p in parts)
    try:
        zone = datetime.strptime(offset, "%z").tzinfo if offset and offset != "Z" else UTC
        return rfc3339(datetime(year, month, day, hour, minute, second, tzinfo=zone))
    except ValueError:
        return None
