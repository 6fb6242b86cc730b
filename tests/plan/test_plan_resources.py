"""What the plan decides for objects: create, update, replace, delete, and why."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.plan import Action, ActionReason, PlanMode, ResourceChange
from mlctl.core.secret import MASK, Secret
from mlctl.core.state import Status
from mlctl.core.value import SENSITIVE, Value, to_json_plain
from mlctl.plan.world import Options
from tests.config.project import Planned, Project, seal

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
