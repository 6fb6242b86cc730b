"""One mistake must not hide the others, and none may stop the program."""

from __future__ import annotations

import pytest

from mlctl.hcl.parser import parse_bytes, parse_config, parse_expression, parse_template


def lines(text: str) -> list[int]:
    """The lines on which errors are reported."""
    found = parse_config("t.hcl", text)[1]
    return [d.subject.start.line for d in found if d.subject is not None]


def names(text: str) -> list[str]:
    """The attributes and blocks that were understood all the same."""
    body, _ = parse_config("t.hcl", text)
    return [*body.attributes, *(block.type for block in body.blocks)]


def test_every_broken_line_is_reported() -> None:
    assert lines("a = \nb = 1\nc = )\nd = [1,,2]\ne = f(\n  1 2\n)\nf = 1\n") == [1, 3, 4, 6]


def test_what_stands_between_mistakes_is_kept() -> None:
    assert names("a = \nb = 1\nc = )\nd {\n  x = \n}\ne = 2\n") == ["a", "b", "c", "e", "d"]


def test_a_mistake_inside_a_block_stays_inside_it() -> None:
    text = 'a "b" {\n  c = \n  d = 1\n}\ne = )\n'
    body, _ = parse_config("t.hcl", text)

    assert lines(text) == [2, 5]
    assert list(body.blocks[0].body.attributes) == ["c", "d"]


def test_a_bracket_that_is_never_closed_swallows_no_more_than_its_lines() -> None:
    assert lines("a = [1,\n  2\nb = 3\nc {\n  d = \n}\ne = )\n") == [3, 5, 7]


def test_a_bracket_left_open_in_a_block_does_not_leave_the_block() -> None:
    assert names("a {\n  b = [1\n}\nc = 1\n") == ["c", "a"]


def test_a_forgotten_quote_stays_on_its_line() -> None:
    assert lines('a = "x\nb = 1\nc = "y"\nd = )\n') == [1, 4]


def test_a_string_of_several_lines_is_one_mistake() -> None:
    assert lines('a = "x\n  y z\n  w"\nb = 1\n') == [1]


def test_a_stray_brace_is_one_mistake() -> None:
    assert lines("a = 1\n}\nb = )\n") == [2, 3]


def test_several_mistakes_in_one_template_are_all_reported() -> None:
    assert len(lines('a = "${1 2} ${)} ${ok} %{ huh }"\n')) == 3


def test_blocks_around_an_unclosed_one_are_not_reported_as_well() -> None:
    assert lines("a {\n  b {\n    c = 1\n") == [2]


def test_after_many_mistakes_the_rest_is_left_unread() -> None:
    assert len(lines("a = )\n" * 1000)) <= 110


DEEP = {
    "parentheses": "(" * 300 + "1" + ")" * 300,
    "tuples": "[" * 5000,
    "objects": "{a=" * 5000,
    "calls": "f(" * 5000,
    "negations": "!" * 5000 + "a",
    "conditionals": "a ? b : " * 1000 + "c",
    "indexes": "a" + "[b]" * 1000,
    "splats": "a" + "[*]" * 1000,
    "strings": '"${' * 1000,
    "loops": "[for x in y : " * 1000,
    "directives": '"' + "%{if x}" * 1000 + '"',
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_nesting_without_end_is_an_error_and_no_crash(text: str) -> None:
    _, diagnostics = parse_expression("t.hcl", text)

    assert diagnostics[0].summary == "Nested too deeply"


def test_blocks_nested_without_end_are_one_error() -> None:
    _, diagnostics = parse_config("t.hcl", "a {\n" * 5000)

    assert [d.summary for d in diagnostics] == ["Nested too deeply"]


def test_two_hundred_levels_are_not_too_deep() -> None:
    assert parse_expression("t.hcl", "(" * 200 + "1" + ")" * 200)[1] == []
    assert parse_config("t.hcl", "a {\n" * 200 + "}\n" * 200)[1] == []


HOSTILE = {
    "comments": "/*" * 500_000,
    "heredocs": "a = <<A\n${" * 20_000,
    "lists": "a = [\n" * 20_000,
    "quotes": '"' * 100_000,
    "open strings": 'a = "\n' * 20_000,
    "sum": "a = " + "+".join(["1"] * 20_000),
    "dots": "a = 1" + "." * 300_000,
    "dollars": 'a = "' + "$" * 500_000 + '"',
    "bytes": "".join(map(chr, range(256))) * 400,
    "markers": "a = <<E\n" + " \n" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.timeout(20)
def test_hostile_texts_are_answered_soon(text: str) -> None:
    parse_config("t.hcl", text)
    parse_template("t.hcl", text)


def test_every_single_byte_is_answered() -> None:
    for byte in range(256):
        parse_bytes("t.hcl", bytes([byte]))
        parse_bytes("t.hcl", b'a = "' + bytes([byte]) + b'"\n')
        parse_bytes("t.hcl", b"a = " + bytes([byte]) + b"\n")
