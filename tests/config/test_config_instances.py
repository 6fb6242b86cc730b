"""How many instances a step has, and what each of them sees."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import step_address
from tests.config.project import Project, marked, said
from tests.config.world import MACHINE


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def problems(project: Project, text: str) -> list[str]:
    return [f"{marked(d)}: {d.summary}: {d.detail}" for d in project.hcl(text).plan().errors]


def steps(body: str, *, around: str = "", pipeline: str = "") -> str:
    return f'{around}\npipeline "p" {{\n{pipeline}\n{body}\n}}\n'


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
