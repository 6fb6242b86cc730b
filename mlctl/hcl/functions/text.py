"""Functions of strings, but for patterns and format: see ``patterns`` and ``formatting``."""

from __future__ import annotations

import re

from mlctl.core.types import BOOL, NUMBER, STRING, ListType
from mlctl.core.value import (
    NOTHING_KNOWN,
    TRUE,
    Refinement,
    Value,
    boolean,
    list_of,
    string,
    unknown,
)
from mlctl.core.value_number import number_text
from mlctl.hcl.functions.regex_engine import graphemes
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function, whole_number

_STR = Parameter("str", STRING)
_STR_ANY = Parameter("str", STRING, allow_dynamic=True)
_STRINGS = ListType(STRING)

# Unicode's White_Space, which is what Go trims; Python's strip() takes some controls as well.
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_LINE_ENDS = re.compile(r"(?:\r\n?|\n)*\Z")


@function("chomp", "The string without newlines at its end.", _STR, returns=STRING)
def _chomp(text: Value) -> Value:
    return string(_LINE_ENDS.sub("", text.as_string(), count=1))


@function(
    "endswith",
    "True when the string ends with the suffix.",
    _STR,
    Parameter("suffix", STRING),
    returns=BOOL,
)
def _endswith(text: Value, suffix: Value) -> Value:
    return boolean(text.as_string().endswith(suffix.as_string()))


@function(
    "indent",
    "The string with spaces added to the beginning of all lines but the first.",
    Parameter("spaces", NUMBER),
    _STR,
    returns=STRING,
)
def _indent(spaces: Value, text: Value) -> Value:
    count = whole_number(spaces)
    if count < 0:
        raise FunctionError("the number of spaces must not be negative", 0)
    return string(text.as_string().replace("\n", "\n" + " " * count))


@function(
    "join",
    "The strings of one or more lists, with a separator between them.",
    Parameter("separator", STRING),
    variadic=Parameter("lists", _STRINGS),
    returns=STRING,
)
def _join(separator: Value, *lists: Value) -> Value:
    if not lists:
        raise FunctionError("at least one list is required")
    if not all(items.is_wholly_known for items in lists):
        return unknown(STRING)
    parts: list[str] = []
    for n, items in enumerate(lists, 1):
        for i, item in enumerate(items.elements()):
            if item.is_null:
                where = f"element {i} of list {n}" if len(lists) > 1 else f"element {i}"
                raise FunctionError(f"{where} is null; cannot concatenate null values", n)
            parts.append(item.as_string())
    return string(separator.as_string().join(parts))


@function("lower", "The string in lower case.", _STR_ANY, returns=STRING)
def _lower(text: Value) -> Value:
    return string("".join(map(_lower_one, text.as_string())))


@function(
    "split",
    "The pieces of a string between the occurrences of a separator.",
    Parameter("separator", STRING),
    _STR,
    returns=_STRINGS,
)
def _split(separator: Value, text: Value) -> Value:
    by, whole = separator.as_string(), text.as_string()
    pieces = whole.split(by) if by else list(whole)
    return list_of(map(string, pieces), STRING)


@function(
    "startswith",
    "True when the string begins with the prefix.",
    Parameter("str", STRING, allow_unknown=True),
    Parameter("prefix", STRING),
    returns=BOOL,
)
def _startswith(text: Value, prefix: Value) -> Value:
    wanted = prefix.as_string()
    if text.is_known:
        return boolean(text.as_string().startswith(wanted))
    known = text.refinement.prefix
    if known.startswith(wanted):
        return TRUE
    return boolean(False) if len(known.encode()) >= len(wanted.encode()) else unknown(BOOL)


@function(
    "strcontains",
    "True when the string contains the other one.",
    _STR,
    Parameter("substr", STRING),
    returns=BOOL,
    refinement=NOTHING_KNOWN,
)
def _strcontains(text: Value, part: Value) -> Value:
    return boolean(part.as_string() in text.as_string())


