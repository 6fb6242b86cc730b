"""What a plan is limited to, and what is left out of it."""

# ruff: noqa: E501 - a case on one line reads better than one in pieces

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.plan import Action
from mlctl.plan.world import Options
from tests.builders import step_address
from tests.config.project import Project

WORLD = """
compute "local" "here" {
}
compute "local" "many" {
  for_each = toset(["x", "y"])
}
pipeline "p" {
  step "prep" {
    for_each = toset(["a", "b"])
    command  = "prep ${each.key}"
    compute  = compute.here
    output "o" {
      type = "uri_file"
    }
  }
  step "train" {
    for_each = toset(["a", "b"])
    command  = "train"
    inputs   = { x = steps.prep[each.key].outputs.o }
    output "m" {
      type = "uri_file"
    }
  }
  step "compare" {
    command = "compare"
    inputs  = { all = [for s in steps.train : s.outputs.m] }
    output "score" {
      type = "number"
    }
  }
  output "score" {
    value = steps.compare.outputs.score
  }
}
pipeline "q" {
  step "other" {
    command = "other"
  }
}
output "score" {
  value = pipeline.p.outputs.score
}
output "constant" {
  value = 1
}
"""

EVERYTHING = ["compare", 'prep["a"]', 'prep["b"]', 'train["a"]', 'train["b"]']


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path).hcl(WORLD)
    made.writes["compare.score"] = 0.5
    return made


def running(project: Project, **limits: str) -> list[str]:
    planned = project.plan(None, **limits).sound()
    assert planned.plan.warnings != ()
    return sorted(planned.running())


@pytest.mark.parametrize(
    ("target", "steps"),
    [
        ("pipeline.p", EVERYTHING),
        ("pipeline.p.step.compare", EVERYTHING),
        ("pipeline.p.step.prep", ['prep["a"]', 'prep["b"]']),
        ('pipeline.p.step.prep["a"]', ['prep["a"]']),
        ("pipeline.q", ["pipeline.q.step.other"]),
        ("compute.here", []),
        ("output.score", EVERYTHING),
    ],
)
def test_a_target_is_planned_with_what_it_needs(
    project: Project, target: str, steps: list[str]
) -> None:
    assert running(project, target=target) == steps


def test_a_targeted_instance_is_planned_alone_and_what_it_needs_whole(project: Project) -> None:
    # Which instances of what it needs it really uses is not looked at.
    assert running(project, target='pipeline.p.step.train["a"]') == [
        'prep["a"]',
        'prep["b"]',
        'train["a"]',
    ]
    planned = project.plan(target='compute.many["x"]').sound()
    assert list(planned.resource_actions) == ['compute.many["x"]']


def test_several_targets_add_up(project: Project) -> None:
    both = Options(targets=(Address.parse('compute.many["x"]'), Address.parse("compute.many")))

    assert len(project.plan(both).sound().plan.resources) == 2


