"""Type constraints as people write them."""

from __future__ import annotations

import pytest

from mlctl.core.diagnostic import Diagnostic
from mlctl.core.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
)
from mlctl.core.value import from_plain, number, to_plain
from mlctl.hcl.convert import convert
from mlctl.hcl.defaults import Defaults, apply_defaults
from mlctl.hcl.parser import parse_expression
from mlctl.hcl.typeexpr import exact_type, type_constraint


def read(text: str) -> tuple[Type, Defaults | None, list[Diagnostic]]:
    expr, diagnostics = parse_expression("t.hcl", text)
    assert diagnostics == []
    return type_constraint(expr)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("string", STRING),
        ("number", NUMBER),
        ("bool", BOOL),
        ("any", DYNAMIC),
        ("list(string)", ListType(STRING)),
        ("set(number)", SetType(NUMBER)),
        ("map(any)", MapType(DYNAMIC)),
        ("tuple([string, bool])", TupleType([STRING, BOOL])),
        ("object({ a = string, b = optional(number) })",
         ObjectType({"a": STRING, "b": NUMBER}, ["b"])),
        ("list(object({}))", ListType(ObjectType({}))),
        ("object({ true = string })", ObjectType({"true": STRING})),
    ],
)  # fmt: skip
def test_a_type_is_what_it_says(text: str, wanted: Type) -> None:
    found, _, diagnostics = read(text)

    assert diagnostics == []
    assert found is wanted


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("strin", 'The keyword "strin" is not a valid type specification.'),
        ("list", "The list type constructor requires one argument"),
        ("object", "The object type constructor requires one argument"),
        ("tuple(string)", "Tuple type constructor requires a list of element types."),
        ("object(string)", "Object type constructor requires a map"),
        ("string(1)", 'Primitive type keyword "string" does not expect arguments.'),
        ("map(string, number)", "The map type constructor requires one argument"),
        ("blah(string)", 'Keyword "blah" is not a valid type constructor.'),
        ("optional(string)", 'Keyword "optional" is valid only as a modifier'),
        ('"string"', "A type specification is either a primitive type keyword"),
        ("list(\"string\")", "A type specification is either a primitive type keyword"),
        ("object({ a = optional() })", "requires the attribute type as its argument."),
        ("object({ a = optional(string, 1, 2) })", "at most two arguments"),
        ("object({ a = optional(number, \"x\") })", "not compatible with the attribute's type"),
        ("object({ a = optional(number, var.x) })", "Variables may not be used here."),
        ("object({ a = string, a = string })", "Object constructor map keys must be unique."),
        ("object({ (a) = string })", "Object constructor map keys must be attribute names."),
    ],
)  # fmt: skip
def test_what_is_no_type_is_refused_with_the_reason(text: str, detail: str) -> None:
    _, _, diagnostics = read(text)

    assert detail in diagnostics[0].detail
    assert diagnostics[0].subject is not None


def test_defaults_are_found_at_every_depth() -> None:
    found, defaults, diagnostics = read(
        'map(object({ size = optional(number, 3), tags = optional(object({ a = optional(string, "x") }), {}) }))'  # noqa: E501 — one type, one line
    )

    assert diagnostics == []
    assert defaults is not None
    filled = convert(apply_defaults(defaults, from_plain({"k": {}})), found)
    assert to_plain(filled) == {"k": {"size": 3, "tags": {"a": "x"}}}


def test_a_type_without_defaults_has_none() -> None:
    assert read("object({ a = optional(number) })")[1] is None


def test_defaults_are_converted_to_their_type() -> None:
    _, defaults, _ = read('object({ a = optional(number, "5") })')

    assert defaults is not None
    assert defaults.values["a"] == number(5)


def test_an_exact_type_has_neither_any_nor_optional() -> None:
    for text in ("any", "list(any)", "object({ a = optional(string) })"):
        _, diagnostics = exact_type(parse_expression("t.hcl", text)[0])
        assert len(diagnostics) == 1
