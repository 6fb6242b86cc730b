"""Blocks held against what they may hold: every problem, where it stands, and the way out."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.project import Project, marked, said

COMPONENT = """
component "c" {
  command = "echo ${inputs.n} > ${outputs.o}"
  input "n" { type = "integer" }
  output "o" { type = "integer" }
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def only(project: Project, text: str) -> tuple[str, str]:
    """The one problem of a configuration: as a line without its place, and what it points at."""
    found = project.hcl(text).problems()
    assert len(found) == 1, said(found)
    return said(found)[0].split(" ", 1)[1], marked(found[0])


@pytest.mark.parametrize(
    ("text", "points_at", "words"),
    [
        ('varaible "x" {\n}', "varaible", 'Did you mean "variable"?'),
        ('resource "a" "b" {\n}', "resource", 'Blocks of type "resource" are not expected here.'),
        ('moved {\n}', "moved", "not supported by this version of mlctl"),
        ("rate = 1", "rate", "stands outside of every block"),
        ("output = 1", "output", 'Did you mean a block of type "output"?'),
        ('variable "x" {\n  defualt = 1\n  default = 2\n}', "defualt", 'Did you mean "default"?'),
        ('workspace "w" {\n  lifecycle = {}\n}', "lifecycle", "write lifecycle { … } without"),
        ('workspace "w" {\n  tags {\n  }\n}', "tags", "write tags = …"),
        ('workspace "w" {\n  lifecylce {\n  }\n}', "lifecylce", 'Did you mean "lifecycle"?'),
        ('workspace "w" {\n  dynamic "x" {\n  }\n}', "dynamic", "Dynamic blocks are not supported"),
        ("workspace {\n}", "workspace", 'takes name: workspace "NAME" { … }'),
        ('workspace "a" "b" {\n}', '"b"', "Extraneous label for workspace"),
        ('compute "gpu" {\n}', 'compute "gpu"', 'compute "TYPE" "NAME" { … }'),
        ('workspace "1st" {\n}', '"1st"', '"1st" cannot be a name'),
        ('workspace "-x" {\n}', '"-x"', '"-x" cannot be a name'),
        ('mlctl {\n  backend "local" {\n  }\n  backend "local" {\n  }\n}', 'backend "local"', "Only one"),
        ('output "o" {\n}', 'output "o"', 'The argument "value" is required'),
        ('component "c" {\n}', 'component "c"', 'The argument "command" is required'),
        ('compute "locl" "x" {\n}', '"locl"', 'Did you mean "local"?'),
        ("locals {\n  inner {\n  }\n}", "inner", "holds arguments only"),
        ('workspace "w" {\n  count = 1\n  for_each = {}\n}', "for_each", "use one of them"),
        ('workspace "w" {\n  depends_on = workspace.w\n}', "workspace.w", "a list of references"),
        ('workspace "w" {\n  depends_on = ["x"]\n}', '"x"', "a list of references"),
        (
            'component "c" {\n  command = "x"\n  input "n" {\n    type = "intger"\n  }\n}',
            '"intger"',
            'Did you mean "integer"?',
        ),
        (
            'component "c" {\n  command = "x"\n  output "n" {\n    type = "${1}x"\n  }\n}',
            '"${1}x"',
            "A constant is required",
        ),
    ],
)  # fmt: skip
def test_one_mistake_is_said_once_where_it_stands(
    project: Project, text: str, points_at: str, words: str
) -> None:
    line, where = only(project, text)

    assert where == points_at
    assert words in line


def test_every_mistake_of_a_file_is_said_at_once_and_in_order(project: Project) -> None:
    found = project.hcl("""
        variable "a" {
          typo    = string
          default = 1
        }
        component "c" {
          comand = "x"
        }
        compute "cloud" "big" {
          sise = "xl"
        }
        output "o" {
          value = var.b
        }
    """).problems()

    assert [(d.summary, marked(d)) for d in found] == [
        ("Unsupported argument", "typo"),
        ("Missing required argument", 'component "c"'),
        ("Unsupported argument", "comand"),
        ("Missing required argument", 'compute "cloud" "big"'),
        ("Unsupported argument", "sise"),
        ("Reference to undeclared variable", "var.b"),
    ]


def test_problems_of_several_files_come_file_by_file(project: Project) -> None:
    project.write("b.hcl", "two = 1").write("a.hcl", "one = 1")

    assert [marked(d) for d in project.problems()] == ["one", "two"]


@pytest.mark.parametrize(
    "kind", ["workspace", "data_asset", "environment", "component", "pipeline"]
)
def test_a_name_stands_for_one_object_of_its_kind(project: Project, kind: str) -> None:
    body = {
        "data_asset": 'type = "uri_file"\n  path = "main.hcl"',
        "component": 'command = "x"',
    }.get(kind, "")
    block = f'{kind} "x" {{\n  {body}\n}}\n'

    found = project.hcl(block + block).problems()

    assert [d.summary for d in found] == [f"Duplicate {kind}"]
    assert "already declared at main.hcl,1,1" in found[0].detail.replace("main.hcl:", "main.hcl,")


def test_the_type_label_does_not_make_another_name(project: Project) -> None:
    found = project.hcl("""
        compute "local" "x" {
        }
        compute "cloud" "x" {
          size = "s"
        }
    """).problems()

    assert [d.summary for d in found] == ["Duplicate compute"]
    assert "whatever the type label" in found[0].hint


def test_a_local_value_is_declared_once_over_all_blocks(project: Project) -> None:
    found = project.hcl("locals {\n  a = 1\n}\nlocals {\n  a = 2\n  b = 3\n}").problems()

    assert [(d.summary, marked(d)) for d in found] == [("Duplicate local value", "a")]


@pytest.mark.parametrize("kind", ["input", "output", "step"])
def test_what_is_inside_a_pipeline_is_declared_once(project: Project, kind: str) -> None:
    body = {
        "input": 'type = "string"\n default = "x"',
        "output": "value = 1",
        "step": 'command = "x"',
    }
    block = f'{kind} "x" {{\n  {body[kind]}\n}}\n'

    found = project.hcl(f'pipeline "p" {{\n{block}{block}}}').problems()

    assert [d.summary for d in found] == [f"Duplicate {kind}"]


def test_a_step_names_a_component_or_defines_itself(project: Project) -> None:
    found = project.hcl(
        COMPONENT
        + """
        pipeline "p" {
          step "s" {
            component = component.c
            command   = "x"
            code      = "."
            inputs    = { n = 1 }
            output "q" {
              type = "string"
            }
          }
          step "t" {
          }
        }
        """
    ).problems()

    assert [(d.summary, marked(d)) for d in found] == [
        ("Conflicting definition", "command"),
        ("Conflicting definition", "code"),
        ("Conflicting definition", "output"),
        ("Missing required argument", 'step "t"'),
    ]
    assert "A step may name a component instead" in found[-1].detail


def test_what_names_something_declared_wrongly_is_not_blamed_too(project: Project) -> None:
    found = project.hcl("""
        compute "locl" "x" {
        }
        workspace "w" "v" {
        }
        pipeline "p" {
          workspace = workspace.v
          step "s" {
            command = "true"
            compute = compute.x
          }
        }
    """).problems()

    assert [d.summary for d in found] == ["Unknown compute type", "Extraneous label for workspace"]


def test_descriptions_and_tags_stand_in_a_step_with_a_component_too(project: Project) -> None:
    project.hcl(
        COMPONENT
        + """
        pipeline "p" {
          step "s" {
            component   = component.c
            description = "why"
            tags        = { a = "b" }
            inputs      = { n = 1 }
          }
        }
        """
    )

    assert project.problems() == []


def test_a_folder_without_configuration_says_how_to_begin(project: Project) -> None:
    found = project.problems()

    assert [d.summary for d in found] == ["No configuration files"]
    assert "mlctl init" in found[0].hint


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    assert [d.summary for d in Project(tmp_path / "no").problems()] == [
        "The configuration cannot be read"
    ]


def test_hidden_files_and_folders_named_like_files_are_not_read(project: Project) -> None:
    project.hcl('output "o" {\n  value = 1\n}').write(".hidden.hcl", "broken {")
    (project.root / "folder.hcl").mkdir()

    assert project.problems() == []


def test_configuration_in_json_is_refused_with_its_name(project: Project) -> None:
    found = project.write("x.hcl.json", "{}").problems()

    assert "x.hcl.json" in found[0].detail


def test_a_file_that_cannot_be_read_is_said(project: Project) -> None:
    (project.root / "main.hcl").symlink_to("main.hcl")

    assert [d.summary for d in project.problems()] == ["A configuration file cannot be read"]


def test_a_file_that_is_not_text_is_said(project: Project) -> None:
    (project.root / "main.hcl").write_bytes(b'output "o" { value = "\xff" }')

    assert project.problems() != []