def test_a_targeted_pipeline_instance_leaves_the_others_alone(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl(
        'pipeline "p" {\n  for_each = toset(["a", "b"])\n  step "s" {\n    command = each.key\n  }\n}'
    )
    one = Address.parse('pipeline.p["a"]')

    for options in (Options(targets=(one,)), Options(pipeline=one)):
        planned = project.plan(options).sound()
        assert [str(c.address) for c in planned.plan.steps] == ['pipeline.p["a"].step.s']


def test_outputs_are_part_of_the_plan_when_all_they_rest_on_is(project: Project) -> None:
    partly = project.plan(target="pipeline.p.step.prep").sound()
    wholly = project.plan(target="pipeline.p").sound()

    assert [c.name for c in partly.plan.outputs] == ["constant"]
    assert [c.name for c in wholly.plan.outputs] == ["constant", "score"]


def test_outputs_that_are_gone_stay_when_the_plan_is_limited(project: Project) -> None:
    project.apply()
    project.edit('output "constant" {\n  value = 1\n}', "")

    limited = project.plan(target="compute.here").sound()
    whole = project.plan().sound()

    assert [c.name for c in limited.plan.outputs if c.action is Action.DELETE] == []
    assert [c.name for c in whole.plan.outputs if c.action is Action.DELETE] == ["constant"]


@pytest.mark.parametrize(
    ("exclude", "steps"),
    [
        ("pipeline.q", EVERYTHING),
        ("pipeline.p", ["pipeline.q.step.other"]),
        ("pipeline.p.step.train", ["pipeline.q.step.other", 'prep["a"]', 'prep["b"]']),
        ('pipeline.p.step.train["a"]', ["pipeline.q.step.other", 'prep["a"]', 'prep["b"]', 'train["b"]']),
        ('pipeline.p.step.prep["a"]', ["pipeline.q.step.other", 'prep["b"]', 'train["b"]']),
        ("compute.here", ["pipeline.q.step.other"]),
        ("output.score", [*EVERYTHING[:1], "pipeline.q.step.other", *EVERYTHING[1:]]),
    ],
)  # fmt: skip
def test_what_is_excluded_is_left_out_with_what_needs_it(
    project: Project, exclude: str, steps: list[str]
) -> None:
    assert running(project, exclude=exclude) == steps


def test_what_is_left_out_for_what_it_needs_is_named(project: Project) -> None:
    planned = project.plan(exclude='pipeline.p.step.train["a"]').sound()

    assert any(
        'pipeline.p.step.compare is left as it is, for it needs pipeline.p.step.train["a"]' in text
        for text in planned.plan.warnings
    )


def test_an_excluded_object_that_is_recorded_stays_as_it_is(project: Project) -> None:
    project.apply()
    project.edit('command  = "train"', 'command  = "fit"')

    planned = project.plan(exclude="pipeline.p.step.train").sound()

    assert planned.running() == []
    assert planned.plan.is_empty
    assert [c.name for c in planned.plan.outputs] == ["constant"]


@pytest.mark.parametrize("limit", ["target", "exclude", "replace"])
def test_an_address_that_names_nothing_is_refused(project: Project, limit: str) -> None:
    planned = project.plan(None, **{limit: "pipeline.p.step.tran"})

    assert [(d.summary, d.detail) for d in planned.errors] == [
        ("No such object", "pipeline.p.step.tran is neither declared nor recorded.")
    ]


def test_what_is_recorded_only_can_be_targeted(project: Project) -> None:
    project.apply()
    project.edit('compute "local" "many" {\n  for_each = toset(["x", "y"])\n}', "")

    planned = project.plan(target="compute.many").sound()

    assert planned.resource_actions == {
        'compute.many["x"]': Action.DELETE,
        'compute.many["y"]': Action.DELETE,
    }
    kept = project.plan(exclude="compute.many").sound()
    assert Action.DELETE not in kept.resource_actions.values()


# --- one pipeline ---------------------------------------------------------------------------

APART = """
pipeline "p" {
  run_on_apply = false
  step "s" {
    command = "s"
    output "o" {
      type = "integer"
    }
  }
  step "many" {
    count   = steps.s.outputs.o
    command = "many"
  }
  output "o" {
    value = steps.s.outputs.o
  }
}
pipeline "q" {
  step "t" {
    command = "t"
    inputs  = { x = pipeline.p.outputs.o }
  }
  step "u" {
    command = "u"
  }
}
workspace "w" {
}
"""


def test_a_pipeline_apart_is_registered_and_not_run(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl(APART)

    planned = project.plan().sound()

    assert planned.running() == ["pipeline.q.step.u"]
    assert planned.resource_actions["pipeline.p"] is Action.CREATE
    assert planned.plan.deferred == ()
    assert planned.plan.warnings == (
        "pipeline.q.step.t is left as it is, for it needs pipeline.p.step.s, which is not part of "
        "this plan.",
    )
    project.apply(planned)
    assert project.plan().plan.is_empty


def test_a_pipeline_apart_runs_when_it_is_asked_for_and_then_gives_its_outputs(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path).hcl(APART)
    project.writes["s.o"] = 1
    asked = Options(pipeline=Address.of("pipeline", "p"))

    first = project.plan(asked).sound()
    assert first.running() == ["s"]
    assert first.plan.deferred == (step_address("many"),)
    assert "workspace.w" not in first.resource_actions
    assert first.plan.warnings == ()
    project.apply(first)
    assert project.plan(asked).sound().running() == ["many[0]"]
    assert set(project.plan().sound().running()) == {"pipeline.q.step.t", "pipeline.q.step.u"}


def test_a_run_of_one_pipeline_removes_nothing(project: Project) -> None:
    project.apply()
    project.edit('pipeline "q" {\n  step "other" {\n    command = "other"\n  }\n}', "")

    planned = project.plan(Options(pipeline=Address.of("pipeline", "p"))).sound()

    assert planned.plan.is_empty


def test_a_flag_may_be_written_as_text(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl(APART.replace("= false", '= "false"'))

    assert project.plan().sound().running() == ["pipeline.q.step.u"]


def test_nothing_is_removed_while_it_is_not_known_whether_it_is_declared(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl(APART.replace("run_on_apply = false", ""))
    project.writes["s.o"] = 2
    project.apply()
    project.apply()
    assert project.plan().plan.is_empty

    planned = project.edit('command = "s"', 'command = "s2"').plan().sound()

    assert step_address("many") in planned.plan.deferred
    assert Action.FORGET not in planned.actions.values()


# --- outputs --------------------------------------------------------------------------------


def outputs(project: Project) -> dict[str, Action]:
    return {c.name: c.action for c in project.plan().sound().plan.outputs}


def test_outputs_are_created_kept_updated_and_deleted(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl(
        'output "a" {\n  value = [1, "x"]\n}\noutput "b" {\n  value = 2\n}'
    )
    assert outputs(project) == {"a": Action.CREATE, "b": Action.CREATE}
    project.apply()
    assert outputs(project) == {"a": Action.NO_OP, "b": Action.NO_OP}
    project.edit("value = 2", 'value = "2"')
    assert outputs(project) == {"a": Action.NO_OP, "b": Action.UPDATE}
    project.edit('output "b" {\n  value = "2"\n}', "")
    assert outputs(project) == {"a": Action.NO_OP, "b": Action.DELETE}
    project.apply()
    assert project.plan().plan.is_empty


def test_a_sensitive_output_is_compared_by_its_seal_and_never_shown(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl(
        'variable "v" {\n  default = "s3cret"\n}\n'
        'output "a" {\n  value = var.v\n  sensitive = true\n}'
    )
    project.apply()
    assert outputs(project) == {"a": Action.NO_OP}
    project.var(v="an0ther")
    planned = project.plan().sound()
    assert planned.plan.outputs[0].action is Action.UPDATE
    assert "s3cret" not in repr(planned.plan)
    assert "an0ther" not in repr(planned.plan)
    project.edit("sensitive = true", "sensitive = false")
    project.given = ()
    assert outputs(project) == {"a": Action.UPDATE}


def test_an_output_known_after_apply_is_an_update_to_come(project: Project) -> None:
    project.apply()
    change = next(c for c in project.edit('"compare"\n', '"compare2"\n').plan().plan.outputs if c.name == "score")  # fmt: skip

    assert change.action is Action.UPDATE
    assert change.after is not None
    assert not change.after.is_known


def test_an_output_that_does_not_evaluate_is_said_once(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl('output "a" {\n  value = 1 + "x"\n}')

    planned = project.plan()

    assert len(planned.errors) == 1
    assert planned.plan.outputs == ()


def test_published_copies_that_are_gone_are_put_back(tmp_path: Path) -> None:
    project = Project(tmp_path).hcl(
        'pipeline "p" {\n  step "s" {\n    command = "s"\n    output "o" {\n      type = "uri_file"\n'
        '    }\n  }\n  output "o" {\n    value = steps.s.outputs.o\n  }\n'
        '  output "n" {\n    value = 1\n  }\n}'
    )
    project.apply()
    assert project.plan().plan.republish == ()

    project.kept.published = False

    gone = ("pipeline.p.outputs.n", "pipeline.p.outputs.o")
    assert sorted(map(str, project.plan().plan.republish)) == sorted(gone)
    assert project.edit('command = "s"', 'command = "s2"').plan().plan.republish == ()


def test_what_waits_for_a_first_round_elsewhere_is_no_part_of_a_limited_plan(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path).hcl(APART.replace("run_on_apply = false", ""))

    planned = project.plan(target="workspace.w").sound()

    assert planned.plan.deferred == ()
    assert list(planned.resource_actions) == ["workspace.w"]
