"""How commands are spelled, asked and refused; names and folders of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.mounts import make_read_only, tmpfs
from tests.functional.project import FAILED, LOCKED, Project, until
from tests.functional.small import COPY_FILE, step, with_input


def test_options_with_one_dash_mean_the_same(project: Project) -> None:
    variable = 'variable "x" {\n  type    = number\n  default = 1\n}\n'
    variable += 'output "x" { value = var.x }\n'
    project.write("main.hcl", variable + step("echo 1 > ${outputs.out}"))

    planned = project.mlctl("plan", "-json", "-out=p", "-var", "x=2", "-no-color").ok()
    project.mlctl("apply", "p").ok()
    shown = project.mlctl("show", "-json").ok()
    raw = project.mlctl("output", "-raw", "x").ok()
    project.mlctl("apply", "-auto-approve", "-var=x=3", "-parallelism=2").ok()

    assert planned.of_type("change_summary")
    assert shown.document["values"]["outputs"]["x"]["value"] == 2
    assert raw.out == "2"
    assert project.outputs()["x"] == 3


def test_chdir_works_in_another_folder_in_both_spellings(project: Project, tmp_path: Path) -> None:
    with_input(project)
    outside = Project(tmp_path)

    for option in (f"--chdir={project.root}", f"-chdir={project.root}"):
        assert "No changes." in outside.mlctl(option, "plan").ok().out
    assert "No changes." in outside.mlctl("--chdir", str(project.root), "plan").ok().out
    assert not (tmp_path / ".mlctl").exists()


@pytest.mark.parametrize(
    ("arguments", "offer"),
    [
        (["plna"], "plan"),
        (["aply"], "apply"),
        (["plan", "--detailed-exitcod"], "--detailed-exitcode"),
        (["plan", "-auto-aprove"], "-auto-approve"),
        (["apply", "--auto-aprove"], "--auto-approve"),
        (["state", "lst"], "list"),
        (["runs", "shw"], "show"),
    ],
)
def test_an_unknown_command_or_option_offers_the_nearest(
    project: Project, arguments: list[str], offer: str
) -> None:
    done = project.mlctl(*arguments)

    assert done.code not in (0, 2) or arguments[0] == "plan"
    assert done.code != 0
    assert "Did you mean" in done.err
    assert offer.lstrip("-") in done.err
    assert "Traceback" not in done.err


def test_an_unknown_address_offers_the_nearest(project: Project) -> None:
    with_input(project)

    for command in (["show"], ["explain"], ["state", "show"]):
        done = project.mlctl(*command, "pipeline.p.step.z").exits(FAILED)
        assert "pipeline.p.step.z" in done.err
        assert "pipeline.p.step.s" in done.err


@pytest.mark.parametrize("arguments", [[], ["--help"], ["plan", "--help"], ["state", "--help"]])
def test_help_is_there_for_everything(project: Project, arguments: list[str]) -> None:
    done = project.mlctl(*arguments)

    assert "Usage" in done.text
    assert "Traceback" not in done.text


# --- asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_without_a_terminal_nothing_is_done_unasked(project: Project, command: str) -> None:
    with_input(project)
    before = (project.root / "mlctl.state.json").read_bytes()
    project.write("in.txt", "BBBB\n")

    done = project.mlctl(command).exits(FAILED)

    assert "--auto-approve" in done.err
    assert (project.root / "mlctl.state.json").read_bytes() == before
    assert project.would_run() == {"s"}


def test_an_answer_from_a_pipe_is_no_consent(project: Project) -> None:
    project.write("main.hcl", step("echo 1 > ${outputs.out}"))

    done = project.mlctl("apply", stdin="yes\n").exits(FAILED)

    assert "--auto-approve" in done.err
    assert not (project.root / "mlctl.state.json").exists()


# --- colour ----------------------------------------------------------------------------------


def test_colour_is_for_terminals_unless_forced(project: Project) -> None:
    project.write("main.hcl", step("echo 1 > ${outputs.out}"))

    plain = project.mlctl("plan", env={"NO_COLOR": ""}).ok().out
    forced = project.mlctl("plan", env={"NO_COLOR": "", "FORCE_COLOR": "1"}).ok().out
    refused = project.mlctl("plan", "--no-color", env={"NO_COLOR": "", "FORCE_COLOR": "1"}).ok().out

    assert "\x1b[" not in plain
    assert "\x1b[" in forced
    assert "\x1b[" not in refused


# --- the lock --------------------------------------------------------------------------------


def test_a_state_in_use_is_said_to_be_locked_and_by_whom(project: Project, tmp_path: Path) -> None:
    wait = f"touch {tmp_path}/began; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    project.write("main.hcl", step(f"{wait}; echo 1 > ${{outputs.out}}"))
    first = project.start("apply", "--auto-approve")
    try:
        until((tmp_path / "began").exists, "the first apply to run its step")
        refused = project.mlctl("apply", "--auto-approve")
        waited = project.mlctl("apply", "--auto-approve", "--lock-timeout", "1s")
        (tmp_path / "go").touch()
        first.communicate(timeout=20)
    finally:
        first.kill()

    assert (refused.code, waited.code, first.returncode) == (LOCKED, LOCKED, 0)
    assert str(first.pid) in refused.err
    assert "apply" in refused.err
    assert project.would_run() == set()


# --- names and folders -------------------------------------------------------------------------


def test_names_and_paths_may_be_in_any_script(project: Project) -> None:
    project.write("dätä/文件 1.txt", "grüße ✓\n")
    project.write(
        "ünïcode.hcl",
        """
