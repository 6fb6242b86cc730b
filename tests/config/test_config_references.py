"""What references may name, what is said when they do not, and circles among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.project import Project, marked, said

WORLD = """
variable "rate" {
  default = 1
}
locals {
  rates = [1]
}
compute "cloud" "gpu" {
  size = "s"
}
component "fit" {
  command = "echo ${inputs.n} > ${outputs.model}"
  input "n" {
    type = "integer"
  }
  output "model" {
    type = "uri_file"
  }
}
pipeline "p" {
  input "n" {
    type    = "integer"
    default = 1
  }
  step "first" {
    component = component.fit
    inputs    = { n = inputs.n }
  }
  step "inline" {
    command = "true"
    output "report" {
      type = "string"
    }
  }
  output "model" {
    value = steps.first.outputs.model
  }
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_the_world_these_tests_change_is_sound(project: Project) -> None:
    assert said(project.hcl(WORLD).problems()) == []


@pytest.mark.parametrize(
    ("expression", "points_at", "words"),
    [
        ("var.rat", "var.rat", 'No variable named "rat" is declared. [Did you mean "rate"?]'),
        ("local.rate", "local.rate", 'No local value named "rate" is declared.'),
        ("compute.gpus", "compute.gpus", 'Did you mean "gpu"?'),
        ("environment.x", "environment.x", "No environment is declared here."),
        ("module.m.x", "module.m.x", "No module is declared here."),
        ("pipeline.q.outputs.model", "pipeline.q.outputs.model", 'No pipeline named "q"'),
        ("pipeline.p.outputs.modl", "pipeline.p.outputs.modl", 'Did you mean "model"?'),
        ("vra.rate", "vra", 'Nothing is named "vra" here. [Did you mean "var"?]'),
        ("rate", "rate", 'Nothing is named "rate" here.'),
        ("var", "var", '"var" must be followed by a name: var.NAME.'),
        ("compute[0]", "compute[0]", '"compute" must be followed by a name'),
        ("steps.first", "steps", '"steps" can be used inside a pipeline only.'),
        ("inputs.n", "inputs", "inside a pipeline and in commands only"),
        ("outputs.model", "outputs", "elsewhere name the step: steps.NAME.outputs.NAME."),
        ("resource.x", "resource", "name the kind: compute.NAME"),
        ("self.id", "self", '"self" can be used in conditions'),
        ("each.key", "each.key", '"each" can be used only in blocks with "for_each" set.'),
        ("count.index", "count.index", '"count" can be used only in blocks with "count" set.'),
        ("path.modul", ".modul", 'Did you mean "module"?'),
    ],
)
def test_a_reference_that_leads_nowhere_is_said_once(
    project: Project, expression: str, points_at: str, words: str
) -> None:
    found = project.hcl(f'{WORLD}\noutput "o" {{\n  value = {expression}\n}}').problems()

    assert len(found) == 1, said(found)
    assert marked(found[0]) == points_at
    assert words in said(found)[0]
    assert found[0].block == 'output "o"'


@pytest.mark.parametrize(
    ("argument", "points_at", "words"),
    [
        ("inputs = { n = steps.frist.outputs.model }", "steps.frist.outputs.model", '"first"'),
        ("inputs = { n = inputs.m }", "inputs.m", 'No input named "m" is declared.'),
        ("inputs = { n = steps.inline.outputs.repotr }", None, 'Did you mean "report"?'),
        ("inputs = { n = steps }", "steps", '"steps" must be followed by a name'),
        ("depends_on = [steps.nope]", "steps.nope", 'No step named "nope"'),
        ("compute = compute.nope", "compute.nope", 'No compute named "nope"'),
        ("enabled = local.nope", "local.nope", 'No local value named "nope"'),
        ("retry {\n    attempts = var.nope\n  }", "var.nope", 'No variable named "nope"'),
    ],
)
def test_references_inside_a_pipeline_are_checked(
    project: Project, argument: str, points_at: str | None, words: str
) -> None:
    step = f'step "more" {{\n  command = "true"\n  {argument}\n}}\n  output "model"'

    found = project.hcl(
        WORLD.replace('output "model" {\n    value', f"{step} {{\n    value")
    ).problems()

    assert len(found) == 1, said(found)
    assert words in said(found)[0]
    assert found[0].block == 'pipeline "p"'
    if points_at is not None:
        assert marked(found[0]) == points_at


def test_a_command_speaks_of_its_own_inputs_and_outputs(project: Project) -> None:
    project.hcl(WORLD).edit("${inputs.n}", "${inputs.m} ${outputs.x}")

    assert [d.summary for d in project.problems()] == ["Unsupported attribute"] * 2


def test_a_step_of_a_component_has_the_outputs_the_component_declares(project: Project) -> None:
    project.hcl(WORLD).edit("value = steps.first.outputs.model", "value = steps.first.outputs.modl")

    found = project.problems()

    assert len(found) == 1
    assert 'Did you mean "model"?' in said(found)[0]


def test_the_condition_of_a_variable_is_checked_too(project: Project) -> None:
    found = project.hcl("""
        variable "x" {
          default = 1
          validation {
            condition     = var.x > var.limit
            error_message = "no"
          }
        }
    """).problems()

    assert [marked(d) for d in found] == ["var.limit"]


def test_ignored_attributes_are_names_and_not_references(project: Project) -> None:
    project.hcl("""
        compute "cloud" "gpu" {
          size = "s"
          lifecycle {
            ignore_changes = [disks, spot]
          }
        }
    """)

    assert project.problems() == []


# --- circles -------------------------------------------------------------------------------


def test_a_circle_of_local_values_shows_each_reference_with_its_line(project: Project) -> None:
    found = project.hcl("locals {\n  a = local.b\n  b = [local.c]\n  c = local.a + 1\n}").problems()

    assert [d.summary for d in found] == ["Cycle"]
    assert [line.strip() for line in found[0].detail.splitlines()[1:]] == [
        "local.a refers to local.b at main.hcl:2,7",
        "local.b refers to local.c at main.hcl:3,8",
        "local.c refers to local.a at main.hcl:4,7",
    ]
    assert marked(found[0]) == "local.b"


def test_what_names_itself_is_a_circle_of_one(project: Project) -> None:
    found = project.hcl("locals {\n  a = local.a\n}").problems()

    assert "local.a refers to local.a at main.hcl:2,7" in found[0].detail


def test_each_circle_is_said_and_what_hangs_on_it_is_not_blamed(project: Project) -> None:
    found = project.hcl("""
        locals {
          a = local.b
          b = local.a
          c = local.a
          d = local.e
          e = local.d
        }
        output "o" {
          value = local.c
        }
    """).problems()

    assert [marked(d) for d in found] == ["local.b", "local.e"]


def test_steps_that_wait_for_each_other_are_a_circle(project: Project) -> None:
    project.hcl(WORLD).edit(
        'step "inline" {\n    command = "true"',
        'step "inline" {\n    command = "true"\n    inputs = { m = steps.last.outputs.x }',
    ).edit(
        '  output "model" {\n    value',
        '  step "last" {\n    command = "true"\n    depends_on = [steps.inline]\n'
        '    output "x" {\n      type = "string"\n    }\n  }\n  output "model" {\n    value',
    )

    found = project.problems()

    assert [d.summary for d in found] == ["Cycle"], said(found)
    assert "pipeline.p.step.inline refers to pipeline.p.step.last" in found[0].detail
    assert "pipeline.p.step.last refers to pipeline.p.step.inline" in found[0].detail


def test_a_step_that_takes_its_own_output_is_a_circle(project: Project) -> None:
    project.hcl(WORLD).edit("n = inputs.n", "n = steps.first.outputs.model")

    assert [d.summary for d in project.problems()] == ["Cycle"]


def test_pipelines_that_take_from_each_other_are_a_circle(project: Project) -> None:
    one = """
        pipeline "{0}" {{
          input "x" {{
            type    = "uri_file"
            default = pipeline.{1}.outputs.y
          }}
          output "y" {{
            value = inputs.x
          }}
        }}
    """

    found = project.hcl(one.format("a", "b") + one.format("b", "a")).problems()

    assert [d.summary for d in found] == ["Cycle"]
    assert "pipeline.b.outputs.y" in found[0].detail


def test_modules_that_take_from_each_other_are_a_circle(project: Project) -> None:
    project.write("m/main.hcl", 'variable "x" {}\noutput "y" {\n  value = var.x\n}')

    found = project.hcl("""
        module "a" {
          source = "./m"
          x      = module.b.y
        }
        module "b" {
          source = "./m"
          x      = module.a.y
        }
    """).problems()

    assert [d.summary for d in found] == ["Cycle"]
    assert "module.a.var.x refers to module.b.output.y" in found[0].detail


def test_a_plan_with_circles_still_plans_the_rest(project: Project) -> None:
    planned = project.hcl(
        WORLD + 'locals {\n  a = local.a\n}\noutput "o" {\n  value = local.a\n}'
    ).plan()

    assert [d.summary for d in planned.errors] == ["Cycle"]
    assert planned.running() == ["first", "inline"]


# --- modules -------------------------------------------------------------------------------


def test_a_module_that_calls_itself_is_refused(project: Project) -> None:
    found = project.hcl('module "m" {\n  source = "./"\n}').problems()

    assert [(d.summary, marked(d)) for d in found] == [("Invalid module source", '"./"')]
    assert "calls itself" in found[0].detail


def test_modules_that_call_each_other_are_refused_quickly(project: Project) -> None:
    twice = 'module "a" {\n  source = "../%s"\n}\nmodule "b" {\n  source = "../%s"\n}'
    project.write("x/main.hcl", twice % ("y", "y")).write("y/main.hcl", twice % ("x", "x"))

    found = project.hcl('module "m" {\n  source = "./x"\n}').problems()

    assert {d.summary for d in found} == {"Invalid module source"}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('"git::https://x"', "is not a local path"),
        ('"./nope"', 'There is no folder "./nope"'),
        ('"./${1}"', "must be a plain quoted text"),
        ('"./empty"', "holds no *.hcl file"),
    ],
)
def test_a_module_comes_from_a_folder_of_configuration(
    project: Project, source: str, words: str
) -> None:
    (project.root / "empty").mkdir()

    found = project.hcl(f'module "m" {{\n  source = {source}\n}}').problems()

    assert len(found) == 1
    assert words in found[0].detail


def test_a_module_without_source_is_said_once(project: Project) -> None:
    found = project.hcl('module "m" {\n}\noutput "o" {\n  value = module.m.x\n}').problems()

    assert [d.summary for d in found] == ["Missing required argument"]


def test_an_argument_without_a_variable_is_said_with_the_nearest(project: Project) -> None:
    project.write("m/main.hcl", 'variable "rate" {\n  type = number\n}')

    found = project.hcl('module "m" {\n  source = "./m"\n  rte = 1\n  rate = 1\n}').problems()

    assert [(d.summary, marked(d), d.hint) for d in found] == [
        ("Unsupported argument", "rte", 'Did you mean "rate"?')
    ]


def test_a_module_output_that_is_not_declared_is_said(project: Project) -> None:
    project.write("m/main.hcl", 'output "model" {\n  value = 1\n}')

    found = project.hcl(
        'module "m" {\n  source = "./m"\n}\noutput "o" {\n  value = module.m.modle\n}'
    ).problems()

    assert [(marked(d), d.hint) for d in found] == [("module.m.modle", 'Did you mean "model"?')]
