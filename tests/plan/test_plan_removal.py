"""What goes, in which order, and why."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.plan import Action, ActionReason, PlanMode
from mlctl.plan.world import Options
from tests.config.project import Project

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


# --- what goes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "gone", "reason"),
    [
        ("count = 2", "count = 1", "workspace.w[1]", ActionReason.DELETE_BECAUSE_COUNT_INDEX),
        (
            'for_each = toset(["a", "b"])',
            'for_each = toset(["a"])',
            'workspace.w["b"]',
            ActionReason.DELETE_BECAUSE_EACH_KEY,
        ),
        ("count = 2", "enabled = false", "workspace.w[1]", ActionReason.DELETE_BECAUSE_COUNT_INDEX),
        ("enabled = true", "enabled = false", "workspace.w", ActionReason.DELETE_BECAUSE_NOT_DECLARED),
    ],
)  # fmt: skip
def test_an_instance_that_is_not_wanted_any_more_goes_and_says_why(
    tmp_path: Path, before: str, after: str, gone: str, reason: ActionReason
) -> None:
    project = Project(tmp_path).hcl(f'workspace "w" {{\n  {before}\n}}')
    project.apply()

    planned = project.edit(before, after).plan().sound()

    change = planned.resource(gone)
    assert (change.action, change.reason, change.after) == (Action.DELETE, reason, None)
    project.apply(planned)
    assert project.plan().plan.is_empty


def test_what_is_not_declared_any_more_goes_users_first(project: Project) -> None:
    project.write(
        "more.hcl",
        'workspace "a" {\n  default_compute = compute.gpu\n}\n'
        'workspace "z" {\n  depends_on = [workspace.a]\n}\n',
    )
    project.apply()
    (project.root / "more.hcl").unlink()
    project.hcl("")

    changes = project.plan().sound().plan.resources

    assert [str(c.address) for c in changes] == ["workspace.z", "workspace.a", "compute.gpu"]
    assert changes[1].needs == (Address.of("workspace", "z"),)
    assert changes[2].needs == (Address.of("workspace", "a"),)
    assert {c.reason for c in changes} == {ActionReason.DELETE_BECAUSE_NOT_DECLARED}
    assert "hmac" not in repr(changes[2].before)


def test_everything_can_be_destroyed(project: Project) -> None:
    project.write(
        "more.hcl",
        'pipeline "p" {\n  step "s" {\n    command = "true"\n  }\n}\noutput "o" {\n  value = 1\n}',
    )
    project.apply()

    planned = project.plan(Options(mode=PlanMode.DESTROY)).sound()

    assert set(planned.resource_actions.values()) == {Action.DELETE}
    assert planned.actions == {"s": Action.FORGET}
    assert [(c.name, c.action) for c in planned.plan.outputs] == [("o", Action.DELETE)]
    assert planned.plan.warnings == ()


def test_destroying_a_target_takes_what_needs_it_along(project: Project) -> None:
    project.write(
        "more.hcl",
        'workspace "a" {\n  default_compute = compute.gpu\n}\nworkspace "b" {\n}\n'
        'workspace "c" {\n  depends_on = [workspace.a]\n}\n',
    )
    project.apply()

    planned = project.plan(Options(mode=PlanMode.DESTROY, targets=(GPU,))).sound()

    assert list(planned.resource_actions) == ["workspace.c", "workspace.a", "compute.gpu"]
    assert planned.plan.outputs == ()


def test_destroying_what_is_not_there_is_refused(project: Project) -> None:
    planned = project.plan(Options(mode=PlanMode.DESTROY, targets=(Address.of("compute", "x"),)))

    assert [d.summary for d in planned.errors] == ["No such object"]


def test_records_that_name_each_other_can_still_be_deleted(project: Project) -> None:
    project.write("more.hcl", 'workspace "a" {\n}\nworkspace "b" {\n}\n')
    project.apply()
    a, b = Address.of("workspace", "a"), Address.of("workspace", "b")
    records = dict(project.state.resources)
    records[a] = replace(records[a], dependencies=(b,))
    records[b] = replace(records[b], dependencies=(a,))
    project.state = replace(project.state, resources=records)

    planned = project.plan(Options(mode=PlanMode.DESTROY)).sound()

    assert len(planned.plan.resources) == 3
