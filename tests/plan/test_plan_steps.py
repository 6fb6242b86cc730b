"""What the plan decides for steps, and the reasons it gives."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.plan import Action
from mlctl.core.reason import (
    CodeChanged,
    CommandChanged,
    EnvironmentChanged,
    EnvironmentPending,
    EnvVariableChanged,
    Forced,
    FormatChanged,
    InputChanged,
    InterpreterChanged,
    NeverRan,
    OutputMissing,
    OutputsChanged,
    PackageChange,
    PlatformChanged,
    Reason,
    ResultNotKept,
    SettingChanged,
    UpstreamPending,
    ValuePending,
)
from mlctl.core.result import OtherRun
from mlctl.core.step import DataInput, Interpreter, LiteralInput
from mlctl.plan.world import Options, TreeChanges
from tests.builders import step_address
from tests.config.project import MACHINE, Project

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


def edited(project: Project) -> tuple[Reason, ...]:
    return project.plan().sound().reasons("prep")


def test_another_command_is_said_with_both(project: Project) -> None:
    project.apply()
    then = project.plan().sound().key("prep").command
    assert isinstance(then, str)

    project.edit('"prep ', '"prepare ')

    assert edited(project) == (CommandChanged(then, then.replace("prep ", "prepare ", 1)),)


def test_another_parameter_is_the_input_and_not_the_command_that_names_it(
    project: Project,
) -> None:
    project.apply()
    project.var(rate="2")

    assert edited(project) == (
        InputChanged("rate", LiteralInput("number", "1"), LiteralInput("string", "2")),
    )


def test_other_data_is_said_with_both_contents(project: Project) -> None:
    project.apply()
    then = project.plan().sound().key("prep").inputs["raw"]
    project.write("raw.txt", "new")

    (changed,) = edited(project)

    assert isinstance(changed, InputChanged)
    assert (changed.name, changed.before) == ("raw", then)
    assert isinstance(changed.after, DataInput)


def test_other_files_in_folders_are_named(project: Project) -> None:
    project.apply()
    project.kept.changes = TreeChanges(("c",), ("b",), ("a",))

    project.write("folder/b", "b")
    (data,) = edited(project)
    (project.root / "folder/b").unlink()
    project.write("src/main.py", "2")
    (code,) = edited(project)

    assert isinstance(data, InputChanged)
    assert data.changed == ("a", "b", "c")
    assert isinstance(code, CodeChanged)
    assert (code.changed, code.added, code.removed) == (("c",), ("b",), ("a",))


def test_other_variables_are_said_one_by_one_and_secrets_are_not_shown(project: Project) -> None:
    project.apply()
    project.edit('A = "1"', 'A = "2", B = "3"')
    assert edited(project) == (
        EnvVariableChanged("A", "1", "2"),
        EnvVariableChanged("B", None, "3"),
    )
    project.edit('A = "2", B = "3"', 'A = "1"')

    (secret,) = project.var(token="new").plan().sound().reasons("prep")

    assert isinstance(secret, EnvVariableChanged)
    assert secret.name == "TOKEN"
    assert "new" not in repr(secret)
    assert "old" not in repr(secret)


def test_other_packages_are_named_with_both_versions(project: Project) -> None:
    project.apply()
    project.locks.lock("e", numpy="2.1", pandas="1.0")

    (software,) = edited(project)

    assert isinstance(software, EnvironmentChanged)
    assert software.packages == (
        PackageChange("numpy", "2.0", "2.1"),
        PackageChange("pandas", None, "1.0"),
        PackageChange("scipy", "1.0", None),
    )


def test_another_salt_disowns_every_result(project: Project) -> None:
    project.apply()
    project.salt = "2"

    assert edited(project) == (SettingChanged("cache version", "", "2"),)


def test_taking_an_edit_back_leaves_nothing_to_do(project: Project) -> None:
    project.apply()
    project.edit('"prep ', '"prepare ').write("src/main.py", "2").write("raw.txt", "new")
    project.edit('"prepare ', '"prep ').write("src/main.py", "1").write("raw.txt", "raw")

    assert project.plan().sound().plan.is_empty


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        ('type = "uri_file"\n    }\n  }\n  step "train"', 'type = "uri_folder"\n    }\n  }\n  step "train"', (OutputsChanged(changed=("o",)),)),
        ('output "o" {', 'output "new" {\n      type = "string"\n    }\n    output "o" {', (OutputsChanged(added=("new",)),)),
        ('timeout     = "1h"', "resources {\n      instance_count = 2\n    }", (SettingChanged("instance_count", 1, 2),)),
        (', folder = data_asset.folder', "", None),
        ('code        = "./src"', "", None),
    ],
)  # fmt: skip
def test_declarations_count_too(
    project: Project, before: str, after: str, reasons: tuple[Reason, ...] | None
) -> None:
    project.apply()

    found = project.edit(before, after).plan().reasons("prep")

    assert len(found) == 1
    if reasons is not None:
        assert found == reasons


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('timeout     = "1h"', 'timeout = "2h"'),
        ('timeout     = "1h"', 'description = "x"\n    tags = { a = "b" }'),
        ('timeout     = "1h"', "retry {\n      attempts = 3\n    }"),
        ('timeout     = "1h"', 'resources {\n      cpus = 2\n      memory = "1G"\n    }'),
        ('timeout     = "1h"', "compute = compute.other"),
        ('"prep ${inputs.rate}', '"prep   ${inputs.rate}'),
        ('step "alone"', 'step "renamed"'),
        ('path = "./raw.txt"', 'path = "./copy.txt"'),
        ("default = 1", "default = 1.0"),
    ],
)
def test_what_does_not_count_runs_nothing(project: Project, before: str, after: str) -> None:
    project.write("copy.txt", "raw").write("more.hcl", 'compute "local" "other" {\n}')
    project.apply()

    planned = project.edit(before, after).plan().sound()

    assert planned.running() == []


def test_another_machine_is_another_platform_and_interpreter(project: Project) -> None:
    project.apply()

    project.machine = {**MACHINE, "arch": "aarch64"}
    assert project.plan().reasons("alone") == (PlatformChanged("linux/x86_64", "linux/aarch64"),)
    project.machine = {**MACHINE, "python_version": "3.12.1"}
    assert project.plan().reasons("alone") == (
        InterpreterChanged(Interpreter("CPython", "3.11.7"), Interpreter("CPython", "3.12.1")),
    )


def test_an_environment_without_a_lock_is_pending(project: Project) -> None:
    project.apply()
    project.locks.known.clear()

    assert project.plan().reasons("prep") == (EnvironmentPending(Address.of("environment", "e")),)


def test_an_environment_in_place_of_the_interpreter_is_said(project: Project) -> None:
    project.apply()

    (reason,) = project.edit('command = "alone"', 'command = "alone"\n    environment = environment.e').plan().reasons("alone")  # fmt: skip

    assert isinstance(reason, EnvironmentChanged)
    assert reason.packages == ()


def test_a_target_yet_to_be_made_is_upstream(project: Project) -> None:
    project.apply()
    project.write("more.hcl", 'compute "cloud" "gpu" {\n  size = "s"\n}')
    project.edit('command = "alone"', 'command = "alone"\n    compute = compute.gpu')

    assert project.plan().reasons("alone") == (
        UpstreamPending(Address.of("compute", "gpu"), ("environment", "platform")),
    )


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
