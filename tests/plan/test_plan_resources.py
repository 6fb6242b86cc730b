"""What the plan decides for objects: create, update, replace, delete, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.plan import Action, ActionReason, PlanMode, ResourceChange
from mlctl.core.secret import MASK, Secret
from mlctl.core.state import Status
from mlctl.core.value import SENSITIVE, Value, object_of, string, to_json_plain, tuple_of
from mlctl.plan.recorded import as_recorded, recorded_value, sealed
from mlctl.plan.world import Options
from tests.config.project import Project
from tests.config.world import seal

GPU = Address.of("compute", "gpu")

CLOUD = """
variable "password" {
  default   = "pass one"
  sensitive = true
}
variable "disks" {
  default = 1
}
compute "cloud" "gpu" {
  size     = "s"
  disks    = var.disks
  zones    = ["a", "b"]
  labels   = { team = "x", token = var.password }
  password = var.password
  options  = { deep = "secret" }
  rule {
    port = 80
  }
  lifecycle {
  }
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path).hcl(CLOUD)


def only(project: Project) -> ResourceChange:
    (change,) = project.plan().sound().plan.resources
    return change


def plain(value: Value | None) -> Mapping[str, object]:
    assert value is not None
    found = to_json_plain(value.unmark_deep()[0])
    assert isinstance(found, dict)
    return found


def test_what_is_not_recorded_is_created_with_the_rest_known_after_apply(project: Project) -> None:
    change = only(project)

    assert (change.action, change.before) == (Action.CREATE, None)
    assert change.after is not None
    after = change.after.entries()
    assert after["size"].as_string() == "s"
    assert not after["id"].is_known
    assert not after["os"].is_known
    assert SENSITIVE in after["password"].marks
    assert SENSITIVE in after["options"].marks
    assert MASK not in repr(after["size"])


def test_what_is_recorded_as_it_is_wanted_needs_nothing(project: Project) -> None:
    project.apply()

    assert only(project).action is Action.NO_OP
    assert project.plan().plan.is_empty


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("disks    = var.disks", "disks = 2", "disks"),
        ("disks    = var.disks", "", "disks"),
        ('zones    = ["a", "b"]', 'zones = ["b", "a"]', "zones"),
        ("port = 80", "port = 81", "rule"),
        ("port = 80", 'port = 80\n    note = "x"', "rule"),
        ("rule {\n    port = 80\n  }", "", "rule"),
        ('team = "x"', 'team = "y"', "labels"),
        ('"secret"', '"another"', "options"),
        ('size     = "s"', 'size = "s"\n  spot = true', "spot"),
        ('size     = "s"', 'size = "s"\n  mode = "fast"', "mode"),
    ],
)
def test_a_changed_attribute_is_an_update(
    project: Project, before: str, after: str, changed: str
) -> None:
    project.apply()

    change = project.edit(before, after).plan().sound().plan.resources[0]

    assert change.action is Action.UPDATE
    assert change.before is not None
    assert change.after is not None
    then, now = change.before.entries(), change.after.entries()
    assert {n for n in now if now[n] != then[n]} == {changed}
    project.apply()
    assert project.plan().plan.is_empty


def test_the_order_of_what_has_none_does_not_count(project: Project) -> None:
    project.apply()

    project.edit('team = "x", token = var.password', 'token = var.password, team = "x"')

    assert only(project).action is Action.NO_OP


def test_a_changed_secret_is_an_update_and_is_not_shown(project: Project) -> None:
    project.apply()

    change = project.var(password="pass two").plan().sound().plan.resources[0]

    assert change.action is Action.UPDATE
    assert "pass one" not in repr(change.before)
    assert "pass two" not in repr(change.after)


def test_what_reads_a_recorded_secret_reads_the_secret(project: Project) -> None:
    project.write(
        "more.hcl",
        'pipeline "p" {\n  step "s" {\n    command = "true"\n'
        "    env = { P = compute.gpu.password, L = compute.gpu.labels.token }\n  }\n}",
    )
    project.apply()

    env = project.plan().sound().key("s").env

    assert env == {"P": seal("pass one"), "L": seal("pass one")}
    assert project.plan().plan.is_empty


def test_what_cannot_be_changed_in_place_is_replaced(project: Project) -> None:
    project.apply()

    change = project.edit('size     = "s"', 'size = "xl"').plan().sound().plan.resources[0]

    assert change.action is Action.REPLACE
    assert change.reason is ActionReason.REPLACE_BECAUSE_CANNOT_UPDATE
    assert change.replace_paths == ("size",)
    assert change.after is not None
    assert not change.after.entries()["id"].is_known


