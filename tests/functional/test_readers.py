"""Commands that only look: outputs, state, history, explanations, the graph, the console."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.functional.project import FAILED, Document, Project

CONFIG = """
variable "word" { default = "hello" }
variable "hush" {
  default   = "quiet"
  sensitive = true
}
locals { both = { list = [1, 2.5], word = var.word } }
pipeline "p" {
  step "say" {
    code    = "./src"
    command = <<-EOT
      echo to the log
      cat text.txt > ${outputs.out}
      echo '{"score": 0.5}' > ${outputs.scores}
    EOT
    output "out" { type = "uri_file" }
    output "scores" { type = "metrics" }
  }
  step "list" {
    command = "mkdir ${outputs.all}/sub; cp ${inputs.data} ${outputs.all}/sub/text"
    inputs  = { data = steps.say.outputs.out }
    output "all" { type = "uri_folder" }
  }
  output "out" { value = steps.say.outputs.out }
  output "all" { value = steps.list.outputs.all }
}
output "word" { value = var.word }
output "both" { value = local.both }
output "yes" { value = true }
output "number" { value = 12345678901234567890.125 }
output "hush" {
  value     = var.hush
  sensitive = true
}
output "path" { value = pipeline.p.outputs.out.path }
"""
SAY = "pipeline.p.step.say"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Applied; tests only read."""
    project = Project(tmp_path_factory.mktemp("readers"))
    project.write("src/text.txt", "text\n")
    project.write("main.hcl", CONFIG)
    project.apply()
    return project


# --- output --------------------------------------------------------------------------------------


def test_outputs_are_listed_as_expressions_and_secrets_are_hidden(project: Project) -> None:
    out = project.mlctl("output").ok().out

    assert 'word = "hello"' in out
    assert "yes = true" in out
    assert "number = 12345678901234567890.125" in out
    assert "hush = (sensitive value)" in out
    assert "quiet" not in out


def test_one_output_can_be_asked_for(project: Project) -> None:
    assert project.mlctl("output", "word").ok().out == '"hello"\n'
    assert project.mlctl("output", "--raw", "word").ok().out == "hello"
    assert project.mlctl("output", "-raw", "yes").ok().out == "true"
    assert json.loads(project.mlctl("output", "--json", "both").ok().out) == {
        "list": [1, 2.5],
        "word": "hello",
    }


def test_outputs_as_json_have_value_type_and_sensitivity(project: Project) -> None:
    outputs = project.mlctl("output", "-json").ok().document

    assert outputs["word"] == {"value": "hello", "type": "string", "sensitive": False}
    assert outputs["hush"]["sensitive"] is True
    assert outputs["hush"]["value"] is None
    assert outputs["both"]["type"] == [
        "object",
        {"list": ["tuple", ["number", "number"]], "word": "string"},
    ]


def test_an_output_that_is_not_there_offers_the_nearest(project: Project) -> None:
    assert 'Did you mean "word"?' in project.mlctl("output", "wrod").exits(FAILED).err


@pytest.mark.parametrize("name", ["both", "hush"])
def test_raw_refuses_what_has_no_one_text(project: Project, name: str) -> None:
    refused = project.mlctl("output", "--raw", name).exits(FAILED)

    assert name in refused.err
    assert refused.out == ""


# --- show and state ----------------------------------------------------------------------------


def step_of(document: Document, address: str = SAY) -> Document:
    (found,) = (s for s in document["values"]["steps"] if s["address"] == address)
    return dict(found)


def test_show_json_has_every_step_with_its_outputs_and_metrics(project: Project) -> None:
    document = project.mlctl("show", "--json").ok().document

    step = step_of(document)
    assert {"format_version", "mlctl_version", "values"} <= set(document)
    assert step["fingerprint"].startswith("sha256:")
    assert step["outputs"]["out"]["size_bytes"] == 5
    assert step["outputs"]["out"]["type"] == "uri_file"
    assert step["outputs"]["out"]["digest"].startswith("sha256:")
    assert step["metrics"] == {"scores": {"score": 0.5}}
    assert step["started_at"] < step["finished_at"]
    assert step["run_id"]
    assert step["compute"]
    assert document["values"]["outputs"]["word"]["value"] == "hello"


def test_show_prints_the_state_or_one_object(project: Project) -> None:
    everything = project.mlctl("show").ok().out
    one = project.mlctl("show", SAY).ok().out
    state_show = project.mlctl("state", "show", SAY).ok().out

    assert f"# {SAY}:" in everything
    assert "Outputs:" in everything
    assert one == state_show
    assert f"# {SAY}:" in one
    assert "score" in one
    assert "pipeline.p.step.list" not in one


def test_state_list_has_one_address_a_line(project: Project) -> None:
    lines = project.mlctl("state", "list").ok().out.splitlines()

    assert SAY in lines
    assert "pipeline.p" in lines
    assert lines == sorted(lines)


def test_the_state_file_is_private_and_says_its_version(project: Project) -> None:
    state = project.state()

    assert (project.root / "mlctl.state.json").stat().st_mode & 0o777 == 0o600
    assert state["version"] == 1
    assert {"mlctl_version", "serial", "lineage", "outputs", "resources", "steps", "checks"} <= set(
        state
    )
    for record in state["steps"]:
        assert {"address", "fingerprint", "parts", "run_id", "outputs", "duration_seconds"} <= set(
            record
        )


