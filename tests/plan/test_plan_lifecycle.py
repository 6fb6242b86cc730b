"""Lifecycle blocks and drift: what is left alone, refused, or put right."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.plan import Action, ActionReason, PlanMode, ResourceChange
from mlctl.core.secret import Secret
from mlctl.core.value import Value, to_json_plain
from mlctl.plan.world import Options
from tests.config.project import Planned, Project

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


# --- lifecycle -----------------------------------------------------------------------------


def test_ignored_attributes_stay_as_they_are(project: Project) -> None:
    project.apply()
    project.edit("lifecycle {", "lifecycle {\n    ignore_changes = [disks, zones]")
    project.edit('["a", "b"]', '["c"]').var(disks="9")

    assert only(project).action is Action.NO_OP
    change = project.edit('"secret"', '"another"').plan().sound().plan.resources[0]
    assert change.action is Action.UPDATE
    assert plain(change.after)["disks"] == 1


def test_everything_may_be_ignored(project: Project) -> None:
    project.apply()
    project.edit("lifecycle {", "lifecycle {\n    ignore_changes = all")
    project.edit('size     = "s"', 'size = "xl"').var(disks="9")

    assert only(project).action is Action.NO_OP


@pytest.mark.parametrize("text", ["[size, sise]", '["size"]', "size", "[]"])
def test_what_is_ignored_must_be_attributes(project: Project, text: str) -> None:
    project.edit("lifecycle {", f"lifecycle {{\n    ignore_changes = {text}")

    assert [d.summary for d in project.plan().errors] == ['Invalid "ignore_changes"']


def test_a_protected_object_is_not_replaced(project: Project) -> None:
    project.edit("lifecycle {", "lifecycle {\n    prevent_destroy = true")
    project.apply()

    planned = project.edit('size     = "s"', 'size = "xl"').plan()

    assert [d.summary for d in planned.errors] == ["Object must not be destroyed"]


def test_a_protected_object_is_not_destroyed_but_the_others_are(project: Project) -> None:
    project.edit("lifecycle {", "lifecycle {\n    prevent_destroy = true")
    project.write("more.hcl", 'workspace "w" {\n}')
    project.apply()

    whole = project.plan(Options(mode=PlanMode.DESTROY))
    rest = project.plan(Options(mode=PlanMode.DESTROY, excludes=(GPU,))).sound()

    assert [d.summary for d in whole.errors] == ["Object must not be destroyed"]
    assert rest.resource_actions == {"workspace.w": Action.DELETE}
    assert rest.plan.warnings != ()


TRIGGERS = """
compute "cloud" "a" {
  size  = "s"
  disks = var.disks
}
compute "cloud" "b" {
  size = "s"
  lifecycle {
    replace_triggered_by = [compute.a]
  }
}
variable "disks" {
  default = 1
}
"""


def test_a_change_of_what_it_names_replaces_an_object(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl(TRIGGERS)
    project.apply()
    assert project.plan().plan.is_empty

    change = project.var(disks="2").plan().sound().resource("compute.b")

    assert (change.action, change.reason) == (Action.REPLACE, ActionReason.REPLACE_BY_TRIGGERS)


def test_triggers_are_references(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl(TRIGGERS).edit("[compute.a]", '["a"]')

    assert [d.summary for d in project.plan().errors] == ['Invalid "replace_triggered_by"']


@pytest.mark.parametrize(
    ("condition", "found"),
    [("var.disks < 5", []), ("var.disks > 5", ["Too few: 1."]), ('compute.other.id == "x"', [])],
)
def test_a_precondition_holds_or_says_why_not(
    project: Project, condition: str, found: list[str]
) -> None:
    project.write("more.hcl", 'compute "cloud" "other" {\n  size = "s"\n}')
    rule = f'precondition {{\n condition = {condition}\n error_message = "Too few: ${{var.disks}}."\n}}'

    planned = project.edit("lifecycle {", f"lifecycle {{\n{rule}").plan()

    assert [d.detail for d in planned.errors] == found


# --- drift ---------------------------------------------------------------------------------


def observe(project: Project, **changes: object) -> Planned:
    record = project.state.resources[GPU]
    seen = {**record.attributes, "password": Secret("pass one"), "options": {"deep": "secret"}}
    project.observed = {GPU: {**seen, **changes}}  # type: ignore[dict-item]  # any plain data
    return project.plan().sound()


def test_what_was_changed_outside_is_drift_and_is_put_right(project: Project) -> None:
    project.apply()
    assert observe(project).plan.drift == ()

    planned = observe(project, disks=7)

    (drift,) = planned.plan.drift
    assert (plain(drift.before)["disks"], plain(drift.after)["disks"]) == (1, 7)
    assert planned.resource_actions == {"compute.gpu": Action.UPDATE}


def test_a_secret_changed_outside_is_drift_and_is_not_shown(project: Project) -> None:
    project.apply()

    planned = observe(project, password=Secret("theirs"))

    assert len(planned.plan.drift) == 1
    assert planned.resource_actions == {"compute.gpu": Action.UPDATE}
    assert "theirs" not in repr(planned.plan)


def test_what_is_gone_is_made_again(project: Project) -> None:
    project.apply()
    project.observed = {GPU: None}

    planned = project.plan().sound()

    assert planned.plan.drift[0].after is None
    change = planned.resource("compute.gpu")
    assert (change.action, change.reason) == (Action.CREATE, ActionReason.CREATE_BECAUSE_GONE)


def test_a_look_at_the_world_alone_decides_nothing(project: Project) -> None:
    project.apply()
    project.var(disks="9")
    project.observed = {GPU: None}

    planned = project.plan(Options(mode=PlanMode.REFRESH_ONLY)).sound()

    assert planned.plan.resources == ()
    assert planned.plan.steps == ()
    assert planned.plan.outputs == ()
    assert len(planned.plan.drift) == 1


def test_an_attribute_the_schema_has_lost_or_changed_is_kept_as_it_is(project: Project) -> None:
    project.apply()
    record = project.state.resources[GPU]
    old = {**record.attributes, "forgotten": 1, "disks": "not a number"}
    project.state = replace(project.state, resources={GPU: replace(record, attributes=old)})

    change = only(project)

    assert change.action is Action.UPDATE
    assert plain(change.before)["forgotten"] == 1
    assert plain(change.after)["disks"] == 1


def test_an_attribute_the_schema_has_gained_changes_nothing(project: Project) -> None:
    project.apply()
    record = project.state.resources[GPU]
    old = {n: v for n, v in record.attributes.items() if n != "mode"}
    project.state = replace(project.state, resources={GPU: replace(record, attributes=old)})

    assert only(project).action is Action.NO_OP
