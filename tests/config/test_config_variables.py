"""Variables: where their values come from, and what they may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.config.given import OnCommandLine
from mlctl.core.diagnostic import Severity
from tests.config.project import Project, marked, said


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def declared(body: str = "") -> str:
    return f'variable "v" {{\n{body}\n}}\noutput "out" {{\n  value = var.v\n}}\n'


def test_the_strongest_source_of_a_value_wins(project: Project) -> None:
    project.hcl(declared('type = string\ndefault = "default"'))
    seen = [project.plain()]
    project.environment["MLCTL_VAR_v"] = "environment"
    seen.append(project.plain())
    for name in ("mlctl.hclvars", "b.auto.hclvars", "c.auto.hclvars"):
        project.write(name, f'v = "{name}"')
        seen.append(project.plain())
    project.write("more.hclvars", 'v = "file"')
    project.given = (OnCommandLine("", str(project.root / "more.hclvars")),)
    seen.append(project.plain())
    project.var(v="line")
    seen.append(project.plain())
    project.given = project.given[::-1]
    seen.append(project.plain())

    assert seen == [
        "default",
        "environment",
        "mlctl.hclvars",
        "b.auto.hclvars",
        "c.auto.hclvars",
        "file",
        "line",
        "file",
    ]


@pytest.mark.parametrize(
    ("body", "text", "value"),
    [
        ("type = string", "1", "1"),
        ("type = number", "1.50", 1.5),
        ("type = bool", "true", True),
        ("type = list(number)", "[1, 2]", [1, 2]),
        ("type = map(string)", "{ a = 1 }", {"a": "1"}),
        ("type = any", "[1]", [1]),
        ("type = any", "word", "word"),
        ("type = any", "upper(1)", "upper(1)"),
        ("", "1.10", "1.10"),
        (
            'type = object({ a = string, b = optional(number, 7) })',
            '{ a = "x" }',
            {"a": "x", "b": 7},
        ),
    ],
)  # fmt: skip
def test_a_value_on_the_command_line_is_read_by_the_variables_type(
    project: Project, body: str, text: str, value: object
) -> None:
    assert project.hcl(declared(body)).var(v=text).plain() == value


@pytest.mark.parametrize(
    ("body", "text", "words"),
    [
        ("type = number", "many", "a number is required"),
        ("type = list(number)", "[1", ""),
        ("type = list(number)", "[x]", ""),
        ("type = list(number)", '["x"]', "a number is required"),
        ("nullable = false\ntype = any", "null", "null is not allowed"),
    ],
)
def test_a_value_that_does_not_fit_is_said(
    project: Project, body: str, text: str, words: str
) -> None:
    found = project.hcl(declared(body)).var(v=text).problems()

    assert found
    assert any(words in d.detail for d in found), said(found)


def test_a_variable_without_a_value_says_how_to_give_one(project: Project) -> None:
    found = project.hcl(declared("type = string")).problems()

    assert [(d.summary, marked(d)) for d in found] == [
        ("No value for required variable", 'variable "v"')
    ]
    assert "--var v=…" in found[0].hint
    assert "MLCTL_VAR_v" in found[0].hint


def test_a_null_for_a_variable_that_has_none_is_its_default(project: Project) -> None:
    project.hcl(declared("nullable = false\ndefault = 3")).write("mlctl.hclvars", "v = null")

    assert project.plain() == 3


def test_a_null_is_a_value_unless_refused(project: Project) -> None:
    project.hcl(declared("default = 3")).write("mlctl.hclvars", "v = null")

    assert project.plain() is None


def test_an_undeclared_name_is_an_error_on_the_command_line_and_a_warning_in_a_file(
    project: Project,
) -> None:
    project.hcl(declared("default = 1")).write("mlctl.hclvars", "w = 1").var(vv="2")

    found = project.problems()

    assert {(d.severity, d.hint) for d in found} == {
        (Severity.ERROR, 'Did you mean "v"?'),
        (Severity.WARNING, ""),
    }


def test_a_file_of_variables_holds_values_only(project: Project) -> None:
    project.hcl(declared("default = 1")).write("mlctl.hclvars", "block {\n}\nv = [")

    assert "A file of variables holds values only" in said(project.problems())[0]


def test_a_file_of_variables_that_is_not_there_is_said(project: Project) -> None:
    project.hcl(declared("default = 1"))
    project.given = (OnCommandLine("", "no.hclvars"),)

    assert [d.summary for d in project.problems()] == ["A file of variables cannot be read"]


@pytest.mark.parametrize(
    ("body", "points_at"),
    [
        ('type = number\n  default = "a"', '"a"'),
        ("type = strin\n  default = 1", "strin"),
        ("sensitive = 3\n  default = 1", "3"),
        ("nullable = var.x\n  default = 1", "var"),
        ("default = upper(1)", "upper"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_said_where_it_stands(
    project: Project, body: str, points_at: str
) -> None:
    found = project.hcl(declared(body)).problems()

    assert points_at in marked(found[0]), said(found)


@pytest.mark.parametrize("flag", ["true", '"true"'])
def test_a_sensitive_variable_needs_a_sensitive_output(project: Project, flag: str) -> None:
    found = project.hcl(declared(f'default = "s3cret"\nsensitive = {flag}')).plan().errors

    assert [d.summary for d in found] == ["Output refers to sensitive values"]
    assert "s3cret" not in "".join(said(found))


def test_a_text_may_say_that_a_variable_is_not_sensitive(project: Project) -> None:
    assert project.hcl(declared('default = "open"\nsensitive = "false"')).plain() == "open"


VALIDATED = """
    validation {
      condition     = length(var.v) > 3
      error_message = "Longer than ${length(var.v)}, please."
    }
