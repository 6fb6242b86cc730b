"""Functions that fill in a format: format formatlist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlctl.core.types import BOOL, NUMBER, STRING, ListType, TupleType, is_sequence
from mlctl.core.value import (
    NOT_NULL,
    Refinement,
    Value,
    list_of,
    string,
    unknown,
)
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.functions.go_numbers import Verb, format_float, format_integer, general
from mlctl.hcl.functions.go_quote import quote, quote_character
from mlctl.hcl.functions.json_text import to_json_text
from mlctl.hcl.functions.lists import known_length
from mlctl.hcl.functions.regex_engine import graphemes
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, anything, function
from mlctl.hcl.functions.string_prefix import safe_prefix

_FORMAT = Parameter("format", STRING)
_VERB = re.compile(
    r"%(?P<flags>[0#\-+ ]*)(?P<width>[1-9][0-9]*)?(?:\.(?P<precision>[0-9]*))?"
    r"(?:\[(?P<argument>[1-9][0-9]*)\])?(?P<mode>[a-zA-Z])"
)
_BEGUN = re.compile(r"%[0#\-+ ]*(?:[1-9][0-9]*)?(?:\.[0-9]*)?(?:\[(?:[1-9][0-9]*\]?)?)?")


@function(
    "format",
    "The format with its verbs filled in by the other arguments.",
    _FORMAT,
    variadic=anything("args"),
    returns=STRING,
)
def _format(form: Value, *args: Value) -> Value:
    text = form.as_string()
    if not all(arg.is_wholly_known for arg in args):
        before = text.partition("%")[0] if "%" in text else ""
        return unknown(STRING, Refinement(not_null=True, prefix=safe_prefix(before)))
    return string(formatted(text, args))


@function(
    "formatlist",
    "A list of what a format makes of each of the elements of the other arguments.",
    _FORMAT,
    variadic=anything("args"),
    returns=ListType(STRING),
)
def _formatlist(form: Value, *args: Value) -> Value:
    text = form.as_string()
    count = _common_length(args)
    if any(_is_open(arg) for arg in args):
        return unknown(ListType(STRING))
    rows = [[_at(arg, i) for arg in args] for i in range(count)]
    return list_of([_row(text, row, i) for i, row in enumerate(rows)], STRING)


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (_format, _formatlist)


def formatted(text: str, args: Sequence[Value]) -> str:
    """The format, filled in.

    Raises:
        FunctionError: It has a verb that is none, or that its argument does not suit, or there
            are too few or too many arguments.
    """
    pieces: list[str] = []
    highest = 0
    for piece in _parsed(text):
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        highest = max(highest, piece.argument)
        pieces.append(_filled(piece, args))
    if highest < len(args):
        used = f"only {highest} used by format string" if highest else "no verbs in format string"
        raise FunctionError(f"too many arguments; {used}", highest + 1)
    return "".join(pieces)


def _parsed(text: str) -> Iterator[str | Verb]:
    at, following = 0, 1
    while at < len(text):
        if text[at] != "%":
            end = text.find("%", at)
            end = len(text) if end < 0 else end
            yield text[at:end]
            at = end
        elif text.startswith("%%", at):
            yield "%"
            at += 2
        else:
            verb = _verb(text, at, following)
            yield verb
            at += len(verb.raw)
            following = verb.argument + 1


def _verb(text: str, at: int, following: int) -> Verb:
    match = _VERB.match(text, at)
    offset = len(text[:at].encode())
    if match is None:
        begun = _BEGUN.match(text, at)
        assert begun is not None
        stop = len(text[: begun.end()].encode())
        if begun.end() == len(text):
            raise FunctionError(f"invalid format string starting at offset {stop}")
        c = text[begun.end()]
        raise FunctionError(f"unrecognized format character {quote_character(c)} at offset {stop}")
    precision = match["precision"]
    return Verb(
        raw=match.group(),
        mode=match["mode"],
        offset=offset,
        argument=int(match["argument"] or following),
        flags=frozenset(match["flags"]),
        width=int(match["width"]) if match["width"] else None,
        precision=None if precision is None else int(precision or 0),
    )


def _filled(verb: Verb, args: Sequence[Value]) -> str:
    if verb.argument > len(args):
        raise FunctionError(
            f"not enough arguments for {quote(verb.raw)} at {verb.offset}: "
            f"need index {verb.argument} but have {len(args)} total"
        )
    arg = args[verb.argument - 1]
    if verb.mode == "v":
        return _as_is(verb, arg)
    if arg.is_null:
        raise _unsupported(verb, "null value cannot be formatted")
    return _by_mode(verb, arg)


def _by_mode(verb: Verb, arg: Value) -> str:
    try:
        if verb.mode == "t":
            return "true" if convert(arg, BOOL).as_bool() else "false"
        if verb.mode in "sq":
            return _text(verb, convert(arg, STRING).as_string())
        if verb.mode in "bdoxXeEfgG":
            return _number(verb, convert(arg, NUMBER))
    except ConversionError as error:
        raise _unsupported(verb, error.message) from error
    raise FunctionError(
        f"unsupported format verb '{verb.mode}' in \"{verb.raw}\" at offset {verb.offset}"
    )


def _as_is(verb: Verb, arg: Value) -> str:
    if "#" not in verb.flags and not arg.is_null:
        if arg.type is STRING:
            return _padded(verb, arg.as_string())
        if arg.type is NUMBER:
            return _padded(verb, general(arg.as_number()))
    return _padded(verb, to_json_text(arg))


def _text(verb: Verb, text: str) -> str:
    cut = "".join(graphemes(text)[: verb.precision]) if verb.precision else text
    return _padded(verb, to_json_text(string(cut)) if verb.mode == "q" else cut)


def _number(verb: Verb, arg: Value) -> str:
    n = arg.as_number()
    if verb.mode not in "bdoxX":
        return format_float(verb, n)
    if not isinstance(n, int):
        raise _unsupported(verb, "an integer is required")
    return format_integer(verb, n)


def _padded(verb: Verb, text: str) -> str:
    missing = (verb.width or 0) - len(graphemes(text))
    pad = ("0" if "0" in verb.flags else " ") * missing
    return text + pad if "-" in verb.flags else pad + text


def _unsupported(verb: Verb, why: str) -> FunctionError:
    return FunctionError(f'unsupported value for "{verb.raw}" at {verb.offset}: {why}')


def _is_list(arg: Value) -> bool:
    return is_sequence(arg.type) and not arg.is_null


def _is_open(arg: Value) -> bool:
    """True while it is not known how many results there will be because of this argument."""
    if arg.is_any:
        return True
    return _is_list(arg) and (not arg.is_known or known_length(arg) is None)


def _common_length(args: Sequence[Value]) -> int:
    """How many results there are: as many as the lists have elements, one without lists."""
    chosen: tuple[int, int] | None = None
    for number, arg in enumerate(args, 1):
        if not _is_list(arg):
            continue
        length = known_length(arg) if arg.is_known or isinstance(arg.type, TupleType) else None
        if length is None:
            continue
        if chosen is None:
            chosen = number, length
        elif length != chosen[1]:
            raise FunctionError(
                f"argument {number} has length {length}, which is inconsistent with "
                f"argument {chosen[0]} of length {chosen[1]}",
                number,
            )
    return 1 if chosen is None else chosen[1]


def _at(arg: Value, index: int) -> Value:
    return arg.elements()[index] if _is_list(arg) else arg


def _row(text: str, row: Sequence[Value], index: int) -> Value:
    if not all(value.is_wholly_known for value in row):
        return unknown(STRING, NOT_NULL)
    try:
        return string(formatted(text, row))
    except FunctionError as error:
        raise FunctionError(f"error on format iteration {index}: {error.message}") from error
