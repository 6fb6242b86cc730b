"""How a text is cut into tokens."""

from __future__ import annotations

import pytest

from mlctl.hcl import tokens as t
from mlctl.hcl.lexer import is_identifier, lex, lex_template
from mlctl.hcl.source import Source


def kinds(text: str, *, comments: bool = False) -> list[str]:
    return lex(Source("t.hcl", text), comments=comments).kinds


def texts(text: str) -> list[str]:
    tokens = lex(Source("t.hcl", text))
    return [tokens.text(i) for i in range(len(tokens))][:-1]


def complaints(text: str) -> list[str]:
    return [found.summary for found in lex(Source("t.hcl", text)).diagnostics]


def test_punctuation_is_its_own_kind() -> None:
    marks = "{ } [ ] ( ) . , * / % + - = < > ! ? : == != <= >= => && || :: ..."

    assert " ".join(kinds(marks)) == f"{marks} {t.EOF}"


@pytest.mark.parametrize("number", ["0", "12", "1.5", "1e10", "1.5e-3", "1E+2"])
def test_a_number_is_one_token(number: str) -> None:
    assert kinds(number) == [t.NUMBER, t.EOF]


def test_a_number_does_not_swallow_the_dots_after_it() -> None:
    assert texts("x[1...]") == ["x", "[", "1", "...", "]"]


@pytest.mark.parametrize("name", ["a", "_x", "a-b", "größe", "变量", "é1", "x_1"])
def test_names_may_have_letters_of_every_script(name: str) -> None:
    assert kinds(name) == [t.IDENT, t.EOF]
    assert is_identifier(name)


@pytest.mark.parametrize("text", ["1a", "-a", "a b", "", "a.b", "²x"])
def test_other_texts_are_no_names(text: str) -> None:
    assert not is_identifier(text)


def test_the_three_kinds_of_comment_are_left_out_unless_wanted() -> None:
    text = "# one\n// two\n/* three\n lines */ x\n"

    assert kinds(text) == [t.NEWLINE, t.NEWLINE, t.IDENT, t.NEWLINE, t.EOF]
    assert kinds(text, comments=True).count(t.COMMENT) == 3


def test_a_comment_that_is_never_closed_is_no_comment() -> None:
    assert kinds("/* x") == ["/", "*", t.IDENT, t.EOF]


def test_windows_line_ends_are_line_ends() -> None:
    assert kinds("a = 1\r\nb = 2 # c\r\n").count(t.NEWLINE) == 2


def test_a_byte_order_mark_counts_only_at_the_beginning() -> None:
    assert kinds("\ufeffa") == [t.IDENT, t.EOF]
    assert complaints("a \ufeff") == ["Invalid character"]


def test_strings_nest_through_their_interpolations() -> None:
    assert texts('"a ${"b ${c}"} d"') == [
        '"', "a ", "${", '"', "b ", "${", "c", "}", '"', "}", " d", '"',
    ]  # fmt: skip


def test_braces_inside_an_interpolation_do_not_end_it() -> None:
    assert kinds('"${{}}"')[1:5] == [t.INTERPOLATION, "{", "}", t.SEQUENCE_END]


def test_doubled_openers_are_text() -> None:
    assert kinds('"$${a} %%{b} $ % $$"') == [t.OPEN_QUOTE, t.QUOTED_TEXT, t.CLOSE_QUOTE, t.EOF]


def test_a_heredoc_ends_with_its_marker_on_a_line_of_its_own() -> None:
    assert texts("<<END\nx END\n  END\ny") == ["<<END\n", "x END\n", "  END", "\n", "y"]


def test_a_heredoc_inside_a_heredocs_interpolation_may_have_the_same_marker() -> None:
    text = "<<E\n${<<E\nin\nE\n}\nout\nE\n"

    assert kinds(text).count(t.CLOSE_HEREDOC) == 2


def test_a_marker_followed_by_blanks_opens_no_heredoc() -> None:
    assert kinds("<<E \nx\nE\n")[:3] == ["<", "<", t.IDENT]


def test_a_bare_template_is_text_from_the_start() -> None:
    tokens = lex_template(Source("t.tmpl", 'say "${x}" $ %'))

    assert tokens.kinds == [t.TEXT, t.INTERPOLATION, t.IDENT, t.SEQUENCE_END, t.TEXT, t.EOF]


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("a & b", "Unsupported operator"),
        ("a ^ b", "Unsupported operator"),
        ("a; b", "Invalid character"),
        ("'a'", "Invalid character"),
        ("`a`", "Invalid character"),
        ("“a”", "Invalid character"),
        ("🌻", "Invalid character"),
        ("a\x00", "Invalid character"),
        ("a\rb", "Invalid character"),
        ('"a\nb"', "Invalid multi-line string"),
        ("\udcff", "Invalid character encoding"),
        ('"\udcff"', "Invalid character encoding"),
    ],
)
def test_what_has_no_place_in_the_language_is_reported(text: str, summary: str) -> None:
    assert complaints(text)[0] == summary


def test_undecodable_bytes_in_a_comment_harm_nobody() -> None:
    assert complaints("# \udcff\n") == []


def test_a_binary_file_does_not_fill_the_screen() -> None:
    assert len(complaints("\x00\x01\x02" * 1000)) < 10


def test_the_position_of_a_token_counts_characters_as_people_see_them() -> None:
    tokens = lex(Source("t.hcl", 'a = "é👩‍👩‍👧" + b'))
    span = tokens.source.span(tokens.starts[-2], tokens.ends[-2])

    assert (span.start.column, span.start.byte) == (12, 29)
