"""What the plan decides for steps, and the reasons it gives."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.core.plan import Action
from mlctl.core.reason import (
    Forced,
    FormatChanged,
    NeverRan,
    OutputMissing,
    ResultNotKept,
    UpstreamPending,
    ValuePending,
)
from mlctl.core.result import OtherRun
from mlctl.plan.world import Options
from tests.builders import step_address
from tests.config.project import Project

CHAIN = """
variable "rate" {
  default = 1
}
variable "token" {
  default   = "old"
  sensitive = true
}
environment "e" {
  requirements = ["numpy"]
}
pipeline "p" {
  step "prep" {
    command     = "prep ${inputs.rate} ${inputs.raw} ${outputs.o}"
    code        = "./src"
    env         = { A = "1", TOKEN = var.token }
    inputs      = { rate = var.rate, raw = data_asset.raw, folder = data_asset.folder }
    environment = environment.e
    timeout     = "1h"
    output "o" {
      type = "uri_file"
    }
  }
  step "train" {
    command = ["train", inputs.x]
    inputs  = { x = steps.prep.outputs.o }
    output "model" {
      type = "uri_folder"
    }
  }
  step "alone" {
    command = "alone"
  }
}
data_asset "raw" {
  type = "uri_file"
  path = "./raw.txt"
}
data_asset "folder" {
  type = "uri_folder"
  path = "./folder"
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path).write("src/main.py", "1").write("raw.txt", "raw")
    made.write("folder/a", "a").hcl(CHAIN)
    made.locks.lock("e", numpy="2.0", scipy="1.0")
    return made


def test_what_never_ran_runs_and_what_hangs_on_it_waits(project: Project) -> None:
    planned = project.plan().sound()

    assert planned.actions == dict.fromkeys(["alone", "prep", "train"], Action.RUN)
    assert planned.reasons("prep") == (NeverRan(),)
    assert planned.reasons("train") == (
        NeverRan(),
        UpstreamPending(step_address("prep"), ("inputs.x",)),
    )
    assert planned.step("train").fingerprint is None
    assert planned.step("prep").fingerprint == planned.key("prep").fingerprint()


def test_what_is_recorded_and_kept_needs_nothing(project: Project) -> None:
    project.apply()

    planned = project.plan().sound()

    assert planned.plan.is_empty
    assert set(planned.actions.values()) == {Action.NO_OP}
    assert all(c.reasons == () for c in planned.plan.steps)
    assert planned.step("prep").reused_from == project.state.steps[step_address("prep")].run_id


def test_downstream_of_an_edit_waits_and_is_reused_when_the_bytes_are_the_same(
    project: Project,
) -> None:
    project.apply()
    project.write("src/main.py", "2")
    planned = project.plan().sound()

    assert planned.reasons("train") == (UpstreamPending(step_address("prep"), ("inputs.x",)),)
    assert planned.step("train").estimated_s == 1.5
    assert planned.actions["alone"] is Action.NO_OP

    before = project.kept.results[planned.world.state.steps[step_address("prep")].fingerprint]
    fingerprint = planned.step("prep").fingerprint
    assert fingerprint is not None
    project.kept.results[fingerprint] = replace(before, fingerprint=fingerprint, run_id="again")
    reused = project.plan().sound()
    assert reused.actions == {
        "alone": Action.NO_OP,
        "prep": Action.REUSE,
        "train": Action.NO_OP,
    }
    assert reused.step("prep").reused_from == "again"
    assert not reused.plan.is_empty


def test_going_back_takes_the_older_result(project: Project) -> None:
    project.apply()
    project.edit('"prep ', '"prepare ')
    project.apply()
    project.edit('"prepare ', '"prep ')

    planned = project.plan().sound()

    assert planned.running() == []
    assert planned.actions["prep"] is Action.REUSE
    project.apply(planned)
    assert project.plan().plan.is_empty


def test_two_steps_with_one_key_share_their_result(project: Project) -> None:
    project.apply()

    planned = project.edit('step "alone" {', 'step "twin" {\n    command = "alone"\n  }\n  step "alone" {').plan()  # fmt: skip

    assert planned.sound().actions["twin"] is Action.REUSE


