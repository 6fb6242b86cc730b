"""What strings, heredocs and template files stand for."""

from __future__ import annotations

import pytest

from mlctl.core.diagnostic import Diagnostic
from mlctl.core.types import STRING
from mlctl.core.value import SENSITIVE, Value, list_of, string, unknown
from mlctl.hcl.evaluate import evaluate
from mlctl.hcl.functions.spec import FunctionError
from mlctl.hcl.parser import parse_config, parse_template
from mlctl.hcl.render import render_template
from mlctl.hcl.scope import Scope

NAMES = {
    "a": string("A"),
    "xs": list_of([string("1"), string("2")]),
    "indented": string("  deep"),
    "later": unknown(STRING),
    "secret": string("s").mark(SENSITIVE),
}


def heredoc(text: str) -> str:
    body, diagnostics = parse_config("t.hcl", f"x = {text}\n")
    assert diagnostics == []
    value, diagnostics = evaluate(body.attributes["x"].expr, Scope(NAMES))
    assert diagnostics == []
    return value.as_string()


def template(text: str) -> tuple[Value, list[Diagnostic]]:
    expr, diagnostics = parse_template("t.tmpl", text)
    assert diagnostics == []
    return evaluate(expr, Scope(NAMES))


def rendered(text: str) -> str:
    value, diagnostics = template(text)
    assert diagnostics == []
    return value.as_string()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('"a\\n\\t\\"\\\\\\r"', 'a\n\t"\\\r'),
        ('"\\u00e9\\U0001F600"', "é😀"),
        ('"$${a} %%{a} $5 100%"', "${a} %{a} $5 100%"),
        ('"$$${a}"', "$${a}"),
        ('"<${a}>"', "<A>"),
        ('"x ${~ a ~} y"', "xAy"),
        ('""', ""),
        ('"%{ if true }y%{ else }n%{ endif }"', "y"),
        ('"%{ if false }y%{ endif }"', ""),
        ('"%{ for x in xs }${x},%{ endfor }"', "1,2,"),
        ('"%{ for i, x in xs }${i}=${x} %{ endfor }"', "0=1 1=2 "),
        ('"${1 + 1}${true}"', "2true"),
        ('"${"${a}"}!"', "A!"),
        ("<<E\n x\n  y\nE", " x\n  y\n"),
        ("<<-E\n    x\n      y\n\n  E", "x\n  y\n\n"),
        ("<<-E\n\t\tx\n\ty\n\tE", "\tx\ny\n"),
        ("<<-E\n  ${indented}\n  E", "  deep\n"),
        ("<<-E\n    a\n  ${a}\n  E", "  a\nA\n"),
        ("<<E\nE", ""),
        ("<<E\n$${a} \\n\nE", "${a} \\n\n"),
        ("<<E\n%{ for x in xs ~}\n- ${x}\n%{ endfor ~}\nE", "- 1\n- 2\n"),
        ("<<E\n%{ if true ~}\n  kept\n%{ endif ~}\nE", "  kept\n"),
        ("<<E\nx\n%{~ if true }y%{ endif }\nE", "xy\n"),
        ("<<E\r\nx\r\nE\r", "x\r\n"),
    ],
)
def test_text_is_what_it_stands_for(text: str, wanted: str) -> None:
    assert heredoc(text) == wanted


def test_lines_after_a_stripping_directive_keep_their_indentation() -> None:
    # Terraform 1.11 does the same: the line end is stripped, so no line begins there.
    text = "<<-E\n    %{ if true ~}\n    hello\n    %{ endif ~}\n    end\n    E"

    assert heredoc(text) == "    hello\n    end\n"


def test_a_template_file_is_text_with_quotes_and_line_ends() -> None:
    assert rendered('say "${a}"\n%{ for x in xs ~}\n${x}\n%{ endfor ~}\n') == 'say "A"\n1\n2\n'


def test_a_lone_dollar_is_a_dollar() -> None:
    assert rendered("$ % $$ %% $") == "$ % $$ %% $"


def test_a_template_is_unknown_as_soon_as_a_part_is_and_keeps_its_beginning() -> None:
    value, _ = template("model-${later}!")

    assert not value.is_known
    assert value.refinement.prefix == "model-"
    assert value.is_never_null


def test_the_last_letter_of_a_known_beginning_may_still_change() -> None:
    value, _ = template("ab${later}")

    assert value.refinement.prefix == "a"


def test_a_secret_makes_the_whole_text_a_secret() -> None:
    value, _ = template("pw=${secret}")

    assert SENSITIVE in value.marks


def test_null_and_lists_have_no_place_in_a_text() -> None:
    assert "null" in template("x${null}")[1][0].detail
    assert "string required" in template("x${xs}")[1][0].detail


def test_what_is_wrong_in_a_rendered_template_names_its_place() -> None:
    with pytest.raises(FunctionError, match=r"t\.tmpl:1,5-6: Invalid expression"):
        render_template("x ${)}", "t.tmpl", {}, {})
    with pytest.raises(FunctionError, match=r"t\.tmpl:2,7-9: Invalid operand"):
        render_template("\n${1 + xs}", "t.tmpl", NAMES, {})


def test_a_variable_the_template_was_not_given_is_the_callers_mistake() -> None:
    with pytest.raises(FunctionError) as caught:
        render_template("x ${nope.y}", "t.tmpl", NAMES, {})

    assert caught.value.argument == 1
    assert str(caught.value) == ('vars map does not contain key "nope", referenced at t.tmpl:1,5-9')
