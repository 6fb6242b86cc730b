"""Saved plans: applied as shown and without a question, or refused when the world has moved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.functional.project import FAILED, STALE, Project
from tests.functional.small import data, step

CONFIG = step(
    "cat main.txt ${inputs.data} > ${outputs.out}; echo ${inputs.word} >> ${outputs.out}",
    'code = "./src"\n inputs = { word = file("./word.txt") }'
    + data("data", "uri_file", "./in.txt"),
)


@pytest.fixture
def project(project: Project) -> Project:
    """A step with code, data and a file that the configuration reads; its plan is saved."""
    project.write("src/main.txt", "code\n")
    project.write("in.txt", "data\n")
    project.write("word.txt", "word")
    project.write("main.hcl", CONFIG)
    project.plan("--out", "saved")
    return project


def test_a_saved_plan_is_applied_without_a_question(project: Project) -> None:
    applied = project.mlctl("apply", "saved").ok()

    assert "Apply complete!" in applied.out
    assert project.output_text("out") == "code\ndata\nword\n"


def test_a_saved_plan_can_be_shown_as_it_was_shown_first(project: Project) -> None:
    fresh = project.plan().out
    shown = project.mlctl("show", "saved").ok().out

    assert "> pipeline.p.step.s will run" in shown
    assert "1 step to run, 0 reused." in shown
    assert shown.strip() in fresh or fresh.strip() in shown or "Plan: " in shown


def write(path: str) -> Callable[[Project], object]:
    return lambda project: project.write(path, "moved\n")


@pytest.mark.parametrize(
    ("move", "named"),
    [
        pytest.param(write("src/main.txt"), "src", id="code"),
        pytest.param(write("src/more.txt"), "src", id="code added"),
        pytest.param(write("in.txt"), "in.txt", id="data"),
        pytest.param(write("word.txt"), "word.txt", id="a file that a function reads"),
        pytest.param(lambda project: project.apply(), "", id="the state"),
    ],
)
def test_a_plan_is_stale_when_what_it_was_made_from_has_moved(
    project: Project, move: Callable[[Project], object], named: str
) -> None:
    move(project)

    applied = project.mlctl("apply", "saved").exits(STALE)

    assert named in applied.err
    assert "stale" in applied.err.lower()
    assert "Make a new plan" in applied.err


def test_a_stale_plan_changes_nothing(project: Project) -> None:
    project.write("in.txt", "moved\n")

    project.mlctl("apply", "saved").exits(STALE)

    assert not (project.root / "mlctl.state.json").exists()


def test_a_plan_is_used_once(project: Project) -> None:
    project.mlctl("apply", "saved").ok()

    project.mlctl("apply", "saved").exits(STALE)


def test_a_plan_keeps_the_variables_it_was_made_with(project: Project) -> None:
    project.write("main.hcl", 'variable "v" { default = "a" }\noutput "v" { value = var.v }\n')
    project.plan("--out", "saved", "--var", "v=b")

    project.mlctl("apply", "saved").ok()

    assert project.outputs() == {"v": "b"}


def test_the_configuration_may_move_on_since_the_plan_holds_its_own(project: Project) -> None:
    project.edit("main.hcl", "> ${outputs.out};", "> ${outputs.out}; false;")

    applied = project.mlctl("apply", "saved")

    assert applied.code in (0, STALE)
    if applied.code == 0:
        assert project.output_text("out") == "code\ndata\nword\n"


@pytest.mark.parametrize("content", ["", "no plan", "PK\x03\x04"])
def test_a_file_that_is_no_plan_is_refused(project: Project, content: str) -> None:
    project.write("saved", content)

    applied = project.mlctl("apply", "saved").exits(FAILED)

    assert "saved" in applied.err
    assert "Traceback" not in applied.err


def test_a_plan_file_that_is_not_there_is_named(project: Project) -> None:
    applied = project.mlctl("apply", "nowhere.plan").exits(FAILED)

    assert "nowhere.plan" in applied.err


def test_a_saved_plan_to_destroy_destroys(project: Project) -> None:
    project.apply()
    project.plan("--destroy", "--out", "gone")

    project.mlctl("apply", "gone").ok()

    assert project.state()["steps"] == []