"""


def test_a_validation_speaks_its_own_words(project: Project) -> None:
    project.hcl(declared(f"type = string{VALIDATED}"))

    assert project.var(v="long enough").problems() == []
    found = project.var(v="no").problems()
    assert [(d.summary, d.detail, marked(d)) for d in found] == [
        ("Invalid value for variable", "Longer than 2, please.", "length(var.v) > 3")
    ]


def test_a_validation_without_words_of_its_own_still_fails(project: Project) -> None:
    body = "default = 1\nvalidation {\n  condition = false\n  error_message = [1]\n}"

    found = project.hcl(declared(body)).problems()

    assert "The condition does not hold." in found[0].detail


def test_a_broken_validation_is_said_once(project: Project) -> None:
    body = "default = 1\nvalidation {\n  condition = var.v > 0\n}"

    assert [d.summary for d in project.hcl(declared(body)).problems()] == [
        "Missing required argument"
    ]


# --- modules -------------------------------------------------------------------------------


def test_a_module_takes_arguments_and_gives_outputs(project: Project) -> None:
    project.write(
        "m/main.hcl",
        """
        variable "a" {
          type = number
        }
        variable "b" {
          default = "b"
        }
        output "both" {
          value = "${var.a}${var.b} ${path.module} ${path.root}"
        }
        """,
    )
    project.hcl(
        'module "m" {\n  source = "./m"\n  a = "7"\n}\noutput "out" {\n  value = module.m.both\n}'
    )

    assert project.plain() == "7b m ."


def test_a_missing_argument_is_said_at_the_modules_variable(project: Project) -> None:
    project.write("m/main.hcl", 'variable "a" {\n}')

    found = project.hcl('module "m" {\n  source = "./m"\n}').problems()

    assert [(d.summary, marked(d)) for d in found] == [
        ("No value for required variable", 'variable "a"')
    ]


def test_an_argument_that_does_not_fit_is_said_at_the_call(project: Project) -> None:
    project.write("m/main.hcl", 'variable "a" {\n  type = number\n}')

    found = project.hcl('module "m" {\n  source = "./m"\n  a      = "x"\n}').problems()

    assert [marked(d) for d in found] == ['"x"']


@pytest.mark.parametrize(
    ("meta", "value", "expected"),
    [
        ("count = 2", "module.m[*].x", [0, 1]),
        ("count = 0", "module.m[*].x", []),
        ('for_each = toset(["a", "b"])', "[for k, m in module.m : k]", ["a", "b"]),
        ("for_each = { a = 1 }", 'module.m["a"].x', "a"),
        ("enabled = false", "module.m", None),
        ("enabled = true", "module.m.x", 0),
    ],
)
def test_a_module_stands_as_often_as_it_says(
    project: Project, meta: str, value: str, expected: object
) -> None:
    given = {"count": "count.index", "for_ea": "each.key"}.get(meta[:6].strip().split(" ")[0], "0")
    project.write("m/main.hcl", 'variable "x" {\n}\noutput "x" {\n  value = var.x\n}')
    project.hcl(
        f'module "m" {{\n  source = "./m"\n  {meta}\n  x = {given}\n}}\n'
        f'output "out" {{\n  value = {value}\n}}'
    )

    assert project.plain() == expected


def test_a_sensitive_module_output_stays_sensitive(project: Project) -> None:
    project.write("m/main.hcl", 'output "x" {\n  value     = 1\n  sensitive = true\n}')
    project.hcl('module "m" {\n  source = "./m"\n}\noutput "o" {\n  value = module.m.x\n}')

    assert [d.summary for d in project.plan().errors] == ["Output refers to sensitive values"]
