"""Commands: texts and argvs, canonical and real paths, secrets, and what makes no sense."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.config.shell import EndsHereDocument, ShellText
from mlctl.core.desired import EvaluationFailed
from mlctl.core.job import Layout
from mlctl.core.step import LiteralInput
from tests.builders import step_address
from tests.config.project import Project, marked, said

LAYOUT = Layout("/job/code", "/job/in", "/job/out dir")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def step(command: str, inputs: str = 'n = 3, name = "a b"') -> str:
    return f"""
locals {{
  words = "one two"
  yes   = true
}}
variable "token" {{
  default   = "s3cret"
  sensitive = true
}}
pipeline "p" {{
  step "s" {{
    command = {command}
    inputs  = {{ {inputs} }}
    output "o" {{
      type = "uri_file"
    }}
  }}
}}
"""


@pytest.mark.parametrize(
    ("command", "canonical", "real"),
    [
        ('"cp ${outputs.o} x"', "cp /mlctl/outputs/o x", "cp '/job/out dir/o' x"),
        ('"x ${inputs.name}"', "x 'a b'", "x 'a b'"),
        ('"x \\"${inputs.name}\\""', 'x "a b"', 'x "a b"'),
        ('"x ${inputs.n + 1}"', "x 4", "x 4"),
        ('"x ${local.words}"', "x one two", "x one two"),
        ('("x ${inputs.name}")', "x 'a b'", "x 'a b'"),
        ('"${inputs.name}"', "'a b'", "'a b'"),
        ('"${local.yes ? "x \\"${inputs.name}\\"" : ""}"', 'x "a b"', 'x "a b"'),
        ('local.yes ? "x \\"${inputs.name}\\"" : "y"', 'x "a b"', 'x "a b"'),
        ('join(" ", ["x", inputs.name])', "x 'a b'", "x 'a b'"),
        ('join(" && ", ["x \\"${inputs.name}\\"", "y"])', 'x "a b" && y', 'x "a b" && y'),
        ('trimspace("  x \\"${inputs.name}\\" ")', 'x "a b"', 'x "a b"'),
        ('format("x %s", (inputs.name))', "x 'a b'", "x 'a b'"),
        ("local.words", "one two", "one two"),
        ("inputs.name", "'a b'", "'a b'"),
        ("3", "3", "3"),
        (
            '["x", inputs.name, "${outputs.o}", 3]',
            ("x", "a b", "/mlctl/outputs/o", "3"),
            ("x", "a b", "/job/out dir/o", "3"),
        ),
        ('concat(["x"], [inputs.name])', ("x", "a b"), ("x", "a b")),
        ("[for w in [inputs.name] : w]", ("a b",), ("a b",)),
        ('local.yes ? ["x", inputs.name] : ["y", "z"]', ("x", "a b"), ("x", "a b")),
        ('"${["x", inputs.name]}"', ("x", "a b"), ("x", "a b")),
    ],
)
def test_a_command_is_evaluated_for_its_key_and_for_the_real_paths(
    project: Project, command: str, canonical: object, real: object
) -> None:
    made = project.hcl(step(command)).desired("s")

    assert made.key.command == canonical
    assert made.command(LAYOUT) == real


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("null", "a command is required"),
        ('{ a = "b" }', "A command is a text for the shell or a list of words"),
        ("[[1]]", "A command is a text for the shell or a list of words"),
        ('"x ${[1]}"', ""),
        ('"x ${inputs.nope}"', 'named "nope"'),
        ('"x ${null}"', ""),
        ('"%{ if inputs.name }x%{ endif }"', ""),
        ('"%{ for x in inputs.n }x%{ endfor }"', ""),
        ('"x ${inputs.gone}"', "null"),
        ('"cat <<E\\n${inputs.end}\\nE\\n"', 'the line "E", which ends the here-document'),
    ],
)
def test_a_command_that_makes_no_sense_is_said_once(
    project: Project, command: str, words: str
) -> None:
    text = step(command, 'n = 3, name = "a b", gone = null, end = "a\\nE\\nrm"')

    found = project.hcl(text).problems()

    assert len(found) == 1, said(found)
    assert words in found[0].detail


@pytest.mark.parametrize(
    "command",
    ['"x ${var.token}"', '["x", var.token]', '"x %{ if var.token == "a" }b%{ endif }"', '"${inputs.name}"'],
)  # fmt: skip
def test_a_secret_does_not_go_on_a_command_line(project: Project, command: str) -> None:
    found = project.hcl(step(command, "name = var.token")).problems()

    assert [d.summary for d in found] == ["A secret on a command line"]
    assert marked(found[0]) == command
    assert "s3cret" not in "".join(said(found))


def test_a_problem_with_real_paths_alone_stops_every_step_that_has_it(project: Project) -> None:
    project.hcl("""
        component "c" {
          command = "x ${substr(outputs.o, 0, 7) == "/mlctl/" ? "" : tonumber("x")}"
          output "o" {
            type = "uri_file"
          }
        }
        pipeline "p" {
          step "s" {
            count     = 2
            component = component.c
          }
        }
    """)

    evaluation = project.plan().sound().world.evaluation

    for index in range(2):
        with pytest.raises(EvaluationFailed) as failed:
            evaluation.step(step_address("s", index)).command(LAYOUT)
        assert failed.value.diagnostics


def test_an_older_input_that_makes_no_sense_any_more_is_no_problem(project: Project) -> None:
    made = project.hcl(step('"x ${["a", "b"][inputs.n]}"', "n = 1")).plan().sound()
    evaluation = made.world.evaluation
    wanted = evaluation.step(made.plan.steps[0].address)

    older = wanted.command_with({"n": LiteralInput("number", "7")})

    assert older != wanted.key.command
    assert evaluation.found == []
    assert wanted.command_with({"n": LiteralInput("number", "0")}) == "x a"


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("boolean", "true", "x true"),
        ("integer", "4", "x 4"),
        ("string", "a b", "x 'a b'"),
    ],
)
def test_a_command_can_be_said_for_older_inputs(
    project: Project, kind: str, text: str, shown: str
) -> None:
    given = {"boolean": "false", "integer": "1", "string": '"q"'}[kind]
    wanted = project.hcl(step('"x ${inputs.v}"', f"v = {given}")).desired("s")

    assert wanted.command_with({"v": LiteralInput(kind, text)}) == shown


# --- following a shell text -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("pieces", "made"),
    [
        (("x \\", "'a'"), "x \\\\''\"'\"'a'\"'\"''"),
        (('x "\\', "$a", '"'), 'x "\\\\\\$a"'),
        (("x '\\", "$a", "'"), "x '\\$a'"),
        (("cat <<<'a' ", "a b"), "cat <<<'a' 'a b'"),
        (("x << ", "a b"), "x << 'a b'"),
        (("case x in a) echo ", "a b"), "case x in a) echo 'a b'"),
        (("x $(( (1<<2) )) ", "a b"), "x $(( (1<<2) )) 'a b'"),
        (("cat <<A <<B\n", "$", "\nA\n", "`", "\nB\nx ", "a b"), None),
    ],
)
def test_what_stands_around_a_value_decides_how_it_is_written(
    pieces: tuple[str, ...], made: str | None
) -> None:
    text = ShellText()
    for index, piece in enumerate(pieces):
        if index % 2:
            text.word(piece)
        else:
            text.write(piece)

    assert str(text) == (made or "cat <<A <<B\n\\$\nA\n\\`\nB\nx 'a b'")


@pytest.mark.parametrize("value", ["a\nE\nrm -rf x", "E"])
def test_a_value_cannot_end_the_here_document_it_stands_in(value: str) -> None:
    text = ShellText()
    text.write("cat <<'E'\n")

    with pytest.raises(EndsHereDocument):  # noqa: PT012 - the line ends only with what follows
        text.word(value)
        text.write("\n")
