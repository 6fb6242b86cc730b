"""Steps: target, software, environment variables, settings, code, how many there are."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.desired import Located, Retry
from mlctl.core.job import Limits
from mlctl.core.secret import Secret
from mlctl.core.step import Interpreter, LockedSoftware, Pending
from tests.builders import step_address
from tests.config.project import MACHINE, Project, marked, said, seal


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


# --- settings ------------------------------------------------------------------------------

SETTINGS = """
component "c" {
  command       = "true"
  timeout       = "2h"
  deterministic = false
  retry {
    attempts = 3
    backoff  = "10s"
    on       = ["timeout", "exit:75"]
  }
  resources {
    cpus           = 0.5
    memory         = "8GiB"
    gpus           = 1
    shm_size       = "1G"
    instance_count = 2
  }
}
"""


def test_a_step_has_the_settings_of_its_component(project: Project) -> None:
    wanted = project.hcl(
        steps('step "s" {\n  component = component.c\n}', around=SETTINGS)
    ).desired("s")

    assert wanted.timeout_s == 7200
    assert wanted.deterministic is False
    assert wanted.retry == Retry(3, 10.0, ("timeout", "exit:75"))
    assert wanted.limits == Limits(0.5, 8 * 2**30, 1, 2**30, 2)
    assert wanted.key.instance_count == 2


def test_a_step_overrides_the_settings_of_its_component(project: Project) -> None:
    own = 'timeout = "90s"\n deterministic = true\n retry {\n attempts = 2\n }\n resources {\n gpus = 0\n }\n'
    wanted = project.hcl(
        steps(f'step "s" {{\n  component = component.c\n{own}}}', around=SETTINGS)
    ).desired("s")

    assert wanted.timeout_s == 90
    assert wanted.deterministic is True
    assert wanted.retry == Retry(2)
    assert wanted.limits == Limits(gpus=0)


def test_without_settings_there_are_none(project: Project) -> None:
    wanted = project.hcl(steps('step "s" {\n  command = "true"\n  retry {\n  }\n}')).desired("s")

    assert (wanted.timeout_s, wanted.retry, wanted.limits) == (None, Retry(), Limits())
    assert wanted.deterministic is True
    assert wanted.carries_on is False


def test_a_pipeline_may_go_on_when_a_step_fails(project: Project) -> None:
    text = steps('step "s" {\n  command = "true"\n}', pipeline="continue_on_step_failure = true")

    assert project.hcl(text).desired("s").carries_on is True


@pytest.mark.parametrize(
    ("setting", "points_at", "words"),
    [
        ('timeout = "2 weeks"', '"2 weeks"', "is not a duration"),
        ('timeout = "90"', '"90"', "is not a duration"),
        ("retry {\n attempts = 0\n}", "0", "a whole number from 1 on is required"),
        ("retry {\n attempts = 1.5\n}", "1.5", "a whole number from 1 on is required"),
        ('retry {\n on = ["unreachabel"]\n}', '["unreachabel"]', "is not one of: unreachable"),
        ('retry {\n on = ["exit:x"]\n}', '["exit:x"]', "is not one of"),
        ('retry {\n backoff = "x"\n}', '"x"', "is not a duration"),
        ('resources {\n memory = "8 apples"\n}', '"8 apples"', "is not a size"),
        ("resources {\n cpus = 0\n}", "0", "a number above 0 is required"),
        ("resources {\n gpus = -1\n}", "-1", "a whole number from 0 on is required"),
        ("resources {\n instance_count = 0\n}", "0", "a whole number from 1 on is required"),
        ('resources {\n gpus = "many"\n}', '"many"', "a number is required"),
    ],
)
def test_a_setting_that_makes_no_sense_is_said(
    project: Project, setting: str, points_at: str, words: str
) -> None:
    found = problems(project, steps(f'step "s" {{\n  command = "true"\n  {setting}\n}}'))

    assert len(found) == 1, found
    assert found[0].startswith(f"{points_at}:")
    assert words in found[0]


# --- how many ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ("", ["s"]),
        ("enabled = true", ["s"]),
        ('enabled = "false"', []),
        ("count = 2", ["s[0]", "s[1]"]),
        ('count = "1"', ["s[0]"]),
        ("count = 0", []),
        ("count = 3\nenabled = false", []),
        ('for_each = toset(["b", "a"])', ['s["a"]', 's["b"]']),
        ("for_each = { x = 1, y = 2 }", ['s["x"]', 's["y"]']),
        ("for_each = {}", []),
    ],
)
def test_a_step_stands_as_often_as_it_says(
    project: Project, meta: str, expected: list[str]
) -> None:
    planned = project.hcl(steps(f'step "s" {{\n  command = "true"\n  {meta}\n}}')).plan().sound()

    assert planned.running() == expected


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ("count = -1", "not negative"),
        ("count = 1.5", "must be a whole number"),
        ('count = "x"', "a number is required"),
        ("count = null", 'The "count" value is null.'),
        ("count = var.secret", "would show it in the addresses"),
        ('for_each = ["a"]', "Make a list of strings a set with toset(…)"),
        ("for_each = toset([1])", "The set holds number values, not strings."),
        ("for_each = null", 'The "for_each" value is null'),
        ('for_each = toset(["a", null])', "null"),
        ("for_each = toset([var.secret])", "would show it in the addresses"),
        ("enabled = 3", 'The "enabled" value is unsuitable'),
        ("enabled = null", 'The "enabled" value is null.'),
    ],
)
def test_meta_arguments_that_make_no_sense_are_said_once(
    project: Project, meta: str, words: str
) -> None:
    around = 'variable "secret" {\n  default = 1\n  sensitive = true\n}\n'
    body = f'step "s" {{\n  command = "true"\n  {meta}\n}}\nstep "t" {{\n  command = "x"\n  inputs = {{ n = steps.s }}\n}}'

    found = [
        line for line in problems(project, steps(body, around=around)) if "steps.s" not in line
    ]

    assert len(found) == 1, found
    assert words in found[0]


def test_each_instance_sees_its_own_key_and_value(project: Project) -> None:
    body = (
        'step "a" {\n  for_each = { x = "ex" }\n  command = "${each.key} ${each.value}"\n}\n'
        'step "b" {\n  count = 2\n  command = "${count.index}"\n}\n'
        'step "c" {\n  for_each = toset(["q"])\n  command = "${each.key}=${each.value}"\n}\n'
    )
    made = project.hcl(steps(body)).plan().sound()

    assert [made.key(n).command for n in ('a["x"]', "b[0]", "b[1]", 'c["q"]')] == [
        "x ex",
        "0",
        "1",
        "q=q",
    ]


def test_a_step_of_a_repeated_pipeline_sees_the_pipelines_key(project: Project) -> None:
    body = 'step "s" {\n  command = "x ${each.key}"\n}'
    made = project.hcl(steps(body, pipeline='for_each = toset(["m", "n"])')).plan().sound()

    assert made.key('pipeline.p["m"].step.s').command == "x m"
    assert made.key('pipeline.p["n"].step.s').command == "x n"


@pytest.mark.parametrize(("number", "expected"), [(0, []), (2, ["a", "a"])])
def test_counted_steps_are_a_list_however_many_there_are(
    project: Project, number: int, expected: list[str]
) -> None:
    body = (
        f'step "s" {{\n  count = {number}\n  command = "x"\n'
        '  output "o" {\n    type = "string"\n  }\n}\n'
        'output "all" {\n  value = steps.s[*].outputs.o\n}\n'
    )
    project.writes["s.o"] = "a"
    project.hcl(steps(body) + 'output "out" {\n  value = pipeline.p.outputs.all\n}')
    project.apply()

    assert project.plain() == expected


def test_steps_that_rest_on_what_is_not_known_yet_wait_for_a_first_round(project: Project) -> None:
    body = (
        'step "first" {\n  command = "x"\n  output "n" {\n    type = "integer"\n  }\n}\n'
        'step "many" {\n  count = steps.first.outputs.n\n  command = "m ${count.index}"\n'
        '  output "o" {\n    type = "string"\n  }\n}\n'
        'step "maybe" {\n  enabled = steps.first.outputs.n > 5\n  command = "maybe"\n}\n'
        'step "after" {\n  command = "after"\n  inputs = { all = length(steps.many) }\n}\n'
    )
    project.writes["first.n"] = 2
    before = project.hcl(steps(body)).plan().sound()

    assert before.running() == ["first"]
    assert set(before.plan.deferred) == {step_address(n) for n in ("many", "maybe", "after")}
    assert not before.plan.is_empty
    project.apply(before)
    after = project.plan().sound()

    assert sorted(after.running()) == ["after", "many[0]", "many[1]"]
    assert after.plan.deferred == ()
    assert after.key("after").inputs["all"] is not None


def test_the_set_of_steps_may_come_from_other_steps(project: Project) -> None:
    body = (
        'step "a" {\n  for_each = toset(["x", "y"])\n  command = "a"\n  inputs = { k = each.key }\n'
        '  output "o" {\n    type = "uri_file"\n  }\n}\n'
        'step "b" {\n  for_each = { for k, s in steps.a : k => s.outputs.o }\n'
        '  command = "b ${inputs.i}"\n  inputs = { i = each.value }\n}\n'
    )
    project.hcl(steps(body))
    before = project.plan().sound()

    assert before.step('b["y"]').needs == (step_address("a", "y"),)
    project.apply(before)
    assert project.plan().sound().running() == []


def test_what_a_step_waits_for_is_named_instance_by_instance(project: Project) -> None:
    body = (
        'step "a" {\n  count = 2\n  command = "a ${count.index}"\n'
        '  output "o" {\n    type = "uri_file"\n  }\n}\n'
        'step "b" {\n  command = "b"\n  inputs = { one = steps.a[1].outputs.o }\n}\n'
        'step "c" {\n  command = "c"\n  depends_on = [steps.a, steps.b]\n}\n'
    )
    made = project.hcl(steps(body)).plan().sound()

    assert made.step("b").needs == (step_address("a", 1),)
    assert made.step("c").needs == (step_address("a", 0), step_address("a", 1), step_address("b"))


def test_the_machine_decides_the_platform_part_of_the_key(project: Project) -> None:
    project.hcl(steps('step "s" {\n  command = "true"\n}'))
    project.machine = {**MACHINE, "arch": "aarch64"}

    assert project.desired("s").key.platform == "linux/aarch64"
    assert said(project.problems()) == []
