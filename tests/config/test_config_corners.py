"""Where evaluation meets what is seldom written: unknown wholes, repeated pipelines, refusals."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from mlctl.config.ports import Requested, Software
from mlctl.core.errors import Rejected
from mlctl.core.job import Artifact, DataKind
from mlctl.core.step import LiteralInput, MembersInput, Pending
from tests.builders import step_address
from tests.config.project import Project, marked, said
from tests.config.world import FakeLocks, FolderSources

FIRST = """
  step "first" {
    command = "x"
    output "n" {
      type = "integer"
    }
    output "m" {
      type = "metrics"
    }
    output "o" {
      type = "uri_file"
    }
  }
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.writes.update({"first.n": 2, "first.m": {"a": 0.5}})
    return made


def pipeline(body: str, around: str = "") -> str:
    return f'{around}\npipeline "p" {{\n{FIRST}\n{body}\n}}\n'


# --- repeated steps whose values settle one by one -------------------------------------------


@pytest.mark.parametrize(
    "for_each",
    [
        "{ for i in range(2) : \"k${i}\" => steps.many[i].outputs.o }",
        "{ for i, s in steps.many : \"k${i}\" => s.outputs.o }",
        "{ for i in toset([\"0\", \"1\"]) : \"k${i}\" => steps.many[tonumber(i)].outputs.o }",
        "{ for k, i in { k0 = 0, k1 = 1 } : k => steps.many[i].outputs.o }",
        "{ for i, s in steps.many : \"k${i}\" => s.outputs.o if i < 5 }",
        "merge({ k0 = steps.many[0].outputs.o }, { k1 = steps.many[1].outputs.o })",
    ],
)  # fmt: skip
def test_an_instance_sees_its_own_value_as_soon_as_that_is_known(
    project: Project, for_each: str
) -> None:
    body = (
        'step "many" {\n  count = 2\n  command = "m ${count.index}"\n'
        '  output "o" {\n    type = "string"\n  }\n}\n'
        f'step "each" {{\n  for_each = {for_each}\n  command = "e ${{each.value}}"\n}}\n'
    )
    made = project.hcl(pipeline(body)).plan().sound()
    evaluation = made.world.evaluation
    one, other = step_address("each", "k0"), step_address("each", "k1")
    assert evaluation.step(one).key.command == Pending((step_address("many", 0),))

    project.writes["many.o"] = "made"
    record = project.ran(made.step("many[0]"), evaluation)
    evaluation.settle_step(step_address("many", 0), record)

    assert evaluation.step(one).key.command == "e made"
    assert evaluation.step(other).key.command == Pending((step_address("many", 1),))


def test_a_list_of_steps_is_renewed_as_its_members_settle(project: Project) -> None:
    body = (
        'step "many" {\n  for_each = toset(["a", "b"])\n  command = "m ${each.key}"\n'
        '  output "o" {\n    type = "string"\n  }\n}\n'
        'step "all" {\n  command = "all"\n'
        '  inputs = { both = join(",", [for s in steps.many : s.outputs.o]) }\n}\n'
    )
    project.writes["many.o"] = "x"
    made = project.hcl(pipeline(body)).plan().sound()
    evaluation = made.world.evaluation
    waits = evaluation.step(step_address("all")).key.inputs["both"]
    assert waits == Pending((step_address("many", "a"), step_address("many", "b")))

    for key in "ab":
        record = project.ran(made.step(f'many["{key}"]'), evaluation)
        evaluation.settle_step(step_address("many", key), record)

    assert evaluation.step(step_address("all")).key.inputs["both"] == LiteralInput("string", "x,x")


# --- inputs known as a whole only later ------------------------------------------------------

COMPONENT = """
component "c" {
  command = "c ${inputs.a}"
  input "a" {
    type = "number"
  }
}
"""


