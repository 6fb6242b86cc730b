"""Values from YAML text, its scalars resolved as Terraform does.

``yes`` is a bool and a date a time stamp there, as in YAML 1.1; octal is ``0o17``, as in 1.2.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from decimal import Decimal

import yaml

from mlctl.core.types import BOOL, NUMBER
from mlctl.core.value import (
    DYNAMIC_NULL,
    Value,
    boolean,
    number,
    object_of,
    parse_number,
    string,
    tuple_of,
)
from mlctl.core.value_number import INFINITY
from mlctl.hcl.functions.go_times import rfc3339
from mlctl.hcl.functions.spec import FunctionError
from mlctl.hcl.functions.yaml_write import scalar_text

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
# An octal number has no sign there, a hexadecimal one may.
_BASED = re.compile(r"([-+]?)(?=0x|(?<![-+])0o)0([ox])([0-9a-fA-F]+)")
_EXPECTED = re.compile(r"^expected (.*), but (?:got|found) .*")
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:[Tt]|\s+)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d*)?\s*(Z|[-+]\d{2}:\d{2})?)?"
)


def from_yaml_text(text: str) -> Value:
    """The value of the one document in the text.

    Raises:
        FunctionError: It is not YAML, or not of one document, or has no place in the language.
    """
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
    problem = error.problem or "not valid YAML"
    if isinstance(error, yaml.scanner.ScannerError):
        # libyaml, whose words Terraform shows, names neither the place nor the character.
        plain = re.sub(r"^found character .* that", "found character that", problem)
        plain = plain.replace("not allowed here", "not allowed in this context")
        return re.sub(r"^sequence entries", "block sequence entries", plain)
    return where + _EXPECTED.sub(r"did not find expected \1", problem)


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
    value = _value(node, within)
    if not isinstance(node, yaml.MappingNode):
        name, mark = value.type.friendly_name, within[-1].start_mark
        where = f"on line {mark.line + 1}, column {mark.column + 1}"
        raise FunctionError(f"{where}: cannot merge {name} into mapping")
    return dict(value.entries())


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise FunctionError("only strings are allowed as mapping keys")
    key = _scalar(node)
    if key.is_null:
        mark = node.start_mark
        raise FunctionError(
            f"on line {mark.line + 1}, column {mark.column + 1}: mapping key cannot be null"
        )
    return scalar_text(key)


def _scalar(node: yaml.ScalarNode) -> Value:
    text = node.value
    plain = node.style is None
    tag = _explicit_tag(node)
    if tag == "binary":
        return string(_checked_base64(text))
    if tag in ("str", "timestamp") or not plain:
        return string(text)
    resolved = DYNAMIC_NULL if tag == "null" else _resolved(text)
    wanted = {"int": NUMBER, "float": NUMBER, "bool": BOOL}.get(tag, resolved.type)
    if resolved.type is not wanted:
        raise FunctionError(f'cannot parse "{text}" as {_TAG}{tag}')
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
