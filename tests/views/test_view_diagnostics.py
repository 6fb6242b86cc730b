"""How problems are told to people and to programs."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.diagnostic import Diagnostic, Severity, ValueNote
from mlctl.core.errors import Unreachable
from mlctl.core.source import Position, SourceSpan
from mlctl.hcl.source import Source
from mlctl.views import diagnostics
from mlctl.views.diagnostic_json import diagnostic_json, validation_json
from mlctl.views.style import Style
from tests.golden import Golden

TEXT = 'pipeline "x" {\n  step "a" {\n    compute = compute.gpuu\n  }\n}\n'


def span(text: str, wanted: str, filename: str = "main.hcl") -> SourceSpan:
    at = text.index(wanted)
    return Source(filename, text).span(at, at + len(wanted))


def unknown_compute() -> Diagnostic:
    return Diagnostic(
        summary="Unknown compute target",
        detail='No compute "gpuu" is declared in this configuration.\n\n    kept as it is',
        hint='Did you mean "gpu"?',
        subject=span(TEXT, "compute.gpuu"),
        block='pipeline "x"',
        values=(ValueNote("var.rate", 'is "fast"'), ValueNote("var.key", "has a sensitive value")),
    )


def quoted(text: str, wanted: str, style: Style | None = None) -> list[str]:
    found = Diagnostic(summary="s", subject=span(text, wanted))
    return diagnostics.render(found, style or Style()).splitlines()[3:]


def test_a_diagnostic_looks_as_expected(golden: Golden) -> None:
    golden("diagnostic.txt", diagnostics.render(unknown_compute(), Style()))


def test_a_diagnostic_with_colour_looks_as_expected(golden: Golden) -> None:
    golden("diagnostic_color.txt", diagnostics.render(unknown_compute(), Style(color=True)))


def test_the_stretch_is_underlined_with_colour_and_has_carets_without() -> None:
    coloured = diagnostics.render(unknown_compute(), Style(color=True))

    assert "\x1b[4mcompute.gpuu\x1b[0m" in coloured
    assert "^" not in coloured
    assert "^" * len("compute.gpuu") + "\n" in diagnostics.render(unknown_compute(), Style())


@pytest.mark.parametrize(
    ("text", "wanted", "lines"),
    [
        ("\tx = bad\n", "bad", ["   1:     x = bad", "              ^^^"]),
        ("名前 = bad", "bad", ["   1: 名前 = bad", "             ^^^"]),
        ("a = 名前 + 1", "名前", ["   1: a = 名前 + 1", "          ^^^^"]),
        ("e\u0301x = bad", "bad", ["   1: e\u0301x = bad", "           ^^^"]),
        ("👩‍💻 = bad", "bad", ["   1: 👩‍💻 = bad", "           ^^^"]),
        ("a = \x1b[31m bad", "bad", ["   1: a = \\u001b[31m bad", "                     ^^^"]),
    ],
)
def test_carets_stand_under_the_stretch_whatever_comes_before_it(
    text: str, wanted: str, lines: list[str]
) -> None:
    assert quoted(text, wanted) == lines


def test_a_long_line_is_cut_around_the_stretch() -> None:
    text = f"a = {'x' * 200} bad {'y' * 200}"

    line, carets = quoted(text, "bad", Style(width=60))

    assert len(line) <= 60
    assert line.startswith("   1: …")
    assert line.endswith("…")
    assert line[carets.index("^") :].startswith("bad")


def test_a_stretch_longer_than_the_line_is_cut_too() -> None:
    line, carets = quoted("b" * 500, "b" * 500, Style(width=60))

    assert max(len(line), len(carets)) <= 60
    assert "b" in line


def test_a_stretch_over_several_lines_is_marked_on_each() -> None:
    text = "a = [\n  1,\n  2,\n]\n"

    assert quoted(text, "[\n  1,\n  2,\n]") == [
        "   1: a = [",
        "          ^",
        "   2:   1,",
        "        ^^",
        "   3:   2,",
        "        ^^",
        "   4: ]",
        "      ^",
    ]


def test_a_very_long_stretch_shows_its_beginning_and_its_end() -> None:
    text = "a = [\n" + "  1,\n" * 30 + "]"

    lines = [line for line in quoted(text, text) if "^" not in line]

    assert lines == ["   1: a = [", "   2:   1,", "   3:   1,", " ...", "  32: ]"]


def test_an_empty_stretch_at_the_end_of_a_file_gets_one_caret() -> None:
    source = Source("f.hcl", "a =")
    found = Diagnostic(summary="s", subject=source.span(3, 3))

    assert diagnostics.render(found, Style()).splitlines()[3:] == ["   1: a =", "         ^"]


def test_a_short_context_is_quoted_around_the_stretch() -> None:
    found = Diagnostic(
        summary="s", subject=span(TEXT, "gpuu"), context=span(TEXT, TEXT.rstrip("\n"))
    )

    lines = diagnostics.render(found, Style()).splitlines()

    assert [line[:4].strip() for line in lines[3:]] == ["1", "2", "3", "", "4", "5"]


def test_a_place_without_its_text_still_says_where() -> None:
    at = Position(7, 1, 0)
    found = Diagnostic(summary="s", subject=SourceSpan("f.hcl", at, at), block='step "a"')

    assert diagnostics.render(found, Style()) == 'Error: s\n\n  on f.hcl line 7, in step "a"\n'


def test_a_problem_of_an_object_names_it() -> None:
    found = Diagnostic(severity=Severity.WARNING, summary="Old", address="compute.gpu")

    assert diagnostics.render(found, Style()) == "Warning: Old\n\n  with compute.gpu\n"


def test_what_the_world_refused_is_a_diagnostic_in_its_own_words() -> None:
    found = diagnostics.of_error(Unreachable("gpu.example", "the key was refused"))

    assert found.summary == "gpu.example cannot be reached: the key was refused"


def test_untrusted_text_cannot_act_on_the_terminal_anywhere() -> None:
    evil = "\x1b[2J\u202e\x9b\r"
    found = Diagnostic(
        summary=evil,
        detail=evil,
        hint=evil,
        block=evil,
        address=evil,
        subject=span(f"a = {evil} b", "b", filename=evil),
        values=(ValueNote(evil, evil),),
    )

    text = diagnostics.render(found, Style()) + json.dumps(diagnostic_json(found)["detail"])

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_detail_is_wrapped_and_indented_lines_are_kept() -> None:
    found = Diagnostic(summary="s", detail="word " * 30 + "\n    " + "x" * 100)

    lines = diagnostics.render(found, Style(width=40)).splitlines()

    assert "    " + "x" * 100 in lines
    assert all(len(line) <= 40 for line in lines if "word" in line)


def test_several_diagnostics_are_set_apart_by_an_empty_line() -> None:
    found = [Diagnostic(summary="a"), Diagnostic(summary="b")]

    assert diagnostics.render_all(found, Style()) == "Error: a\n\nError: b\n\n"
    assert diagnostics.render_all([], Style()) == ""


def test_a_diagnostic_as_data_has_terraforms_shape() -> None:
    assert diagnostic_json(unknown_compute()) == {
        "severity": "error",
        "summary": "Unknown compute target",
        "detail": 'No compute "gpuu" is declared in this configuration.\n\n    kept as it is',
        "hint": 'Did you mean "gpu"?',
        "range": {
            "filename": "main.hcl",
            "start": {"line": 3, "column": 15, "byte": 42},
            "end": {"line": 3, "column": 27, "byte": 54},
        },
        "snippet": {
            "context": 'pipeline "x"',
            "code": "    compute = compute.gpuu",
            "start_line": 3,
            "highlight_start_offset": 14,
            "highlight_end_offset": 26,
            "values": [
                {"traversal": "var.rate", "statement": 'is "fast"'},
                {"traversal": "var.key", "statement": "has a sensitive value"},
            ],
        },
    }


def test_validation_counts_errors_and_warnings() -> None:
    warning = Diagnostic(severity=Severity.WARNING, summary="w")
    document = validation_json([unknown_compute(), warning])

    assert (document["valid"], document["error_count"], document["warning_count"]) == (False, 1, 1)
    assert validation_json([warning])["valid"] is True


lines_of_text = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\t \n名e\u0301👩‍💻\x1b"), max_size=80
)


@given(lines_of_text, st.integers(0, 90), st.integers(0, 90), st.integers(20, 90))
def test_every_stretch_of_every_text_can_be_quoted(
    text: str, start: int, length: int, width: int
) -> None:
    subject = Source("f.hcl", text).span(start, start + length)
    found = Diagnostic(summary="s", subject=subject)

    shown = diagnostics.render(found, Style(width=width))
    snippet = diagnostic_json(found)["snippet"]

    assert "^" in shown
    assert isinstance(snippet, dict)
    begin, end = snippet["highlight_start_offset"], snippet["highlight_end_offset"]
    assert 0 <= begin <= end <= len(snippet["code"])


@given(st.text("ab名\t ", min_size=1, max_size=60), st.data())
def test_what_is_highlighted_is_the_stretch_itself(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    subject = Source("f.hcl", text).span(start, end)

    snippet = diagnostic_json(Diagnostic(summary="s", subject=subject))["snippet"]

    assert isinstance(snippet, dict)
    cut = slice(snippet["highlight_start_offset"], snippet["highlight_end_offset"])
    assert snippet["code"][cut] == text[start:end]
