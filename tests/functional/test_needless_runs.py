"""No needless run: what cannot change a result starts nothing.

Each test runs a step, changes something that other tools take for a change, and sees it reused.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.project import Project
from tests.functional.small import applied, data, step, with_input


def test_touching_inputs_and_code_runs_nothing(project: Project) -> None:
    body = 'code = "./src"' + data("data", "uri_folder", "./data")
    config = step("python3 main.py ${inputs.data} > ${outputs.out}", body)
    applied(project, config, {"src/main.py": "print(1)\n", "data/a.txt": "1\n"})

    for path in project.root.rglob("*"):
        if ".mlctl" not in path.parts:
            path.touch()

    assert project.ran() == set()


def test_two_and_two_point_zero_are_one_number(project: Project) -> None:
    applied(project, step("echo ${inputs.lr} > ${outputs.out}", "inputs = { lr = 2 }"))

    project.edit("main.hcl", "lr = 2 ", "lr = 2.0 ")

    assert project.ran() == set()


def test_more_blanks_between_the_words_of_a_command_run_nothing(project: Project) -> None:
    applied(project, step("echo one two > ${outputs.out}"))

    project.edit("main.hcl", "echo one two >", "  echo   one two   >")

    assert project.ran() == set()


def test_formatting_and_comments_of_the_configuration_run_nothing(project: Project) -> None:
    with_input(project)

    project.edit("main.hcl", "    command = ", "\n    # what it does\n    command   =   ")
    project.edit("main.hcl", 'input "data" {', "input data { // which")

    assert project.ran() == set()


def test_moving_unchanged_code_and_data_to_other_folders_runs_nothing(project: Project) -> None:
    body = 'code = "./src"' + data("data", "uri_file", "./in.txt")
    config = step("python3 main.py < ${inputs.data} > ${outputs.out}", body)
    applied(project, config, {"src/main.py": "print(1)\n", "in.txt": "1\n"})

    (project.root / "src").rename(project.root / "source")
    (project.root / "in.txt").rename(project.root / "text.txt")
    project.edit("main.hcl", "./src", "./source")
    project.edit("main.hcl", "./in.txt", "./text.txt")

    assert project.ran() == set()


def test_a_renamed_step_takes_the_result_of_its_old_name(project: Project) -> None:
    with_input(project)

    project.edit("main.hcl", 'step "s"', 'step "renamed"')
    project.edit("main.hcl", "steps.s.", "steps.renamed.")

    assert project.actions() == {"renamed": "reuse", "s": "forget"}
    assert project.ran() == set()
    assert set(project.steps()) == {"renamed"}


SETTLED = """
workspace "w" { tags = { team = "a" } }
compute "local" "one" {}
compute "local" "two" { max_parallel_steps = 1 }
component "c" {
  command = "echo 1 > ${outputs.out}"
  output "out" {
    type = "uri_file"
  }
}
pipeline "p" {
  workspace = workspace.w
  step "s" {
    component = component.c
    compute   = compute.one
  }
}
"""


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A component and a pipeline, applied; tests put back what they edit."""
    root = tmp_path_factory.mktemp("settled")
    return applied(Project(root), SETTLED)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param('component "c" {', 'component "c" {\n description = "x"', id="description"),
        pytest.param('type = "uri_file"', 'type = "uri_file"\n description = "x"', id="port"),
        pytest.param('component "c" {', 'component "c" {\n tags = { a = "b" }', id="tags"),
        pytest.param('team = "a"', 'team = "b"', id="workspace"),
        pytest.param('step "s" {', 'step "s" {\n timeout = "2h"', id="timeout"),
        pytest.param('step "s" {', 'step "s" {\n retry {\n attempts = 3\n }', id="retry"),
        pytest.param('step "s" {', 'step "s" {\n resources {\n cpus = 1\n }', id="resources"),
        pytest.param("compute.one", "compute.two", id="compute"),
        pytest.param('component "c" {', 'component "c" {\n version = "7"', id="version"),
        pytest.param('pipeline "p" {', 'pipeline "p" {\n run_on_apply = true', id="run on apply"),
    ],
)
def test_what_cannot_change_a_result_runs_nothing(
    settled: Project, before: str, after: str
) -> None:
    assert before in SETTLED
    settled.write("main.hcl", SETTLED.replace(before, after, 1))

    assert settled.actions() == {"s": "reuse"}


def test_renamed_components_and_pipelines_run_nothing(project: Project) -> None:
    applied(project, SETTLED)

    project.edit("main.hcl", 'component "c"', 'component "c2"')
    project.edit("main.hcl", "component.c\n", "component.c2\n")
    project.edit("main.hcl", 'pipeline "p"', 'pipeline "p2"')

    assert project.ran() == set()


def test_going_back_to_an_older_version_runs_nothing(project: Project) -> None:
    with_input(project)
    file = project.root / "in.txt"
    file.write_text("BBBB\n")
    assert project.ran() == {"s"}

    file.write_text("AAAA\n")

    assert project.ran() == set()
    assert project.output_text("out") == "AAAA\n"


def test_a_fresh_clone_with_the_same_store_runs_nothing(project: Project, tmp_path: Path) -> None:
    shared = f'mlctl {{\n  cache {{ path = "{tmp_path}/store" }}\n}}\n'
    body = 'code = "./src"' + data("data", "uri_folder", "./data")
    config = step("python3 main.py ${inputs.data} > ${outputs.out}", body)
    main = (
        "import pathlib, sys\nprint(*sorted(p.name for p in pathlib.Path(sys.argv[1]).iterdir()))\n"
    )
    applied(project, shared + config, {"src/main.py": main, "data/a.txt": "1\n"})

    clone = project.clone(tmp_path / "another folder")

    assert clone.actions() == {"s": "reuse"}
    assert clone.ran() == set()
    assert clone.output_text("out") == "a.txt\n"


TWO_STEPS = """
pipeline "p" {
  step "first" {
    code    = "./src"
    command = "python3 main.py > ${outputs.out}"
    output "out" { type = "uri_file" }
  }
  step "second" {
    command = "cat ${inputs.data} > ${outputs.out}"
    inputs  = { data = steps.first.outputs.out }
    output "out" { type = "uri_file" }
  }
}
"""


def test_a_step_whose_upstream_gives_the_same_bytes_again_does_not_run(project: Project) -> None:
    project.write("src/main.py", "print(1)\n")
    project.write("main.hcl", TWO_STEPS)
    assert project.ran() == {"first", "second"}

    project.write("src/main.py", "# a comment\nprint(1)\n")

    assert project.would_run() == {"first", "second"}
    assert project.ran() == {"first"}
    assert project.ran() == set()
