"""A secret given to a step never stands in clear in any file or stream of mlctl's own."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.functional.project import Project, holding

CANARY = "canary/8%f3+d1 é"
FORMS = (CANARY, base64.b64encode(CANARY.encode()).decode(), quote(CANARY, safe=""))

CONFIG = """
variable "token" {
  type      = string
  sensitive = true
}
pipeline "p" {
  step "s" {
    command = <<-EOT
      test "$(printf %s "$TOKEN" | sha256sum | cut -c1-64)" = "EXPECTED"
      echo "clear: $TOKEN"
      echo "base64: $(printf %s "$TOKEN" | base64)"
      ENDING
      echo 1 > ${outputs.out}
    EOT
    env = { TOKEN = var.token }
    output "out" { type = "uri_file" }
  }
}
output "token" {
  value     = "Bearer ${var.token}"
  sensitive = true
}
"""
STREAMS = (
    ["validate"],
    ["plan"],
    ["plan", "--json"],
    ["plan", "--out", "saved"],
    ["show", "saved"],
    ["show", "--json", "saved"],
    ["apply", "--auto-approve"],
    ["show"],
    ["show", "--json"],
    ["show", "pipeline.p.step.s"],
    ["state", "show", "pipeline.p.step.s"],
    ["output"],
    ["output", "--json"],
    ["output", "token"],
    ["explain", "pipeline.p.step.s"],
    ["explain", "--json", "pipeline.p.step.s"],
    ["runs", "list"],
    ["runs", "show"],
    ["runs", "logs"],
    ["graph"],
    ["plan", "--replace", "pipeline.p.step.s"],
    ["apply", "--auto-approve", "--json", "--replace", "pipeline.p.step.s"],
    ["destroy", "--auto-approve"],
)


def secret_project(root: Path, *, ending: str = "") -> Project:
    """A step that prints its secret; the project is given it by the shell's environment."""
    expected = hashlib.sha256(CANARY.encode()).hexdigest()
    project = Project(root, {"MLCTL_VAR_token": CANARY})
    project.write("main.hcl", CONFIG.replace("ENDING", ending).replace("EXPECTED", expected))
    return project


def hits(text: str) -> list[str]:
    """The lines of a stream that hold the secret in some form."""
    return [line for line in text.splitlines() if any(form in line for form in FORMS)]


@pytest.mark.timeout(120)
def test_a_secret_stands_in_no_stream_and_no_file(tmp_path: Path) -> None:
    project = secret_project(tmp_path / "project")

    for command in STREAMS:
        done = project.mlctl(*command)
        assert hits(done.text) == [], command
        # Held against after each command, since a later one may remove a file.
        assert _files_with_secret(project) == [], command
        if command[0] in ("apply", "plan"):
            done.ok()


def test_the_secret_did_reach_the_step_and_its_log_is_masked_not_withheld(tmp_path: Path) -> None:
    project = secret_project(tmp_path / "project")
    project.apply()
    (run,) = (project.root / ".mlctl/runs").iterdir()

    logs = "".join(file.read_text() for file in (run / "logs").iterdir())

    assert "clear: " in logs
    assert "base64: " in logs
    assert hits(logs) == []


def test_a_failing_step_does_not_give_its_secret_away(tmp_path: Path) -> None:
    project = secret_project(tmp_path / "project", ending='echo "$TOKEN" >&2; exit 3')

    applied = project.mlctl("apply", "--auto-approve").exits(1)

    assert hits(applied.text) == []
    assert "The last lines of pipeline.p.step.s" in applied.out
    assert _files_with_secret(project) == []


def test_a_secret_on_a_command_line_is_refused_with_the_way_out(tmp_path: Path) -> None:
    project = secret_project(tmp_path / "project")
    project.edit("main.hcl", 'echo "clear: $TOKEN"', 'echo "clear: ${var.token}"')

    refused = project.mlctl("apply", "--auto-approve").exits(1)

    assert "command line" in refused.err
    assert "env = " in refused.err
    assert hits(refused.text) == []


def test_a_changed_secret_runs_the_step_without_showing_either(tmp_path: Path) -> None:
    project = secret_project(tmp_path / "project")
    project.apply()

    plan = project.mlctl("plan", env={"MLCTL_VAR_token": "another one"}).ok()

    assert "env TOKEN: (sensitive value) changed" in plan.out
    assert hits(plan.text) == []
    assert "another one" not in plan.text


def test_a_sensitive_value_in_a_plain_output_is_refused(tmp_path: Path) -> None:
    project = secret_project(tmp_path / "project")
    project.edit("main.hcl", "  sensitive = true\n}\n", "}\n")
    project.edit(
        "main.hcl", "  type      = string\n}", "  type      = string\n  sensitive = true\n}"
    )

    refused = project.mlctl("plan").exits(1)

    assert "sensitive" in refused.err
    assert hits(refused.text) == []


def test_an_error_about_a_value_does_not_print_a_secret(tmp_path: Path) -> None:
    project = secret_project(tmp_path / "project")
    project.write(
        "wrong.hcl", 'locals {\n  n = tonumber(var.token)\n}\noutput "n" { value = local.n }\n'
    )

    refused = project.mlctl("plan").exits(1)

    assert "wrong.hcl line 2" in refused.err
    assert hits(refused.text) == []


def _files_with_secret(project: Project) -> list[str]:
    found = holding(project.root, FORMS)
    return [str(path.relative_to(project.root)) for path in found]
