"""How values and data flow: instances, fan-in, literal outputs, pipelines, modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.project import Project

INSTANCES = """
locals { sizes = ["small", "large"] }
component "train" {
  command = <<-EOT
    echo ${inputs.size} ${inputs.factor} > ${outputs.model}
    echo '{"score": ${inputs.factor}.5}' > ${outputs.metrics}
  EOT
  input "size" { type = "string" }
  input "factor" { type = "integer" }
  output "model" { type = "uri_file" }
  output "metrics" { type = "metrics" }
}
pipeline "p" {
  step "train" {
    for_each  = toset(local.sizes)
    component = component.train
    inputs    = { size = each.key, factor = length(each.key) }
  }
  step "part" {
    count   = 2
    command = "echo part ${inputs.n} > ${outputs.out}"
    inputs  = { n = count.index }
    output "out" { type = "uri_file" }
  }
  step "off" {
    enabled = false
    command = "exit 1"
  }
  step "by_name" {
    command = "ls ${inputs.models} > ${outputs.out}; cat ${inputs.models}/* >> ${outputs.out}"
    inputs  = { models = { for name, s in steps.train : name => s.outputs.model } }
    output "out" { type = "uri_file" }
  }
  step "by_number" {
    command = "ls ${inputs.parts} > ${outputs.out}; cat ${inputs.parts}/* >> ${outputs.out}"
    inputs  = { parts = [for s in steps.part : s.outputs.out] }
    output "out" { type = "uri_file" }
  }
  output "by_name" { value = steps.by_name.outputs.out }
  output "by_number" { value = steps.by_number.outputs.out }
  output "best" { value = max([for s in steps.train : s.outputs.metrics.score]...) }
}
output "by_name" { value = pipeline.p.outputs.by_name.path }
output "by_number" { value = pipeline.p.outputs.by_number.path }
output "best" { value = pipeline.p.outputs.best }
"""


@pytest.fixture(scope="module")
def instances(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Applied; tests only read."""
    project = Project(tmp_path_factory.mktemp("instances"))
    project.write("main.hcl", INSTANCES)
    project.apply()
    return project


def test_instances_are_addressed_by_key_and_number_and_disabled_steps_are_not_there(
    instances: Project,
) -> None:
    assert set(instances.steps()) == {
        'train["small"]',
        'train["large"]',
        "part[0]",
        "part[1]",
        "by_name",
        "by_number",
    }


def test_a_map_of_outputs_is_staged_as_a_folder_named_by_key(instances: Project) -> None:
    assert instances.output_text("by_name") == "large\nsmall\nlarge 5\nsmall 5\n"


def test_a_list_of_outputs_is_staged_as_a_folder_named_by_number(instances: Project) -> None:
    assert instances.output_text("by_number") == "0\n1\npart 0\npart 1\n"


def test_metrics_are_numbers_in_expressions_and_in_the_state(instances: Project) -> None:
    assert instances.outputs()["best"] == 5.5
    metrics = instances.steps()['train["small"]']["metrics"]
    assert metrics == {"metrics": {"score": 5.5}}


def test_one_instance_more_runs_itself_and_the_fan_in_alone(
    instances: Project, tmp_path: Path
) -> None:
    project = Project(tmp_path / "copy")
    project.write("main.hcl", INSTANCES)
    project.apply()

    project.edit("main.hcl", '"large"]', '"large", "medium"]')

    assert project.ran() == {'train["medium"]', "by_name"}
    project.edit("main.hcl", '"large", "medium"]', '"large"]')
    assert project.ran() == set()


LITERALS = """
variable "low" { default = 3 }
pipeline "p" {
  step "measure" {
    command = <<-EOT
      printf %s ${inputs.low} > ${outputs.count}
      printf %s true > ${outputs.fine}
      printf '%s\\n' 'two words' > ${outputs.text}
      printf %s 0.25 > ${outputs.rate}
    EOT
    inputs = { low = var.low }
    output "count" { type = "integer" }
    output "fine" { type = "boolean" }
    output "text" { type = "string" }
    output "rate" { type = "number" }
  }
  step "use" {
    command = "echo ${inputs.doubled} ${inputs.text} > ${outputs.out}"
    inputs = {
      doubled = steps.measure.outputs.count * 2
      text    = upper(steps.measure.outputs.text)
    }
    output "out" { type = "uri_file" }
  }
  step "each" {
    count   = steps.measure.outputs.count
    command = "echo ${inputs.n}"
    inputs  = { n = count.index }
  }
  step "only_if" {
    enabled = steps.measure.outputs.count > 3
    command = "echo many"
  }
  output "out" { value = steps.use.outputs.out }
  output "seen" {
    value = {
      count = steps.measure.outputs.count
      fine  = steps.measure.outputs.fine
      rate  = steps.measure.outputs.rate
    }
  }
}
output "out" { value = pipeline.p.outputs.out.path }
output "seen" { value = pipeline.p.outputs.seen }
"""


def test_literal_outputs_are_values_and_may_decide_what_else_runs(project: Project) -> None:
    project.write("main.hcl", LITERALS)

    plan = project.plan()
    project.apply()
    while_planned_again = project.mlctl("plan", "--detailed-exitcode")

    assert "(known after apply)" in plan.out
    assert project.outputs()["seen"] == {"count": 3, "fine": True, "rate": 0.25}
    assert project.output_text("out") == "6 TWO WORDS\n"
    assert {"each[0]", "each[1]", "each[2]"} <= set(project.steps())
    assert "only_if" not in project.steps()
    assert while_planned_again.code == 0, while_planned_again.text


def test_a_literal_output_that_moves_moves_what_rests_on_it(project: Project) -> None:
    project.write("main.hcl", LITERALS)
    project.apply()

    ran = project.ran("--var", "low=4")

    assert ran == {"measure", "use", "each[3]", "only_if"}