pipeline "größe" {
  step "zählen" {
    for_each = toset(["klein ✓", "日本"])
    command  = "(cat ${inputs.daten}/*; echo ${inputs.name}) > ${outputs.ergebnis}"
    inputs   = { name = each.key }
    input "name" { type = "string" }
    input "daten" {
      type    = "uri_folder"
      default = "./dätä"
    }
    output "ergebnis" { type = "uri_file" }
  }
  output "ergebnis" { value = steps.zählen["日本"].outputs.ergebnis }
}
output "ergebnis" { value = pipeline.größe.outputs.ergebnis.path }
""",
    )

    assert project.ran() == {'zählen["klein ✓"]', 'zählen["日本"]'}
    assert project.output_text("ergebnis") == "grüße ✓\n日本\n"
    assert project.ran() == set()


@pytest.mark.parametrize(
    "name", ["with blanks", 'it\'s "quoted"', "dollar$HOME;`x`", "-dash", "new\nline", "ünï"]
)
def test_a_projects_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    root.mkdir()
    project = Project(root)
    project.write("my src/main.sh", 'cat "$1" > "$2"\n')
    project.write("in put.txt", "1\n")
    project.write(
        "main.hcl",
        COPY_FILE.replace("./in.txt", "./in put.txt")
        .replace("cat ${inputs.data} > ${outputs.out}", "sh main.sh ${inputs.data} ${outputs.out}")
        .replace("command =", 'code = "./my src"\n    command ='),
    )

    assert project.ran() == {"s"}
    assert project.output_text("out") == "1\n"
    assert project.ran() == set()


def test_a_folder_that_cannot_be_written_is_a_clear_error(project: Project) -> None:
    with tmpfs(project.root):
        project.write("main.hcl", step("echo 1 > ${outputs.out}"))
        make_read_only(project.root)

        done = project.mlctl("apply", "--auto-approve").exits(FAILED)

    assert "Error: " in done.err
    assert "read-only" in done.err.lower() or "cannot be written" in done.err
    assert str(project.root) in done.err or ".mlctl" in done.err or "mlctl.state" in done.err
    assert "Traceback" not in done.err


def test_a_relative_state_file_may_be_named(project: Project) -> None:
    project.write("main.hcl", step("echo 1 > ${outputs.out}"))

    project.apply("--state", "other.json")

    assert (project.root / "other.json").exists()
    assert not (project.root / "mlctl.state.json").exists()
    assert "No changes." in project.plan("--state", "other.json").out
