"""How values are shown, whole and in a few words."""

from __future__ import annotations

import pytest

from mlctl.core.types import NUMBER, STRING, ListType, ObjectType
from mlctl.core.value import (
    DYNAMIC_NULL,
    DYNAMIC_UNKNOWN,
    SENSITIVE,
    Value,
    from_plain,
    list_of,
    map_of,
    null,
    number,
    set_of,
    string,
    unknown,
)
from mlctl.hcl.console_format import format_value
from mlctl.hcl.value_note import statement


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (string('a"b\\ \t ${x} é \x01\u2028'), '"a\\"b\\\\ \\t ${x} é \\x01\\u2028"'),
        (string("a\nb"), "<<EOT\na\nb\nEOT"),
        (string("EOT\nx"), "<<EOT_\nEOT\nx\nEOT_"),
        (from_plain({"k": "a\n"}), '{\n  "k" = <<-EOT\n  a\n  \n  EOT\n}'),
        (list_of([number(1)]), "tolist([\n  1,\n])"),
        (set_of([string("a")]), 'toset([\n  "a",\n])'),
        (map_of({"a": number(1)}), 'tomap({\n  "a" = 1\n})'),
        (from_plain([1, {"b": [True]}]), '[\n  1,\n  {\n    "b" = [\n      true,\n    ]\n  },\n]'),
        (from_plain([]), "[]"),
        (from_plain({}), "{}"),
        (DYNAMIC_NULL, "null"),
        (null(ListType(STRING)), "tolist(null) /* of string */"),
        (unknown(NUMBER), "(known after apply)"),
        (string("x").mark(SENSITIVE), "(sensitive value)"),
        (list_of([string("x").mark(SENSITIVE)]), "tolist([\n  (sensitive value),\n])"),
    ],
)
def test_a_value_is_shown_as_in_terraforms_console(value: Value, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (string("fast"), 'is "fast"'),
        (string("x" * 500), "is \"" + "x" * 119 + "…\""),
        (number(5), "is 5"),
        (from_plain(True), "is true"),
        (DYNAMIC_NULL, "is null"),
        (list_of([number(1)]), "is list of number with 1 element"),
        (list_of([], STRING), "is empty list of string"),
        (from_plain([1, 2]), "is tuple with 2 elements"),
        (from_plain({}), "is object with no attributes"),
        (from_plain({"a": 1}), 'is object with 1 attribute "a"'),
        (from_plain({"a": 1, "b": 2}), "is object with 2 attributes"),
        (unknown(STRING), "is a string, known only after apply"),
        (unknown(ObjectType({})), "is an object, known only after apply"),
        (DYNAMIC_UNKNOWN, "will be known only after apply"),
        (string("hush").mark(SENSITIVE), "has a sensitive value"),
        (unknown(STRING).mark(SENSITIVE), "has a sensitive value"),
    ],
)  # fmt: skip
def test_a_value_is_described_in_a_few_words(value: Value, said: str) -> None:
    assert statement(value) == said
