"""Functions of YAML: yamldecode yamlencode."""

from __future__ import annotations

from collections.abc import Sequence

from mlctl.core.types import DYNAMIC, STRING, Type
from mlctl.core.value import NOTHING_KNOWN, Value, string, unknown
from mlctl.hcl.functions.spec import Function, Parameter, anything, function
from mlctl.hcl.functions.yaml_read import from_yaml_text
from mlctl.hcl.functions.yaml_write import to_yaml_text


def _decoded_type(args: Sequence[Value]) -> Type:
    return from_yaml_text(args[0].as_string()).type if args[0].is_known else DYNAMIC


@function(
    "yamldecode",
    "The value a YAML text stands for.",
    Parameter("src", STRING),
    returns=_decoded_type,
    refinement=NOTHING_KNOWN,
)
def _yamldecode(text: Value, wanted: Type) -> Value:
    decoded = from_yaml_text(text.as_string())
    assert decoded.type is wanted
    return decoded


@function(
    "yamlencode",
    "The value as YAML text.",
    anything("value"),
    returns=STRING,
)
def _yamlencode(value: Value) -> Value:
    return string(to_yaml_text(value)) if value.is_wholly_known else unknown(STRING)


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (_yamldecode, _yamlencode)
