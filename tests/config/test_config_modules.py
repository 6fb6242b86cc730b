"""Pipelines and modules: repeated, disabled, nested, waiting."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.plan import Action
from tests.config.project import Project

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


# --- pipelines and modules ------------------------------------------------------------------


def test_repeated_pipelines_give_outputs_by_key(project: Project) -> None:
    project.hcl("""
        pipeline "p" {
          for_each = toset(["a", "b"])
          input "x" {
            type    = "string"
            default = each.key
          }
          output "o" {
            value = "out ${inputs.x}"
          }
        }
        output "out" {
          value = [pipeline.p["a"].outputs.o, [for p in pipeline.p : p.outputs.o]]
        }
    """)

    assert project.plain() == ["out a", ["out a", "out b"]]


def test_a_pipeline_as_a_whole_knows_its_outputs(project: Project) -> None:
    project.hcl(
        'pipeline "p" {\n  description = "d"\n  output "o" {\n    value = 1\n  }\n}\n'
        'output "out" {\n  value = [pipeline.p.description, pipeline.p["outputs"].o, pipeline.p.address]\n}'
    )

    assert project.plain() == ["d", 1, "pipeline.p"]


def test_what_is_disabled_is_null_for_others(project: Project) -> None:
    project.write("m/main.hcl", 'output "o" {\n  value = 1\n}')
    project.hcl(
        'module "m" {\n  source = "./m"\n  enabled = false\n}\n'
        'pipeline "p" {\n  enabled = false\n  output "o" {\n    value = 1\n  }\n}\n'
        'output "out" {\n  value = [module.m == null, pipeline.p == null]\n}'
    )

    assert project.plain() == [True, True]


def test_modules_in_modules_have_instances_of_their_own(project: Project) -> None:
    project.write(
        "m/main.hcl", 'module "n" {\n  source = "../n"\n  count = 2\n  x = count.index\n}'
    )
    project.write(
        "n/main.hcl", 'variable "x" {\n}\nworkspace "w" {\n  description = "w${var.x}"\n}'
    )
    project.hcl('module "m" {\n  source = "./m"\n  for_each = toset(["a"])\n}')

    planned = project.plan().sound()

    assert list(planned.resource_actions) == [
        'module.m["a"].module.n[0].workspace.w',
        'module.m["a"].module.n[1].workspace.w',
    ]


def test_a_module_that_rests_on_a_result_waits_for_a_first_round(project: Project) -> None:
    project.write(
        "m/main.hcl", 'variable "x" {\n}\nworkspace "w" {\n}\noutput "o" {\n  value = 1\n}'
    )
    project.hcl(
        pipeline('output "n" {\n  value = steps.first.outputs.n\n}')
        + 'module "m" {\n  source = "./m"\n  count = pipeline.p.outputs.n\n  x = 1\n}\n'
        'output "out" {\n  value = module.m[*].o\n}'
    )
    before = project.plan().sound()

    assert before.plan.deferred == (Address.parse("module.m.workspace.w"),)
    project.apply(before)
    after = project.plan().sound()
    assert after.plan.deferred == ()
    assert after.resource_actions["module.m[1].workspace.w"] is Action.CREATE
    assert project.plain() == [1, 1]


def test_a_module_that_cannot_be_loaded_is_not_blamed_twice(project: Project) -> None:
    project.hcl(
        'module "m" {\n  source = "./no"\n}\noutput "a" {\n  value = module.m.x\n}\n'
        'output "b" {\n  value = module.m\n}'
    )

    assert [d.summary for d in project.problems()] == ["Invalid module source"]


def test_a_datastore_tells_its_uri(project: Project) -> None:
    project.hcl(
        'datastore "local" "d" {\n  path = "x"\n}\noutput "out" {\n  value = datastore.d.uri\n}'
    )

    assert project.plain() == "datastore://d"


def test_a_local_value_known_later_is_not_kept(project: Project) -> None:
    body = 'step "s" {\n  command = "x ${local.n}"\n}\noutput "n" {\n  value = steps.first.outputs.n\n}'
    project.hcl(pipeline(body, "locals {\n  n = pipeline.q.outputs.n\n}"))
    project.edit("pipeline.q", "pipeline.p")

    assert [d.summary for d in project.plan().errors] == []
    project.apply()
    assert project.plan().sound().key("s").command == "x 2"