@function("strrev", "The characters of a string in reverse order.", _STR_ANY, returns=STRING)
def _strrev(text: Value) -> Value:
    return string("".join(reversed(graphemes(text.as_string()))))


@function(
    "substr",
    "A part of a string, by offset and length in characters.",
    _STR_ANY,
    Parameter("offset", NUMBER, allow_dynamic=True),
    Parameter("length", NUMBER, allow_dynamic=True),
    returns=STRING,
)
def _substr(text: Value, offset: Value, length: Value) -> Value:
    start, count = whole_number(offset), whole_number(length)
    if start >= 0 and count == 0:
        return string("")
    characters = graphemes(text.as_string())
    if start < 0:
        start = max(0, start + len(characters))
    # Go's loop never meets a length of zero after a negative offset: it takes all that is left.
    rest = characters[start:]
    return string("".join(rest if count <= 0 else rest[:count]))


@function(
    "title", "The string with the first letter of each word in upper case.", _STR, returns=STRING
)
def _title(text: Value) -> Value:
    titled, previous = [], " "
    for c in text.as_string():
        titled.append(_title_one(c) if _separates(previous) else c)
        previous = c
    return string("".join(titled))


@function(
    "trim",
    "The string without any of the given characters at both ends.",
    _STR,
    Parameter("cutset", STRING),
    returns=STRING,
)
def _trim(text: Value, cutset: Value) -> Value:
    return string(text.as_string().strip(cutset.as_string()))


@function(
    "trimprefix",
    "The string without the prefix, if it begins with it.",
    _STR,
    Parameter("prefix", STRING),
    returns=STRING,
)
def _trimprefix(text: Value, prefix: Value) -> Value:
    return string(text.as_string().removeprefix(prefix.as_string()))


@function("trimspace", "The string without white space at both ends.", _STR, returns=STRING)
def _trimspace(text: Value) -> Value:
    return string(text.as_string().strip(_SPACES))


@function(
    "trimsuffix",
    "The string without the suffix, if it ends with it.",
    _STR,
    Parameter("suffix", STRING),
    returns=STRING,
)
def _trimsuffix(text: Value, suffix: Value) -> Value:
    return string(text.as_string().removesuffix(suffix.as_string()))


@function("upper", "The string in upper case.", _STR_ANY, returns=STRING)
def _upper(text: Value) -> Value:
    return string("".join(map(_upper_one, text.as_string())))


@function(
    "sort",
    "The strings of a list in the order of their code points.",
    Parameter("list", _STRINGS, allow_unknown=True),
    returns=_STRINGS,
)
def _sort(items: Value) -> Value:
    if not items.is_wholly_known:
        return unknown(_STRINGS, _length_of(items))
    for i, item in enumerate(items.elements()):
        if item.is_null:
            raise FunctionError(
                f"given list element {number_text(i)} is null; a null string cannot be sorted"
            )
    return list_of(sorted(items.elements(), key=Value.as_string), STRING)


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (
        _chomp,
        _endswith,
        _indent,
        _join,
        _lower,
        _sort,
        _split,
        _startswith,
        _strcontains,
        _strrev,
        _substr,
        _title,
        _trim,
        _trimprefix,
        _trimspace,
        _trimsuffix,
        _upper,
    )


def _length_of(items: Value) -> Refinement:
    if not items.is_known:
        known = items.refinement
        return Refinement(min_length=known.min_length, max_length=known.max_length)
    count = len(items.elements())
    return Refinement(min_length=count, max_length=count)


# Go maps one code point to one code point: what Python makes two letters of stays as it is.
def _upper_one(c: str) -> str:
    upper = c.upper()
    return upper if len(upper) == 1 else c


def _lower_one(c: str) -> str:
    lower = c.lower()
    return lower if len(lower) == 1 else lower[0]


def _title_one(c: str) -> str:
    title = c.title()
    return title if len(title) == 1 else c


def _separates(c: str) -> bool:
    if c.isascii():
        return not (c.isalnum() or c == "_")
    return not (c.isalpha() or c.isdecimal()) and c in _SPACES
