"""What a step's value outputs say: the text in their files, read as their types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from mlctl.core.digest import Json
from mlctl.core.errors import MlctlError
from mlctl.core.value import from_plain, to_json_plain
from mlctl.core.value_number import Number, parse_number

METRICS = "metrics"
LITERALS = ("string", "number", "integer", "boolean")
FILES = ("uri_file", METRICS, *LITERALS)
"""Output types that are one file; the others are folders."""
LARGEST_BYTES = 1024 * 1024
"""A value goes into the state and the journal; what is larger belongs in a file output."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LONGEST_EXPONENT = 4000
"""Numbers are written out digit by digit, and Python itself writes at most 4300."""
_SHOWN = 60


@dataclass
class OutputInvalid(MlctlError):
    """What a step wrote is not of the output's type."""

    name: str
    type: str
    why: str

    def __str__(self) -> str:
        return f'the output "{self.name}" is declared as {self.type}, but {self.why}'


@dataclass
class OutputsMissing(MlctlError):
    """A step ended well and did not write what it declares.

    Attributes:
        missing: Names with their paths on the target.
        found: What is in the outputs folder instead; None: it cannot be looked at from here.
    """

    missing: Mapping[str, str]
    found: tuple[str, ...] | None

    hint = "Write it to the path that outputs.NAME or $MLCTL_OUTPUT_NAME gives."

    def __str__(self) -> str:
        names = ", ".join(f'"{name}" (at {path})' for name, path in self.missing.items())
        noun = "output" if len(self.missing) == 1 else "outputs"
        if self.found is None:
            return f"it ended well but did not write the declared {noun} {names}"
        there = ", ".join(self.found) or "nothing"
        return f"it ended well but did not write the declared {noun} {names}; found there: {there}"


def is_value(type_name: str) -> bool:
    """True for outputs whose content is a value of the language."""
    return type_name == METRICS or type_name in LITERALS


def parse(name: str, type_name: str, content: bytes) -> Json:
    """The value a step wrote.

    Raises:
        OutputInvalid: It is not of the type.
    """
    if len(content) > LARGEST_BYTES:
        why = f"it holds {len(content)} bytes; values have at most {LARGEST_BYTES}"
        raise OutputInvalid(name, type_name, why)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OutputInvalid(name, type_name, f"byte {error.start} is not UTF-8") from error
    try:
        return _metrics(text) if type_name == METRICS else _literal(type_name, text)
    except ValueError as error:
        raise OutputInvalid(name, type_name, str(error)) from error


def _literal(type_name: str, text: str) -> Json:
    text = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    match type_name:
        case "integer":
            return _json(_integer(text.strip()))
        case "number":
            return _json(_number(text.strip()))
        case "boolean":
            return _boolean(text.strip())
        case _:
            return text


def _json(plain: object) -> Json:
    """As the state and the journal keep it: a fraction that no float is has its exact text."""
    return to_json_plain(from_plain(plain))


def _integer(text: str) -> int:
    number = _number(text)
    if not isinstance(number, int):
        raise ValueError(f"it holds {_shown(text)}, which is not whole")
    return number


def _number(text: str) -> Number:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"it holds {_shown(text)}")
    written = Decimal(text)
    if written and abs(written.adjusted()) > _LONGEST_EXPONENT:
        far = "too large" if written.adjusted() > 0 else "too small"
        raise ValueError(f"it holds {_shown(text)}, which is {far}")
    return parse_number(text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"it holds {_shown(text)}; a boolean is true or false")
    return text == "true"


def _metrics(text: str) -> Json:
    try:
        found = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_refused,
            parse_float=_number,
            parse_int=_number,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"it holds {_shown(text.strip())}, not a JSON object of numbers")
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            shown = _shown(json.dumps(value, default=str))
            raise ValueError(f'its "{name}" is {shown}, not a number')
    return _json(found)


def _once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f'it names "{name}" twice')
        found[name] = value
    return found


def _refused(constant: str) -> Json:
    raise ValueError(f"it holds {constant}, which is no number in JSON")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…") if text else "nothing"