def test_a_result_the_store_has_lost_is_made_again(project: Project) -> None:
    project.apply()
    lost = project.state.steps[step_address("prep")].outputs["o"].artifact.digest
    project.kept.lost = {lost}

    planned = project.plan().sound()

    assert planned.reasons("prep") == (OutputMissing("o", lost),)
    assert planned.running() == ["prep", "train"]
    assert planned.step("prep").estimated_s == 1.5


def test_a_record_whose_result_and_outputs_are_gone_says_which(project: Project) -> None:
    project.apply()
    record = project.state.steps[step_address("prep")]
    lost = record.outputs["o"].artifact.digest
    project.kept.lost = {lost}
    del project.kept.results[record.fingerprint]

    assert project.plan().sound().reasons("prep") == (OutputMissing("o", lost),)


def test_a_result_that_was_not_kept_is_made_again(project: Project) -> None:
    project.apply()
    del project.kept.results[project.state.steps[step_address("prep")].fingerprint]

    assert project.plan().sound().reasons("prep") == (ResultNotKept(),)


def test_a_record_of_another_format_cannot_be_compared(project: Project) -> None:
    project.apply()
    address = step_address("alone")
    record = replace(project.state.steps[address], parts={"format": 0})
    project.state = replace(project.state, steps={**project.state.steps, address: record})
    project.kept.results.clear()

    assert project.plan().sound().reasons("alone") == (FormatChanged(),)


def test_what_is_not_deterministic_runs_each_time(project: Project) -> None:
    project.edit('command = "alone"', 'command = "alone"\n    deterministic = false')
    project.apply()

    planned = project.plan().sound()

    assert planned.reasons("alone") == (Forced("deterministic = false"),)
    assert planned.step("alone").forced


def test_a_step_can_be_forced_by_name(project: Project) -> None:
    project.apply()

    planned = project.plan(replace="pipeline.p.step.prep").sound()

    assert planned.reasons("prep") == (Forced("--replace"),)
    assert planned.reasons("train") == (UpstreamPending(step_address("prep"), ("inputs.x",)),)
    assert planned.actions["alone"] is Action.NO_OP


def test_every_kept_result_can_be_refused(project: Project) -> None:
    project.apply()

    planned = project.plan(Options(no_reuse=True)).sound()

    assert planned.running() == ["alone", "prep", "train"]
    assert planned.reasons("alone") == (Forced("--no-reuse"),)
    assert planned.reasons("train")[0] == Forced("--no-reuse")


def test_a_step_that_asks_for_the_time_says_that_it_waits_for_nothing_upstream(
    project: Project,
) -> None:
    project.edit('command = "alone"', 'command = "alone ${timestamp()}"')
    first = project.plan().sound()

    assert first.reasons("alone") == (NeverRan(), ValuePending(("command",)))


def test_a_step_that_is_not_declared_any_more_is_forgotten(project: Project) -> None:
    project.apply()

    planned = project.edit('  step "alone" {\n    command = "alone"\n  }\n', "").plan().sound()

    assert planned.actions["alone"] is Action.FORGET
    project.apply(planned)
    assert project.plan().plan.is_empty


def test_two_runs_that_gave_other_bytes_are_named(project: Project) -> None:
    project.apply()
    fingerprint = project.state.steps[step_address("alone")].fingerprint
    result = project.kept.results[fingerprint]
    project.kept.results[fingerprint] = replace(result, also=(OtherRun("r9", {}),))

    assert project.plan().step("alone").non_reproducible == (result.run_id, "r9")


def test_two_clones_have_the_same_keys(project: Project, tmp_path: Path) -> None:
    clone = Project(tmp_path / "elsewhere" / "clone")
    for file in ("main.hcl", "src/main.py", "raw.txt", "folder/a"):
        clone.write(file, (project.root / file).read_text())
    clone.locks = project.locks

    here, there = project.plan().sound(), clone.plan().sound()

    assert here.step("prep").fingerprint == there.step("prep").fingerprint


def test_a_step_that_makes_no_sense_is_left_out_and_the_others_are_planned(
    project: Project,
) -> None:
    planned = project.edit('timeout     = "1h"', 'timeout = "soon"').plan()

    assert [d.summary for d in planned.errors] == ["Incorrect value"]
    assert planned.running() == ["alone", "train"]


def test_the_same_question_has_the_same_answer(project: Project) -> None:
    for _ in range(2):
        assert project.plan().plan == project.plan().plan
        project.apply()
        project.write("src/main.py", "2")
