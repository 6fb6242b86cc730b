"""Inputs of steps and pipelines: types, defaults, bounds, data, fan-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.digest import of_bytes
from mlctl.core.step import AbsentInput, DataInput, InputKey, LiteralInput, MembersInput, Pending
from tests.config.project import Project, marked, said


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("data/a.txt", "a").write("data/b.txt", "b").write("one.txt", "one")
    return made


def with_input(declared: str, given: str | None) -> str:
    """A component with an input ``x`` and a step that gives it a value."""
    inputs = "" if given is None else f"inputs = {{ x = {given} }}"
    return f"""
component "c" {{
  command = "use ${{inputs.x == null ? "nothing" : "it"}}"
  input "x" {{
    {declared}
  }}
}}
pipeline "p" {{
  step "s" {{
    component = component.c
    {inputs}
  }}
}}
"""


def key(project: Project) -> InputKey | Pending:
    return project.plan().sound().key("s").inputs["x"]


@pytest.mark.parametrize(
    ("declared", "given", "expected"),
    [
        ('type = "integer"', "3", LiteralInput("integer", "3")),
        ('type = "integer"', '"3"', LiteralInput("integer", "3")),
        ('type = "integer"', "3.0", LiteralInput("integer", "3")),
        ('type = "number"', "0.10", LiteralInput("number", "0.1")),
        ('type = "number"', "1e21", LiteralInput("number", "1000000000000000000000")),
        ('type = "string"', "3", LiteralInput("string", "3")),
        ('type = "string"', '""', LiteralInput("string", "")),
        ('type = "boolean"', "true", LiteralInput("boolean", "true")),
        ('type = "boolean"', '"false"', LiteralInput("boolean", "false")),
        ('type = "integer"\ndefault = 5', None, LiteralInput("integer", "5")),
        ('type = "integer"\ndefault = 5', "null", LiteralInput("integer", "5")),
        ('type = "integer"\noptional = true', None, AbsentInput()),
        ('type = "uri_file"\noptional = true', "null", AbsentInput()),
        ('type = "integer"\nmin = 1\nmax = 3', "3", LiteralInput("integer", "3")),
        ('type = "string"\nenum = ["a", "b"]', '"b"', LiteralInput("string", "b")),
        ('type = "integer"\nenum = [1, 2]', '"2"', LiteralInput("integer", "2")),
        ('type = "uri_file"', '"one.txt"', DataInput(of_bytes(b"one"))),
        ('type = "uri_file"', '"./one.txt"', DataInput(of_bytes(b"one"))),
        ('type = "uri_file"\ndefault = "./one.txt"', None, DataInput(of_bytes(b"one"))),
    ],
)
def test_a_value_that_fits_is_part_of_the_key_in_one_spelling(
    project: Project, declared: str, given: str | None, expected: InputKey
) -> None:
    assert key(project.hcl(with_input(declared, given))) == expected


@pytest.mark.parametrize(
    ("declared", "given", "points_at", "words"),
    [
        ('type = "integer"', None, 'step "s"', "has no default, so the step must give it a value"),
        ('type = "integer"', "null", "null", 'The input "x" is null.'),
        ('type = "integer"', "1.5", "1.5", "1.5 is not a whole number"),
        ('type = "integer"', '"many"', '"many"', '"x" (integer): a whole number is required'),
        ('type = "boolean"', "1", "1", '"x" (boolean)'),
        ('type = "string"', "[1]", "[1]", '"x" (string)'),
        ('type = "integer"\nmin = 1', "0", "0", "0 is less than the minimum 1"),
        ('type = "number"\nmax = 0.5', "0.75", "0.75", "greater than the maximum 0.5"),
        ('type = "string"\nenum = ["a", "b"]', '"c"', '"c"', '"c" is not one of: a, b'),
        ('type = "integer"\nmax = 1\ndefault = 2', None, "2", "greater than the maximum"),
        ('type = "uri_file"', '"no.txt"', '"no.txt"', 'There is nothing at "no.txt".'),
        ('type = "uri_file"', '"./data"', '"./data"', "A file is expected; this is a folder."),
        ('type = "uri_folder"', '"one.txt"', '"one.txt"', "A folder is expected; this is a file."),
        ('type = "uri_file"', "3", "3", "this is a number"),
        ('type = "uri_file"', '"s3://x/y"', '"s3://x/y"', "cannot read data from"),
        ('type = "uri_file"', '"datastore://x/y"', '"datastore://x/y"', "no such datastore"),
        ('type = "uri_folder"', '{ "a/b" = "one.txt" }', '{ "a/b" = "one.txt" }', 'key "a/b"'),
        ('type = "uri_folder"', "[1]", "[1]", "Data is expected"),
        ('type = "uri_folder"', '["no.txt"]', '["no.txt"]', "There is nothing"),
    ],
)
def test_a_value_that_does_not_fit_is_said_where_it_is_written(
    project: Project, declared: str, given: str | None, points_at: str, words: str
) -> None:
    found = project.hcl(with_input(declared, given)).plan().errors

    assert len(found) == 1, said(found)
    assert marked(found[0]) == points_at
    assert words in found[0].detail


def test_a_secret_is_not_shown_when_it_does_not_fit(project: Project) -> None:
    text = with_input('type = "integer"\nmax = 5', "var.pin")
    project.hcl(text + 'variable "pin" {\n  default = 4711\n  sensitive = true\n}')

    found = project.plan().errors

    assert "its value is greater than the maximum" in found[0].detail
    assert "4711" not in "".join(said(found))


def test_an_input_that_is_not_declared_is_said_at_its_name(project: Project) -> None:
    text = with_input('type = "integer"', "1").replace("x = 1", "x = 1, ex = 2")

    found = project.hcl(text).problems()

    assert [(marked(d), d.hint) for d in found] == [("ex", 'Did you mean "x"?')]


def test_with_no_near_name_the_inputs_are_listed(project: Project) -> None:
    text = with_input('type = "integer"', "1").replace("x = 1", "x = 1, epochs = 2")

    assert [d.hint for d in project.hcl(text).problems()] == ["Its inputs: x."]


def test_a_wrong_input_is_not_said_again_by_the_command_that_uses_it(project: Project) -> None:
    text = with_input('type = "integer"', "1.5").replace('"use', '"use ${inputs.x + 1}')

    assert len(project.hcl(text).problems()) == 1


# --- inline steps --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1", LiteralInput("number", "1")),
        ('"./one.txt"', LiteralInput("string", "./one.txt")),
        ("true", LiteralInput("boolean", "true")),
        ("null", AbsentInput()),
        ("data_asset.one", DataInput(of_bytes(b"one"))),
        ("[data_asset.one]", MembersInput({"0": of_bytes(b"one")})),
        ('["one.txt", "data/a.txt"]', MembersInput({"0": of_bytes(b"one"), "1": of_bytes(b"a")})),
        ("{ k = data_asset.one }", MembersInput({"k": of_bytes(b"one")})),
        ("[]", MembersInput({})),
    ],
)
def test_an_inline_step_declares_an_input_by_giving_it_a_value(
    project: Project, given: str, expected: InputKey
) -> None:
    project.hcl(f"""
        data_asset "one" {{
          type = "uri_file"
          path = "./one.txt"
        }}
        pipeline "p" {{
          step "s" {{
            command = "true"
            inputs  = {{ x = {given} }}
          }}
        }}
    """)

    assert key(project) == expected


def test_inputs_may_be_an_expression(project: Project) -> None:
    project.hcl("""
        pipeline "p" {
          step "s" {
            command = "true"
            inputs  = merge({ x = 1 }, { y = "two" })
          }
        }
    """)

    inputs = project.plan().sound().key("s").inputs

    assert inputs == {"x": LiteralInput("number", "1"), "y": LiteralInput("string", "two")}


@pytest.mark.parametrize("given", ["[1]", "3", "null"])
def test_inputs_that_are_no_object_are_refused(project: Project, given: str) -> None:
    project.hcl(
        f'pipeline "p" {{\n  step "s" {{\n    command = "true"\n    inputs = {given}\n  }}\n}}'
    )

    assert [d.summary for d in project.problems()] == ["Invalid inputs"]
