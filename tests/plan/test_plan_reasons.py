"""Each edit gives exactly its own reason."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.reason import (
    CodeChanged,
    CommandChanged,
    EnvironmentChanged,
    EnvironmentPending,
    EnvVariableChanged,
    InputChanged,
    InterpreterChanged,
    OutputsChanged,
    PackageChange,
    PlatformChanged,
    Reason,
    SettingChanged,
    UpstreamPending,
)
from mlctl.core.step import DataInput, Interpreter, LiteralInput
from mlctl.plan.world import TreeChanges
from tests.config.project import Project
from tests.config.world import MACHINE

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