def test_a_value_known_after_apply_is_a_change_to_come(project: Project) -> None:
    project.apply()
    project.write("more.hcl", 'compute "cloud" "other" {\n  size = "s"\n}')
    project.edit('"x", token', "compute.other.id, token")

    planned = project.plan().sound()

    assert planned.resource_actions == {
        "compute.gpu": Action.UPDATE,
        "compute.other": Action.CREATE,
    }
    assert planned.resource("compute.gpu").needs == (Address.of("compute", "other"),)


@pytest.mark.parametrize(
    ("status", "action", "reason"),
    [
        (Status.TAINTED, Action.REPLACE, ActionReason.REPLACE_BECAUSE_TAINTED),
        (Status.CREATING, Action.CREATE, ActionReason.RESUME_CREATION),
    ],
)
def test_what_was_left_half_made_is_made(
    project: Project, status: Status, action: Action, reason: ActionReason
) -> None:
    project.apply()
    record = replace(project.state.resources[GPU], status=status)
    project.state = replace(project.state, resources={GPU: record})

    change = only(project)

    assert (change.action, change.reason) == (action, reason)


def test_an_object_can_be_replaced_by_request(project: Project) -> None:
    project.apply()

    change = project.plan(replace="compute.gpu").sound().plan.resources[0]

    assert (change.action, change.reason) == (Action.REPLACE, ActionReason.REPLACE_BY_REQUEST)


# --- kinds that mlctl keeps itself ----------------------------------------------------------


def test_an_environment_shows_what_is_locked(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl(
        'environment "e" {\n  requirements = ["numpy"]\n}\n'
        'environment "own" {\n  managed = false\n}\n'
    )
    first = project.plan().sound()
    assert first.resource("environment.e").after is not None
    assert not first.resource("environment.e").after.entries()["lock_digest"].is_known  # type: ignore[union-attr]  # asserted above
    project.locks.lock("e", numpy="2.0")
    project.apply()

    assert project.plan().plan.is_empty
    project.locks.lock("e", numpy="2.1")
    change = project.plan().sound().resource("environment.e")
    assert change.action is Action.UPDATE
    assert plain(change.after)["packages"] == {"numpy": "2.1"}
    project.locks.known.clear()
    assert project.plan().sound().resource("environment.e").action is Action.UPDATE


def test_a_component_has_its_content_as_version(tmp_path: Path) -> None:
    project = (
        Project(tmp_path)
        .write("src/a.py", "1")
        .hcl(
            'component "c" {\n  command = "x"\n  code = "./src"\n  env = { A = "1" }\n}\n'
            'output "out" {\n  value = component.c.version\n}'
        )
    )
    versions = {project.plain()}
    project.write("src/a.py", "2")
    versions.add(project.plain())
    project.edit('command = "x"', 'command = "y"\n  timeout = "1h"\n  description = "d"')
    versions.add(project.plain())
    project.edit('timeout = "1h"\n  description = "d"', "")
    versions.add(project.plain())

    assert len(versions) == 3
    project.edit('command = "y"', 'command = "y"\n  version = "7"')
    assert project.plain() == "7"


def test_a_components_code_that_cannot_be_read_is_said_once(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl('component "c" {\n  command = "x"\n  code = "./no"\n}')

    assert [d.summary for d in project.plan().errors] == ["The code folder cannot be read"]


def test_an_object_that_does_not_evaluate_is_left_out(project: Project) -> None:
    planned = project.edit('zones    = ["a", "b"]', "zones = { a = 1 }").plan()

    assert len(planned.errors) == 1
    assert planned.plan.resources == ()


def test_what_is_recorded_only_is_destroyed_too_whatever_protects_the_declared(
    project: Project,
) -> None:
    project.write("more.hcl", 'workspace "w" {\n}')
    project.apply()
    (project.root / "more.hcl").unlink()

    planned = project.plan(Options(mode=PlanMode.DESTROY)).sound()

    assert list(planned.resource_actions) == ["compute.gpu", "workspace.w"]


def test_secrets_inside_of_lists_are_sealed_one_by_one() -> None:
    secret = string("s3cret").mark(SENSITIVE)
    recorded = as_recorded(tuple_of([string("a"), object_of({"b": secret})]), seal)

    assert recorded == ["a", {"b": {"sensitive": True, "hmac": seal("s3cret")}}]
    read = recorded_value({"x": recorded})
    assert set(read.sealed) == {"x"}
    assert read.value.entries()["x"].elements()[0] == string("a")
    assert sealed(["a", {"b": Secret("s3cret")}], seal) == recorded


def test_what_a_provider_foresees_wrongly_is_taken_for_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl('compute "local" "here" {\n}')
    project.machine = {**project.machine, "os": ["linux"]}

    after = only(project).after

    assert after is not None
    assert after.entries()["os"].is_null
    assert after.entries()["arch"].as_string() == "x86_64"
