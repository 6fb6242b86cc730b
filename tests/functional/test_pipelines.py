"""Pipelines beside each other, on demand and in modules, and what a step finds around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.project import FAILED, Project, lines_of

CROSS = """
pipeline "report" {
  step "print" {
    command = "cat ${inputs.data} > ${outputs.out}"
    inputs  = { data = pipeline.prepare.outputs.clean }
    output "out" { type = "uri_file" }
  }
  output "out" { value = steps.print.outputs.out }
}
pipeline "prepare" {
  input "word" {
    type    = "string"
    default = "hello"
  }
  step "clean" {
    command = "echo ${inputs.word} > ${outputs.out}"
    inputs  = { word = inputs.word }
    output "out" { type = "uri_file" }
  }
  output "clean" { value = steps.clean.outputs.out }
}
output "out" { value = pipeline.report.outputs.out.path }
"""


def test_a_pipeline_may_read_the_outputs_of_another(project: Project) -> None:
    project.write("main.hcl", CROSS)

    assert project.ran() == {"clean", "print"}
    assert project.output_text("out") == "hello\n"


ON_DEMAND = """
pipeline "p" {
  run_on_apply = false
  input "word" {
    type    = "string"
    default = "hello"
  }
  step "say" {
    command = "echo ${inputs.word} > ${outputs.out}"
    inputs  = { word = inputs.word }
    output "out" { type = "uri_file" }
  }
  output "out" { value = steps.say.outputs.out }
}
"""


def test_a_pipeline_that_is_not_run_on_apply_waits_for_run(project: Project) -> None:
    project.write("main.hcl", ON_DEMAND)

    apply = project.apply("--json")
    run = project.mlctl("run", "p", "--auto-approve", "--input", "word=again").ok()
    got = project.mlctl("get", "pipeline.p.outputs.out", "copy").ok()

    assert apply.of_type("step_start") == []
    assert "Run complete!" in run.out
    assert "1 run" in run.out
    assert (project.root / "copy").read_text() == "again\n", got.text


def test_a_run_is_cached_like_any_other_unless_told_not_to(project: Project) -> None:
    project.write("main.hcl", ON_DEMAND)
    run = ("run", "p", "--auto-approve", "--input", "word=again")

    first, second = project.mlctl(*run).ok(), project.mlctl(*run).ok()
    third = project.mlctl(*run, "--no-reuse").ok()

    assert "1 run, 0 reused" in first.out
    assert "1 run" not in second.out
    assert "1 run, 0 reused" in third.out


@pytest.mark.parametrize("name", ["p", "pipeline.p"])
def test_a_pipeline_may_be_named_with_or_without_its_kind(project: Project, name: str) -> None:
    project.write("main.hcl", ON_DEMAND)

    project.mlctl("run", name, "--auto-approve").ok()


def test_an_unknown_pipeline_or_input_is_an_error_with_the_nearest_name(project: Project) -> None:
    project.write("main.hcl", ON_DEMAND.replace('"p"', '"train"'))

    pipeline = project.mlctl("run", "trian", "--auto-approve").exits(FAILED)
    port = project.mlctl("run", "train", "--auto-approve", "--input", "wrod=x").exits(FAILED)

    assert 'Did you mean "train"?' in pipeline.err
    assert 'Did you mean "word"?' in port.err


def test_an_input_of_run_is_held_against_its_declaration(project: Project) -> None:
    project.write(
        "main.hcl",
        ON_DEMAND.replace('type    = "string"', 'type    = "integer"').replace('"hello"', "1"),
    )

    run = project.mlctl("run", "p", "--auto-approve", "--input", "word=many").exits(FAILED)

    assert "whole number" in run.err
    assert "word" in run.err


def test_modules_have_their_own_folder_names_and_outputs(project: Project) -> None:
    project.write(
        "train/main.hcl",
        """
variable "word" { type = string }
pipeline "p" {
  step "s" {
    code    = "./src"
    command = "cat text.txt > ${outputs.out}; echo ${inputs.word} >> ${outputs.out}"
    inputs  = { word = var.word }
    output "out" { type = "uri_file" }
  }
  output "out" { value = steps.s.outputs.out }
}
output "path" { value = pipeline.p.outputs.out.path }
""",
    )
    project.write("train/src/text.txt", "in the module\n")
    project.write(
        "main.hcl",
        """
module "train" {
  source   = "./train"
  for_each = { one = "eins", two = "zwei" }
  word     = each.value
}
output "paths" { value = { for name, m in module.train : name => m.path } }
""",
    )

    project.apply()

    paths = project.outputs()["paths"]
    texts = {name: (project.root / path).read_text() for name, path in paths.items()}
    assert texts == {"one": "in the module\neins\n", "two": "in the module\nzwei\n"}
    listed = project.mlctl("state", "list").ok().out.splitlines()
    assert 'module.train["one"].pipeline.p.step.s' in listed
    assert project.mlctl("plan", "--detailed-exitcode").code == 0


def test_depends_on_orders_steps_that_share_no_data(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "log"
    project.write(
        "main.hcl",
        f"""
pipeline "p" {{
  step "b" {{
    depends_on = [steps.a]
    command    = "echo b >> {log}"
  }}
  step "a" {{ command = "sleep 0.3; echo a >> {log}" }}
}}
""",
    )

    project.apply()

    assert lines_of(log) == ["a", "b"]


def test_a_step_sees_a_clean_environment_and_mlctls_own_names(project: Project) -> None:
    project.write(
        "main.hcl",
        """
environment "e" {
  managed = false
  env     = { FROM_ENVIRONMENT = "1", BOTH = "environment" }
}
pipeline "p" {
  step "s" {
    environment = environment.e
    command     = <<-EOT
      env | cut -d= -f1 | sort > ${outputs.out}
      echo $BOTH $MLCTL_INPUT_N >> ${outputs.out}
    EOT
    env         = { FROM_STEP = "1", BOTH = "step" }
    inputs      = { n = 7 }
    output "out" { type = "uri_file" }
  }
  output "out" { value = steps.s.outputs.out }
}
output "out" { value = pipeline.p.outputs.out.path }
""",
    )

    project.mlctl("apply", "--auto-approve", env={"SECRET_OF_THE_SHELL": "1"}).ok()

    *names, last = project.output_text("out").splitlines()
    own = {name for name in names if name.startswith("MLCTL_")}
    shells = {"PWD", "OLDPWD", "SHLVL", "_"}
    assert own == {
        "MLCTL_RUN_ID",
        "MLCTL_PIPELINE",
        "MLCTL_STEP",
        "MLCTL_INPUT_N",
        "MLCTL_OUTPUT_OUT",
    }
    assert set(names) - own - shells == {
        *("PATH", "HOME", "LANG", "TMPDIR"),
        *("FROM_ENVIRONMENT", "FROM_STEP", "BOTH"),
    }
    assert last == "step 7"
