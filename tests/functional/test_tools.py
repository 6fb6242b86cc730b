"""The software that steps run in: upgraded, it counts; unchanged, it is built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.capabilities import need
from tests.environments.wheels import make_wheel
from tests.functional.project import Project, kinds
from tests.functional.small import OUT

pytestmark = pytest.mark.timeout(120)

CONFIG = f"""
environment "e" {{
  requirements = ["--no-index", "--find-links ./wheels", "tool==1.0"]
}}
pipeline "p" {{
  step "s" {{
    environment = environment.e
    command     = "python -c 'import tool; print(tool.VERSION)' > ${{outputs.out}}"
    output "out" {{ type = "uri_file" }}
  }}
{OUT}"""

STEP = "s"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A step in an environment with version 1.0 of a tool, applied."""
    need("uv")
    root = tmp_path / "project"
    for version in ("1.0", "2.0"):
        make_wheel(root / "wheels", "tool", version)
    env = {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_NO_CONFIG": "1"}
    project = Project(root, env)
    project.write("main.hcl", CONFIG)
    assert project.ran() == {STEP}
    return project


def test_a_tool_upgraded_in_the_environment_runs_its_steps_and_going_back_runs_nothing(
    project: Project,
) -> None:
    assert project.output_text("out") == "1.0\n"

    project.edit("main.hcl", "tool==1.0", "tool==2.0")
    ran = project.ran()

    assert ran == {STEP}
    assert project.output_text("out") == "2.0\n"
    project.edit("main.hcl", "tool==2.0", "tool==1.0")
    assert project.ran() == set()
    assert project.output_text("out") == "1.0\n"


def test_before_it_is_locked_anew_the_plan_names_the_requirement(project: Project) -> None:
    project.edit("main.hcl", "tool==1.0", "tool==2.0")

    document, text = project.planned(), project.plan().out

    assert kinds(document) == {STEP: ["environment_pending"]}
    assert "tool==2.0" in text


def test_after_it_is_locked_anew_the_plan_names_the_package_and_both_versions(
    project: Project,
) -> None:
    project.edit("main.hcl", "tool==1.0", "tool==2.0")
    project.mlctl("env", "lock", "e").ok()

    document, text = project.planned(), project.plan().out

    assert kinds(document) == {STEP: ["environment_changed"]}
    (change,) = document["step_changes"]
    (package,) = change["reasons"][0]["packages"]
    assert package == {"name": "tool", "before": "1.0", "after": "2.0"}
    assert "package tool: 1.0 -> 2.0" in text


def test_a_newer_version_in_the_index_moves_nothing_until_the_lock_is_renewed(
    project: Project,
) -> None:
    project.edit("main.hcl", "tool==1.0", "tool")

    assert project.ran() == set()
    project.mlctl("env", "lock", "e", "--upgrade").ok()
    assert project.ran() == {STEP}
    assert project.output_text("out") == "2.0\n"


def test_a_clone_with_the_lock_resolves_nothing_anew(project: Project, tmp_path: Path) -> None:
    lock = project.root / "pylock.e.toml"
    text = lock.read_text(encoding="utf-8")
    make_wheel(project.root / "wheels", "tool", "3.0")

    clone = project.clone(tmp_path / "clone")

    assert clone.ran() == {STEP}
    assert (clone.root / "pylock.e.toml").read_text(encoding="utf-8") == text
    assert clone.output_text("out") == "1.0\n"


def test_two_spellings_of_the_same_requirements_run_nothing(project: Project) -> None:
    project.edit("main.hcl", '"tool==1.0"', '"Tool == 1.0  # the tool"')

    assert project.ran() == set()


def test_an_environment_that_cannot_be_resolved_says_what_was_asked_for(project: Project) -> None:
    project.edit("main.hcl", "tool==1.0", "tool==9.9")

    apply = project.mlctl("apply", "--auto-approve").exits(1)

    assert "environment.e" in apply.text
    assert "tool==9.9" in apply.text
