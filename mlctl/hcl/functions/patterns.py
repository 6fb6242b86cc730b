"""Functions of regular expressions: regex regexall replace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mlctl.core.types import DYNAMIC, STRING, ListType, ObjectType, TupleType, Type
from mlctl.core.value import (
    Value,
    list_of,
    null,
    object_of,
    string,
    tuple_of,
)
from mlctl.hcl.functions.go_regexp import GoPattern, PatternError, compile_pattern
from mlctl.hcl.functions.regex_engine import Match
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function

_PATTERN = Parameter("pattern", STRING)
_STRING = Parameter("string", STRING)
_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})", re.ASCII)


def _one_type(args: Sequence[Value]) -> Type:
    return _result_type(args[0].as_string()) if args[0].is_known else DYNAMIC


def _all_type(args: Sequence[Value]) -> Type:
    return ListType(_one_type(args))


@function(
    "regex",
    "What the first match of a pattern captures; an error when nothing matches.",
    _PATTERN,
    _STRING,
    returns=_one_type,
)
def _regex(pattern: Value, text: Value, wanted: Type) -> Value:
    compiled = compile_pattern(pattern.as_string())
    with _in_time():
        match = compiled.find(text.as_string())
    if match is None:
        raise FunctionError("pattern did not match any part of the given string")
    return _captured(compiled, match, wanted)


@function(
    "regexall",
    "What each match of a pattern captures, as a list.",
    _PATTERN,
    _STRING,
    returns=_all_type,
)
def _regexall(pattern: Value, text: Value, wanted: Type) -> Value:
    assert isinstance(wanted, ListType)
    compiled = compile_pattern(pattern.as_string())
    with _in_time():
        matches = list(compiled.find_all(text.as_string()))
    return list_of([_captured(compiled, m, wanted.element) for m in matches], wanted.element)


@function(
    "replace",
    "The string with each occurrence of another replaced; one between slashes is a pattern.",
    Parameter("str", STRING),
    Parameter("substr", STRING),
    Parameter("replace", STRING),
    returns=STRING,
)
def _replace(text: Value, part: Value, replacement: Value) -> Value:
    whole, old, new = (v.as_string() for v in (text, part, replacement))
    if len(old) > 1 and old[0] == old[-1] == "/":
        return string(_replace_pattern(whole, old[1:-1], new))
    return string(whole.replace(old, new))


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return _regex, _regexall, _replace


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise FunctionError("the pattern takes too long to match the given string") from None


def _result_type(pattern: str) -> Type:
    try:
        names = compile_pattern(pattern).names
    except PatternError as error:
        raise FunctionError(f"invalid regexp pattern: {error.code} in {error.part}", 0) from error
    if not names:
        return STRING
    if all(names):
        return ObjectType(dict.fromkeys(names, STRING))
    if any(names):
        trouble = "cannot mix both named and unnamed capture groups"
        raise FunctionError(f"invalid regexp pattern: {trouble}", 0)
    return TupleType([STRING] * len(names))


def _captured(pattern: GoPattern, match: Match, wanted: Type) -> Value:
    if wanted is STRING:
        return string(match.group() or "")
    groups = [match.group(n) for n in range(1, len(pattern.names) + 1)]
    captured = [null(STRING) if text is None else string(text) for text in groups]
    if isinstance(wanted, TupleType):
        return tuple_of(captured)
    return object_of(dict(zip(pattern.names, captured, strict=True)))


def _replace_pattern(text: str, pattern: str, template: str) -> str:
    try:
        compiled = compile_pattern(pattern)
    except PatternError as error:
        raise FunctionError(f"error parsing regexp: {error.code}: `{error.part}`") from error
    pieces, end = [], 0
    with _in_time():
        for match in compiled.find_all(text):
            pieces += [text[end : match.start()], _expanded(template, compiled, match)]
            end = match.end()
    return "".join([*pieces, text[end:]])


def _expanded(template: str, pattern: GoPattern, match: Match) -> str:
    """The template with ``$1``, ``$name`` and ``${name}`` filled in; unknown ones are empty."""

    def fill(reference: re.Match[str]) -> str:
        dollar, short, braced = reference.groups()
        if dollar:
            return "$"
        name = short or braced
        if name.isdecimal():
            index = int(name)
        else:
            index = pattern.names.index(name) + 1 if name in pattern.names else -1
        return (match.group(index) or "") if 0 <= index <= len(pattern.names) else ""

    return _REFERENCE.sub(fill, template)
