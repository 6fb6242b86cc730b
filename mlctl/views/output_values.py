"""Root outputs: ``mlctl output`` as text, as JSON and raw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlctl.core.digest import Json
from mlctl.core.errors import MlctlError
from mlctl.core.secret import MASK
from mlctl.core.state import OutputValue
from mlctl.core.suggest import did_you_mean
from mlctl.core.types import type_from_json
from mlctl.core.value import Value
from mlctl.hcl.console_format import format_value
from mlctl.hcl.convert import ConversionError, convert
from mlctl.views.sealed import recorded_value
from mlctl.views.state_json import outputs_json
from mlctl.views.text import safe


@dataclass
class NoSuchOutput(MlctlError):
    """The state has no such output."""

    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        near = did_you_mean(self.name, self.known)
        return f'the state has no output "{self.name}".{" " + near if near else ""}'


@dataclass
class NotRaw(MlctlError):
    """The output has no one text that ``--raw`` could print."""

    name: str
    why: str

    def __str__(self) -> str:
        return f'the output "{self.name}" cannot be printed raw: {self.why}'


def outputs_text(outputs: Mapping[str, OutputValue]) -> str:
    """``name = value`` a line; empty when there are none."""
    return "".join(f"{n} = {output_text(o)}\n" for n, o in sorted(outputs.items()))


def output_text(output: OutputValue) -> str:
    """One output's value, as an expression that gives it again."""
    return MASK if output.sensitive else safe(format_value(value_of(output)))


def output_json(outputs: Mapping[str, OutputValue], name: str | None = None) -> Json:
    """All outputs as ``{name: {sensitive, type, value}}``, or one's value alone.

    Raises:
        NoSuchOutput: ``name`` is not one of them.
    """
    return outputs_json(outputs) if name is None else _value_json(outputs, name)


def raw_text(outputs: Mapping[str, OutputValue], name: str) -> str:
    """A string, number or bool as it is, without quotes or line end.

    Raises:
        NoSuchOutput: There is no such output.
        NotRaw: It is not a string, number or bool, or is sensitive and so not recorded.
    """
    output = find(outputs, name)
    if output.sensitive:
        raise NotRaw(name, "it is sensitive, and sensitive values are not recorded")
    raw = value_of(output).raw
    match raw:
        case str():
            return raw
        case bool():
            return "true" if raw else "false"
        case None | dict() | tuple():
            raise NotRaw(name, "it is not a string, number or bool; use --json")
        case _:
            return format_value(value_of(output))


def find(outputs: Mapping[str, OutputValue], name: str) -> OutputValue:
    """One output.

    Raises:
        NoSuchOutput: There is no such output.
    """
    if name not in outputs:
        raise NoSuchOutput(name, tuple(sorted(outputs)))
    return outputs[name]


def value_of(output: OutputValue) -> Value:
    """The recorded value, of its recorded type."""
    value = recorded_value(output.value)
    try:
        return convert(value, type_from_json(output.type))
    except ConversionError:
        # A sealed part stands as a text where something else was; shown it is masked anyway.
        return value


def _value_json(outputs: Mapping[str, OutputValue], name: str) -> Json:
    body = outputs_json({name: find(outputs, name)})[name]
    assert isinstance(body, Mapping)
    return body["value"]