def test_inputs_known_after_apply_wait_as_a_whole(project: Project) -> None:
    body = 'step "s" {\n  component = component.c\n  inputs = steps.first.outputs.m\n}'
    before = project.hcl(pipeline(body, COMPONENT)).plan().sound()

    assert before.key("s").inputs == {"a": Pending((step_address("first"),))}
    project.apply(before)
    assert project.plan().sound().key("s").inputs == {"a": LiteralInput("number", "0.5")}


def test_an_inline_step_must_name_its_inputs_at_once(project: Project) -> None:
    body = 'step "s" {\n  command = "x"\n  inputs = steps.first.outputs.m\n}'

    found = project.hcl(pipeline(body)).plan().errors

    assert [marked(d) for d in found] == ["steps.first.outputs.m"]
    assert "known only after apply, because of pipeline.p.step.first" in found[0].detail


def test_a_data_input_known_after_apply_still_has_its_path_in_the_command(
    project: Project,
) -> None:
    around = (
        'component "c" {\n  command = "c ${inputs.d}"\n  input "d" {\n    type = "uri_file"\n  }\n}'
    )
    body = (
        'step "s" {\n  component = component.c\n  inputs = { d = steps.first.outputs.m["path"] }\n}'
    )

    key = project.hcl(pipeline(body, around)).plan().sound().key("s")

    assert key.inputs["d"] == Pending((step_address("first"),))
    assert key.command == "c /mlctl/inputs/d"


def test_a_fan_in_with_an_unknown_member_waits(project: Project) -> None:
    body = 'step "s" {\n  command = "x"\n  inputs = { all = [steps.first.outputs.m.path, "main.hcl"] }\n}'

    assert project.hcl(pipeline(body)).plan().sound().key("s").inputs["all"] == Pending(
        (step_address("first"),)
    )


def test_data_of_the_wrong_shape_from_upstream_is_said_when_it_is_known(project: Project) -> None:
    around = 'component "c" {\n  command = "x"\n  input "d" {\n    type = "uri_folder"\n  }\n}'
    body = 'step "s" {\n  component = component.c\n  inputs = { d = steps.first.outputs.o }\n}'
    project.hcl(pipeline(body, around))
    evaluation = project.plan().sound().world.evaluation
    project.hcl(pipeline("")).apply()
    evaluation.settle_step(step_address("first"), project.state.steps[step_address("first")])

    found = project.hcl(pipeline(body, around)).plan().errors

    assert [d.detail for d in found] == ["A folder is expected; this is a file."]


def test_bounds_that_exclude_everything_are_said(project: Project) -> None:
    around = COMPONENT.replace('type = "number"', 'type = "number"\n    min = 5\n    max = 1')
    body = 'step "s" {\n  component = component.c\n  inputs = { a = 3 }\n}'

    found = project.hcl(pipeline(body, around)).plan().errors

    assert "its min is greater than its max" in said(found)[0]


# --- commands --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "made"),
    [
        ('"x ${(inputs.w)}"', "x 'a b'"),
        ('"x%{ for w in toset([inputs.w, "c"]) } ${w}%{ endfor }"', "x 'a b' c"),
        ('"x%{ for k, w in [inputs.w] } ${k}${w}%{ endfor }"', "x 0'a b'"),
        ('"x%{ for w in split(" ", inputs.w) } ${w}%{ endfor }"', "x a b"),
        ('"x ${"${inputs.w}"}"', "x 'a b'"),
        ('join(" ", ["x", ("${inputs.w}")])', "x 'a b'"),
    ],
)
def test_values_are_quoted_wherever_they_come_from(
    project: Project, command: str, made: str
) -> None:
    body = f'step "s" {{\n  command = {command}\n  inputs = {{ w = "a b" }}\n}}'

    assert project.hcl(pipeline(body)).plan().sound().key("s").command == made


# --- the world refuses ----------------------------------------------------------------------


@dataclass
class RefusingSources(FolderSources):
    """Content that cannot be kept."""

    def code(self, path: Path) -> Artifact | None:
        raise Rejected(str(path), "it holds a socket")


