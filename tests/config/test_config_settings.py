"""Settings of steps: from the component, overridden by the step, and what makes no sense."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.desired import Retry
from mlctl.core.job import Limits
from tests.config.project import Project, marked


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def problems(project: Project, text: str) -> list[str]:
    return [f"{marked(d)}: {d.summary}: {d.detail}" for d in project.hcl(text).plan().errors]


def steps(body: str, *, around: str = "", pipeline: str = "") -> str:
    return f'{around}\npipeline "p" {{\n{pipeline}\n{body}\n}}\n'


# --- settings ------------------------------------------------------------------------------

SETTINGS = """
component "c" {
  command       = "true"
  timeout       = "2h"
  deterministic = false
  retry {
    attempts = 3
    backoff  = "10s"
    on       = ["timeout", "exit:75"]
  }
  resources {
    cpus           = 0.5
    memory         = "8GiB"
    gpus           = 1
    shm_size       = "1G"
    instance_count = 2
  }
}
"""


def test_a_step_has_the_settings_of_its_component(project: Project) -> None:
    wanted = project.hcl(
        steps('step "s" {\n  component = component.c\n}', around=SETTINGS)
    ).desired("s")

    assert wanted.timeout_s == 7200
    assert wanted.deterministic is False
    assert wanted.retry == Retry(3, 10.0, ("timeout", "exit:75"))
    assert wanted.limits == Limits(0.5, 8 * 2**30, 1, 2**30, 2)
    assert wanted.key.instance_count == 2


def test_a_step_overrides_the_settings_of_its_component(project: Project) -> None:
    own = 'timeout = "90s"\n deterministic = true\n retry {\n attempts = 2\n }\n resources {\n gpus = 0\n }\n'
    wanted = project.hcl(
        steps(f'step "s" {{\n  component = component.c\n{own}}}', around=SETTINGS)
    ).desired("s")

    assert wanted.timeout_s == 90
    assert wanted.deterministic is True
    assert wanted.retry == Retry(2)
    assert wanted.limits == Limits(gpus=0)


def test_without_settings_there_are_none(project: Project) -> None:
    wanted = project.hcl(steps('step "s" {\n  command = "true"\n  retry {\n  }\n}')).desired("s")

    assert (wanted.timeout_s, wanted.retry, wanted.limits) == (None, Retry(), Limits())
    assert wanted.deterministic is True
    assert wanted.carries_on is False


def test_a_pipeline_may_go_on_when_a_step_fails(project: Project) -> None:
    text = steps('step "s" {\n  command = "true"\n}', pipeline="continue_on_step_failure = true")

    assert project.hcl(text).desired("s").carries_on is True


@pytest.mark.parametrize(
    ("setting", "points_at", "words"),
    [
        ('timeout = "2 weeks"', '"2 weeks"', "is not a duration"),
        ('timeout = "90"', '"90"', "is not a duration"),
        ("retry {\n attempts = 0\n}", "0", "a whole number from 1 on is required"),
        ("retry {\n attempts = 1.5\n}", "1.5", "a whole number from 1 on is required"),
        ('retry {\n on = ["unreachabel"]\n}', '["unreachabel"]', "is not one of: unreachable"),
        ('retry {\n on = ["exit:x"]\n}', '["exit:x"]', "is not one of"),
        ('retry {\n backoff = "x"\n}', '"x"', "is not a duration"),
        ('resources {\n memory = "8 apples"\n}', '"8 apples"', "is not a size"),
        ("resources {\n cpus = 0\n}", "0", "a number above 0 is required"),
        ("resources {\n gpus = -1\n}", "-1", "a whole number from 0 on is required"),
        ("resources {\n instance_count = 0\n}", "0", "a whole number from 1 on is required"),
        ('resources {\n gpus = "many"\n}', '"many"', "a number is required"),
    ],
)
def test_a_setting_that_makes_no_sense_is_said(
    project: Project, setting: str, points_at: str, words: str
) -> None:
    found = problems(project, steps(f'step "s" {{\n  command = "true"\n  {setting}\n}}'))

    assert len(found) == 1, found
    assert found[0].startswith(f"{points_at}:")
    assert words in found[0]
