"""Functions of encodings, but for JSON and YAML: base64, gzip, text encodings, URLs, CSV."""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from collections.abc import Sequence
from urllib.parse import quote_plus

from mlctl.core.types import DYNAMIC, STRING, ListType, ObjectType, Type
from mlctl.core.value import SENSITIVE, Value, list_of, object_of, string, unknown
from mlctl.hcl.functions.charsets import charset
from mlctl.hcl.functions.csv_text import csv_rows
from mlctl.hcl.functions.go_quote import quote
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function

_STR = Parameter("str", STRING)
_ENCODING = Parameter("encoding", STRING)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")


@function(
    "base64decode",
    "The text that base 64 stands for.",
    Parameter("str", STRING, allow_unknown=True, allow_marked=True),
    returns=STRING,
)
def _base64decode(text: Value) -> Value:
    bare, marks = text.unmark()
    if not bare.is_known:
        return unknown(STRING).with_marks(marks)
    try:
        decoded = _decoded(bare.as_string())
    except ValueError:
        shown = "(sensitive value)" if SENSITIVE in marks else quote(bare.as_string())
        raise FunctionError(f"failed to decode base64 data {shown}") from None
    try:
        return string(decoded.decode()).with_marks(marks)
    except UnicodeDecodeError:
        raise FunctionError(
            "the result of decoding the provided string is not valid UTF-8"
        ) from None


@function("base64encode", "The text in base 64.", _STR, returns=STRING)
def _base64encode(text: Value) -> Value:
    return _encoded(text.as_string().encode())


@function("base64gzip", "The text, compressed by gzip, in base 64.", _STR, returns=STRING)
def _base64gzip(text: Value) -> Value:
    return _encoded(_gzipped(text.as_string().encode()))


def _rows_type(args: Sequence[Value]) -> Type:
    if not args[0].is_known:
        return DYNAMIC
    return ListType(ObjectType(dict.fromkeys(csv_rows(args[0].as_string())[0], STRING)))


@function("csvdecode", "A list of one object for each row of a CSV text.", _STR, returns=_rows_type)
def _csvdecode(text: Value, wanted: Type) -> Value:
    assert isinstance(wanted, ListType)
    names, *rows = csv_rows(text.as_string())
    made = [object_of(dict(zip(names, map(string, row), strict=True))) for row in rows]
    return list_of(made, wanted.element)


@function(
    "textdecodebase64",
    "The text that base 64 of its bytes in an encoding stands for.",
    Parameter("source", STRING),
    _ENCODING,
    returns=STRING,
)
def _textdecodebase64(source: Value, encoding: Value) -> Value:
    known = charset(encoding.as_string(), argument=1)
    given = source.as_string()
    try:
        data = _decoded(given)
    except ValueError:
        at = _bad_offset(given)
        raise FunctionError(
            # The words are Terraform's, slip included: people search for them.
            f"the given value is has an invalid base64 symbol at offset {at}",
            0,
        ) from None
    try:
        text = data.decode(known.codec)
    except UnicodeDecodeError:
        raise FunctionError(
            f"the given string contains symbols that are not defined for {known.name}", 0
        ) from None
    return string(text)


@function(
    "textencodebase64",
    "The text, in the bytes of an encoding, in base 64.",
    Parameter("string", STRING),
    _ENCODING,
    returns=STRING,
)
def _textencodebase64(text: Value, encoding: Value) -> Value:
    known = charset(encoding.as_string(), argument=1)
    try:
        return _encoded(known.begin + text.as_string().encode(known.codec))
    except UnicodeEncodeError:
        raise FunctionError(
            f"the given string contains characters that cannot be represented in {known.name}", 0
        ) from None


@function("urlencode", "The text as it stands in the query of a URL.", _STR, returns=STRING)
def _urlencode(text: Value) -> Value:
    return string(quote_plus(text.as_string(), safe=""))


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (
        _base64decode,
        _base64encode,
        _base64gzip,
        _csvdecode,
        _textdecodebase64,
        _textencodebase64,
        _urlencode,
    )


def _encoded(data: bytes) -> Value:
    return string(base64.b64encode(data).decode())


def _gzipped(data: bytes) -> bytes:
    """As Go writes it: no name and no time in the header, flushed before an empty last block."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    empty_last_block = b"\x01\x00\x00\xff\xff"
    sums = struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return header + body + empty_last_block + sums


def _decoded(text: str) -> bytes:
    """Strict base 64; line breaks are skipped, as Go does.

    Raises:
        ValueError: It is not base 64.
    """
    joined = text.replace("\r", "").replace("\n", "")
    try:
        return base64.b64decode(joined, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _bad_offset(text: str) -> int:
    """Where the first symbol stands that is not of base 64, or where one is missing."""
    bad = _NOT_BASE64.search(text)
    return bad.start() if bad else len(text) // 4 * 4