# --- explain and runs ------------------------------------------------------------------------


def test_explain_of_a_step_that_is_up_to_date_shows_every_part(project: Project) -> None:
    text = project.mlctl("explain", SAY).ok().out
    document = project.mlctl("explain", "--json", SAY).ok().document

    assert f"{SAY} is up to date" in text
    assert document["action"] == "reuse"
    assert document["reasons"] == []
    assert document["fingerprint"]["then"] == document["fingerprint"]["now"]
    assert {"code", "command", "platform"} <= {part["part"] for part in document["parts"]}
    assert not any(part["differs"] for part in document["parts"])


def test_runs_are_listed_shown_and_their_logs_printed(project: Project) -> None:
    runs = json.loads(project.mlctl("runs", "list", "--json").ok().out)
    text = project.mlctl("runs", "list").ok().out
    run_id = runs[-1]["run_id"]
    shown = project.mlctl("runs", "show", "--json", run_id).ok().document
    log = project.mlctl("runs", "logs", run_id, "--step", SAY).ok().out

    assert run_id in text
    assert runs[-1]["status"] == "succeeded"
    assert runs[-1]["changes"]["run"] == 2
    assert {step["address"] for step in shown["steps"]} >= {SAY}
    assert SAY in project.mlctl("runs", "show", run_id).ok().out
    assert "to the log" in log


# --- get ---------------------------------------------------------------------------------------


def test_get_copies_a_file_or_a_folder_that_is_ones_own(project: Project, tmp_path: Path) -> None:
    project.mlctl("get", f"{SAY}.outputs.out", str(tmp_path / "file")).ok()
    project.mlctl("get", "pipeline.p.outputs.all", str(tmp_path / "folder")).ok()

    assert (tmp_path / "file").read_text() == "text\n"
    assert (tmp_path / "folder/sub/text").read_text() == "text\n"
    (tmp_path / "file").write_text("mine")
    assert project.output_text("path") == "text\n"
    assert "No changes." in project.plan().out


def test_get_never_overwrites(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    refused = project.mlctl("get", f"{SAY}.outputs.out", str(tmp_path / "file")).exits(FAILED)

    assert (tmp_path / "file").read_text() == "mine"
    assert str(tmp_path / "file") in refused.err


def test_get_of_an_output_that_is_not_there_names_it(project: Project, tmp_path: Path) -> None:
    refused = project.mlctl("get", f"{SAY}.outputs.nope", str(tmp_path / "x")).exits(FAILED)

    assert "nope" in refused.err


# --- graph, console, version -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "begins"), [("dot", "digraph"), ("mermaid", "flowchart"), ("json", "{")]
)
def test_the_graph_has_every_step_and_its_dependencies(
    project: Project, kind: str, begins: str
) -> None:
    out = project.mlctl("graph", "--type", kind).ok().out

    assert out.lstrip().startswith((begins, "graph"))
    assert "step.say" in out
    assert "step.list" in out


def test_the_console_evaluates_one_expression_a_line(project: Project) -> None:
    done = project.mlctl(
        "console", stdin="1 + 1\nupper(var.word)\nlocal.both.list\nvar.hush\n"
    ).ok()

    assert done.out.splitlines()[:2] == ["2", '"HELLO"']
    assert "(sensitive value)" in done.out
    assert "quiet" not in done.out


def test_the_console_as_json_goes_on_after_a_bad_line(project: Project) -> None:
    lines = ["0.1 + 0.2", "1 +", "nope.x", '["a", true]', "timestamp()", "12345678901234567890"]

    done = project.mlctl("console", "--json", stdin="\n".join(lines) + "\n")

    answers = done.events
    assert len(answers) == len(lines)
    assert answers[0] == {"type": "number", "value": 0.3}
    assert "diagnostics" in answers[1]
    assert "diagnostics" in answers[2]
    assert answers[3] == {"type": ["tuple", ["string", "bool"]], "value": ["a", True]}
    assert answers[5] == {"type": "number", "value": 12345678901234567890}


def test_version_in_its_three_forms(project: Project) -> None:
    plain = project.mlctl("version").ok().out
    short = project.mlctl("--version").ok().out
    document = project.mlctl("version", "--json").ok().document

    assert "mlctl" in plain
    (number,) = {str(v) for name, v in document.items() if name in ("version", "mlctl_version")}
    assert number in plain
    assert number in short


def test_looking_changes_nothing(project: Project) -> None:
    before = (project.root / "mlctl.state.json").read_bytes()

    for command in (["show"], ["output"], ["state", "list"], ["runs", "list"], ["explain", SAY]):
        project.mlctl(*command).ok()

    assert (project.root / "mlctl.state.json").read_bytes() == before


@pytest.mark.parametrize("command", [["show"], ["output"], ["state", "list"], ["runs", "list"]])
def test_looking_before_the_first_apply_finds_nothing_and_makes_nothing(
    tmp_path: Path, command: list[str]
) -> None:
    fresh = Project(tmp_path)
    fresh.write("main.hcl", 'output "x" { value = 1 }\n')

    fresh.mlctl(*command).ok()

    assert {path.name for path in tmp_path.iterdir()} <= {"main.hcl", ".mlctl"}
    assert not (tmp_path / "mlctl.state.json").exists()
