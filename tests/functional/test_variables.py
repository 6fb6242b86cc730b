"""Where the values of variables come from, and which one wins."""

from __future__ import annotations

import pytest

from tests.functional.project import FAILED, Project

CONFIG = """
variable "v" {
  type    = string
  default = "default"
}
output "v" { value = var.v }
"""


@pytest.fixture
def project(project: Project) -> Project:
    """A variable with a default, and an output that shows it."""
    project.write("main.hcl", CONFIG)
    return project


def value(project: Project, *options: str, env: dict[str, str] | None = None) -> object:
    """The variable's value as an apply sees it."""
    project.mlctl("apply", "--auto-approve", *options, env=env).ok()
    return project.outputs()["v"]


def test_each_source_overrides_the_one_before(project: Project) -> None:
    project.write("extra.vars", 'v = "var-file"\n')
    env = {"MLCTL_VAR_v": "environment"}

    seen = [value(project), value(project, env=env)]
    project.write("mlctl.hclvars", 'v = "hclvars"\n')
    seen.append(value(project, env=env))
    project.write("a.auto.hclvars", 'v = "a.auto"\n')
    project.write("b.auto.hclvars", 'v = "b.auto"\n')
    seen.append(value(project, env=env))
    seen.append(value(project, "--var-file", "extra.vars", env=env))
    seen.append(value(project, "--var-file", "extra.vars", "--var", "v=var", env=env))

    assert seen == ["default", "environment", "hclvars", "b.auto", "var-file", "var"]


def test_of_options_the_last_one_wins(project: Project) -> None:
    project.write("extra.vars", 'v = "var-file"\n')

    assert value(project, "--var", "v=1", "--var-file", "extra.vars") == "var-file"
    assert value(project, "--var", "v=1", "--var", "v=2") == "2"


def test_an_undeclared_option_is_an_error_with_the_nearest_name(project: Project) -> None:
    project.write("main.hcl", CONFIG.replace('"v"', '"rate"').replace("var.v", "var.rate"))

    plan = project.mlctl("plan", "--var", "rte=1").exits(FAILED)

    assert '"rte"' in plan.err
    assert 'Did you mean "rate"?' in plan.err


def test_an_undeclared_name_in_a_file_is_a_warning_with_its_place(project: Project) -> None:
    project.write("mlctl.hclvars", "# first\nnope = 1\n")

    plan = project.plan()

    assert "Warning: " in plan.err
    assert "mlctl.hclvars line 2" in plan.err


def test_a_variable_file_that_is_not_there_is_named(project: Project) -> None:
    plan = project.mlctl("plan", "--var-file", "nowhere.hclvars").exits(FAILED)

    assert "nowhere.hclvars" in plan.err


def test_a_value_of_the_wrong_type_is_an_error_that_names_the_variable(project: Project) -> None:
    project.write("main.hcl", 'variable "n" {\n  type = number\n}\noutput "n" { value = var.n }\n')

    plan = project.mlctl("plan", "--var", "n=many").exits(FAILED)

    assert '"n"' in plan.err or "var.n" in plan.err
    assert "number" in plan.err


def test_without_a_terminal_a_variable_without_a_value_is_an_error_that_says_how_to_give_one(
    project: Project,
) -> None:
    project.write("main.hcl", 'variable "needed" {\n  type = string\n}\n')

    plan = project.mlctl("plan").exits(FAILED)

    assert '"needed"' in plan.err
    assert "--var" in plan.err
    assert "main.hcl line 1" in plan.err


def test_options_take_values_of_any_type(project: Project) -> None:
    project.write(
        "main.hcl",
        'variable "v" {\n  type = map(list(number))\n}\noutput "v" { value = var.v }\n',
    )

    assert value(project, "--var", "v={ a = [1, 2.5] }") == {"a": [1, 2.5]}


def test_a_value_may_contain_equals_signs_blanks_and_unicode(project: Project) -> None:
    assert value(project, "--var", "v=a=b c ✓") == "a=b c ✓"
