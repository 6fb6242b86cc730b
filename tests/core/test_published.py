"""What stands where an output is published."""

from __future__ import annotations

import pytest

from mlctl.core.digest import of_bytes
from mlctl.core.published import published_content, published_digest
from mlctl.core.types import STRING
from mlctl.core.value import SENSITIVE, Value, from_plain, string, unknown

FILE = of_bytes(b"model")


@pytest.mark.parametrize(
    ("plain", "text"),
    [
        ("a\nb", b"a\nb\n"),
        ("ends\n", b"ends\n"),
        (0.5, b"0.5\n"),
        (True, b"true\n"),
        ({"b": 1, "a": [2]}, b'{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'),
    ],
)
def test_a_value_is_published_as_its_text_with_an_end_of_line(plain: object, text: bytes) -> None:
    value = from_plain(plain)

    assert published_content(value) == text
    assert published_digest(value) == of_bytes(text)


def test_data_is_published_as_the_content_it_stands_for() -> None:
    value = from_plain({"path": "x", "type": "uri_file", "digest": FILE, "size_bytes": 5})

    assert published_content(value) == published_digest(value) == FILE


@pytest.mark.parametrize("value", [string("x").mark(SENSITIVE), unknown(STRING)])
def test_secrets_and_what_is_not_known_are_not_published(value: Value) -> None:
    assert published_content(value) is published_digest(value) is None