@dataclass
class PresentOnly(FolderSources):
    """Content whose presence alone is looked at, as ``validate`` does."""

    def data(self, path: Path) -> tuple[DataKind, Artifact | None]:
        return super().data(path)[0], None

    def code(self, path: Path) -> Artifact | None:
        return None


CODE = 'component "c" {\n  command = "x"\n  code = "."\n}\n'


def test_code_that_cannot_be_kept_is_said(project: Project) -> None:
    project.sources = RefusingSources()

    found = project.hcl(pipeline('step "s" {\n  component = component.c\n}', CODE)).problems()

    assert {d.summary for d in found} == {"The code folder cannot be read"}
    assert all("it holds a socket" in d.detail for d in found)


def test_presence_is_enough_to_check_a_configuration(project: Project) -> None:
    project.sources = PresentOnly()
    around = CODE + 'data_asset "d" {\n  type = "uri_file"\n  path = "main.hcl"\n}\n'
    body = (
        'step "s" {\n  component = component.c\n}\n'
        'step "t" {\n  command = "x"\n  inputs = { d = data_asset.d, all = ["main.hcl"] }\n}\n'
    )

    assert project.hcl(pipeline(body, around)).problems() == []
    assert project.plan().key("t").inputs["all"] == Pending()
    assert not isinstance(project.plan().key("t").inputs["d"], MembersInput)


@dataclass
class RefusingLocks(FakeLocks):
    """Lock files that cannot be read."""

    error: Exception | None = None

    def current(self, requested: Requested) -> Software | None:
        assert self.error is not None
        raise self.error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file or directory", "r.txt"), "r.txt: No such file"),
        (Rejected("numpy", "no such version"), "numpy was refused: no such version"),
    ],
)
def test_requirements_that_cannot_be_read_are_said_at_the_environment(
    project: Project, error: Exception, words: str
) -> None:
    project.locks = RefusingLocks(error=error)
    project.hcl('environment "e" {\n  requirements_file = "r.txt"\n}')

    (found,) = project.problems()

    assert marked(found) == 'environment "e"'
    assert words in found.detail


def test_a_modules_requirements_start_at_its_folder(project: Project) -> None:
    project.write("m/main.hcl", 'environment "e" {\n  requirements_file = "r.txt"\n  count = 1\n}')
    project.hcl('module "m" {\n  source = "./m"\n}').plan()

    assert project.locks.asked[0] == Requested("m.e-0", None, (), "m/r.txt")


# --- settings ------------------------------------------------------------------------------


def test_settings_wait_for_what_they_rest_on(project: Project) -> None:
    body = 'step "s" {\n  command = "x"\n  resources {\n    cpus = steps.first.outputs.n\n  }\n}'

    planned = project.hcl(pipeline(body)).plan().sound()

    assert planned.step("s").needs == (step_address("first"),)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("deterministic = steps.first.outputs.n > 1", "known only after apply"),
        ('timeout = "0s"', "longer than nothing"),
    ],
)
def test_settings_that_cannot_be_are_said(project: Project, setting: str, words: str) -> None:
    found = project.hcl(pipeline(f'step "s" {{\n  command = "x"\n  {setting}\n}}')).plan().errors

    assert len(found) == 1
    assert words in found[0].detail


def test_grouped_values_are_looked_at_whole(project: Project) -> None:
    body = (
        'step "many" {\n  count = 2\n  command = "m ${count.index}"\n'
        '  output "o" {\n    type = "string"\n  }\n}\n'
        'step "each" {\n  for_each = { for s in steps.many : "all" => s.outputs.o... }\n'
        '  command = "e ${join(",", each.value)}"\n}\n'
    )
    project.writes["many.o"] = "made"
    project.hcl(pipeline(body)).apply()

    assert project.plan().sound().key('each["all"]').command == "e made,made"
