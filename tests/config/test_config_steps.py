"""Steps: target, software, environment variables, settings, code, how many there are."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.desired import Located
from mlctl.core.secret import Secret
from mlctl.core.step import Interpreter, LockedSoftware, Pending
from tests.builders import step_address
from tests.config.project import Project, marked
from tests.config.world import seal


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def problems(project: Project, text: str) -> list[str]:
    return [f"{marked(d)}: {d.summary}: {d.detail}" for d in project.hcl(text).plan().errors]


def steps(body: str, *, around: str = "", pipeline: str = "") -> str:
    return f'{around}\npipeline "p" {{\n{pipeline}\n{body}\n}}\n'


# --- where ---------------------------------------------------------------------------------

COMPUTES = """
compute "local" "a" {
}
compute "local" "b" {
}
compute "local" "c" {
}
workspace "w" {
  default_compute = compute.c
}
locals {
  big = false
}
"""


@pytest.mark.parametrize(
    ("in_step", "in_pipeline", "around", "expected"),
    [
        ("compute = compute.a", "default_compute = compute.b", "", "compute.a"),
        ("", "default_compute = compute.b\nworkspace = workspace.w", "", "compute.b"),
        ("", "workspace = workspace.w", "", "compute.c"),
        ("", "", "", "compute.this_machine"),
        ("", "", 'workspace "default" {\n  default_compute = compute.a\n}', "compute.a"),
        ("", "", 'workspace "default" {\n}', "compute.this_machine"),
        ("compute = local.big ? compute.a : compute.b", "", "", "compute.b"),
        ("compute = local.big ? compute.a : null", "default_compute = compute.b", "", "compute.b"),
        ("compute = compute.many[1]", "", 'compute "local" "many" {\n  count = 2\n}', "compute.many[1]"),
        ("compute = compute.off", "", 'compute "local" "off" {\n  enabled = false\n}', "compute.this_machine"),
    ],
)  # fmt: skip
def test_the_nearest_named_target_is_taken(
    project: Project, in_step: str, in_pipeline: str, around: str, expected: str
) -> None:
    body = f'step "s" {{\n  command = "true"\n  {in_step}\n}}'
    project.hcl(steps(body, around=COMPUTES + around, pipeline=in_pipeline))

    assert str(project.desired("s").compute) == expected


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("compute = environment.e", '"compute" takes a reference: compute.NAME.'),
        ('compute = "compute.a"', '"compute" takes a reference: compute.NAME.'),
        ("environment = compute.a", '"environment" takes a reference'),
        ("compute = steps.first.outputs.n > 1 ? compute.a : compute.b", "known only after apply, because of pipeline.p.step.first"),
    ],
)  # fmt: skip
def test_what_names_nothing_of_the_kind_is_refused(
    project: Project, argument: str, words: str
) -> None:
    first = 'step "first" {\n  command = "x"\n  output "n" {\n    type = "number"\n  }\n}\n'
    body = first + f'step "s" {{\n  command = "true"\n  {argument}\n}}'
    around = COMPUTES + 'environment "e" {\n  managed = false\n}\n'

    found = problems(project, steps(body, around=around))

    assert len(found) == 1
    assert words in found[0]


# --- which definition ----------------------------------------------------------------------

TWO = """
component "a" {
  command = "a"
  output "o" {
    type = "integer"
  }
}
component "b" {
  command = "b"
  output "o" {
    type = "integer"
  }
}
component "many" {
  for_each = { x = "ex", y = "why" }
  command  = "many ${each.value}"
}
locals {
  better = true
}
"""


@pytest.mark.parametrize(
    ("component", "command"),
    [
        ("local.better ? component.a : component.b", "a"),
        ('local.better ? component.many["y"] : component.b', "many why"),
        ('component.many["x"]', "many ex"),
    ],
)
def test_a_component_may_be_chosen(project: Project, component: str, command: str) -> None:
    body = f'step "s" {{\n  component = {component}\n}}'

    assert project.hcl(steps(body, around=TWO)).desired("s").key.command == command


@pytest.mark.parametrize(
    ("component", "words"),
    [
        ("component.many", '"component" takes a reference: component.NAME.'),
        ('"a"', '"component" takes a reference: component.NAME.'),
        ("null", '"component" takes a reference: component.NAME.'),
        (
            "steps.first.outputs.o > 1 ? component.a : component.b",
            "known only after apply, because of pipeline.p.step.first",
        ),
    ],
)
def test_a_component_must_be_one_and_known(project: Project, component: str, words: str) -> None:
    body = (
        'step "first" {\n  component = component.a\n}\n'
        f'step "s" {{\n  component = {component}\n}}\n'
        'step "after" {\n  command = "x ${inputs.n}"\n  inputs = { n = steps.s.outputs.o }\n}'
    )

    found = problems(project, steps(body, around=TWO))

    assert len(found) == 1, found
    assert words in found[0]


# --- in what -------------------------------------------------------------------------------


def test_without_an_environment_a_step_runs_in_the_targets_own_interpreter(
    project: Project,
) -> None:
    key = project.hcl(steps('step "s" {\n  command = "true"\n}')).desired("s").key

    assert key.software == Interpreter("CPython", "3.11.7")
    assert key.platform == "linux/x86_64"


def test_a_target_that_is_not_there_yet_leaves_its_software_open(project: Project) -> None:
    around = 'compute "cloud" "gpu" {\n  size = "s"\n}\n'
    project.hcl(steps('step "s" {\n  command = "true"\n  compute = compute.gpu\n}', around=around))

    key = project.plan().sound().key("s")

    assert key.software == key.platform == Pending((Address.of("compute", "gpu"),))
    project.apply()
    assert project.plan().sound().key("s").platform == "linux/x86_64"


ENVIRONMENT = """
environment "e" {
  python       = "3.11"
  requirements = ["numpy"]
  env          = { A = "environment", B = "environment", C = "environment" }
}
component "c" {
  command     = "true"
  environment = environment.e
  env         = { B = "component", C = "component" }
}
"""


def test_an_environment_is_known_by_its_lock(project: Project) -> None:
    project.hcl(steps('step "s" {\n  component = component.c\n}', around=ENVIRONMENT))

    assert project.plan().sound().key("s").software == Pending((Address.of("environment", "e"),))
    project.locks.lock("e", numpy="2.0")
    software = project.plan().sound().key("s").software

    assert isinstance(software, LockedSoftware)
    assert software.packages == {"numpy": "2.0"}
    assert project.desired("s").software is not None


def test_an_unmanaged_environment_only_gives_variables(project: Project) -> None:
    around = ENVIRONMENT.replace('python       = "3.11"', "managed = false")
    key = (
        project.hcl(steps('step "s" {\n  component = component.c\n}', around=around))
        .desired("s")
        .key
    )

    assert key.software == Interpreter("CPython", "3.11.7")
    assert key.env["A"] == "environment"


def test_variables_of_environment_component_and_step_are_merged_the_nearest_winning(
    project: Project,
) -> None:
    body = 'step "s" {\n  component = component.c\n  env = { C = "step", D = null, A = null }\n}'
    project.locks.lock("e")

    wanted = project.hcl(steps(body, around=ENVIRONMENT)).desired("s")

    assert wanted.env == wanted.key.env == {"B": "component", "C": "step"}


def test_a_secret_variable_is_sealed_in_the_key_and_secret_for_the_step(project: Project) -> None:
    around = 'variable "token" {\n  default = "s3cret"\n  sensitive = true\n}\n'
    body = 'step "s" {\n  command = "true"\n  env = { TOKEN = var.token, OPEN = "x" }\n}'

    wanted = project.hcl(steps(body, around=around)).desired("s")

    assert wanted.key.env == {"TOKEN": seal("s3cret"), "OPEN": "x"}
    assert isinstance(wanted.env["TOKEN"], Secret)
    assert wanted.env["OPEN"] == "x"


def test_variables_known_after_apply_wait(project: Project) -> None:
    first = 'step "first" {\n  command = "x"\n  output "o" {\n    type = "string"\n  }\n  output "m" {\n    type = "metrics"\n  }\n}\n'
    body = first + (
        'step "s" {\n  command = "true"\n  env = { A = steps.first.outputs.o, B = "b" }\n}\n'
        'step "t" {\n  command = "true"\n  env = steps.first.outputs.m\n}\n'
    )
    project.writes.update({"first.o": "text", "first.m": {"acc": 0.5}})
    waits = Pending((step_address("first"),))

    before = project.hcl(steps(body)).plan().sound()

    assert before.key("s").env == {"A": waits, "B": "b"}
    assert before.key("t").env == {"*": waits}
    project.apply(before)
    after = project.plan().sound()
    assert after.key("s").env == {"A": "text", "B": "b"}
    assert after.key("t").env == {"acc": "0.5"}


def test_an_environment_that_asks_for_nothing_sensible_is_said(project: Project) -> None:
    body = 'step "s" {\n  component = component.c\n}'
    text = steps(body, around=ENVIRONMENT.replace('["numpy"]', "3"))

    assert [line.split(":")[0] for line in problems(project, text)] == ["3"]


# --- code ----------------------------------------------------------------------------------


def test_code_is_a_folder_of_the_module_that_names_it(project: Project) -> None:
    project.write("src/main.py", "print()")
    project.hcl(steps('step "s" {\n  command = "true"\n  code = "./src"\n}'))

    wanted = project.desired("s")

    assert isinstance(wanted.code, Located)
    assert wanted.code.path == project.root / "src"
    assert wanted.key.code == wanted.code.artifact.digest


@pytest.mark.parametrize(
    ("code", "words"),
    [('"./no"', "Not a directory"), ('"./file"', "Not a directory"), ("[1]", "string")],
)
def test_code_that_is_no_folder_is_said(project: Project, code: str, words: str) -> None:
    project.write("file", "")

    found = problems(project, steps(f'step "s" {{\n  command = "true"\n  code = {code}\n}}'))

    assert len(found) == 1
    assert found[0].startswith(code)
    assert words in found[0]
