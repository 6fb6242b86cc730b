"""Plan, apply, apply again, destroy: what a user sees, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.project import CHANGES, FAILED, Project, short, started
from tests.functional.small import step, with_input

CHAIN = """
pipeline "p" {
  step "a" {
    code    = "./src"
    command = "cat value > ${outputs.out}"
    output "out" { type = "uri_file" }
  }
  step "b" {
    command = "cat ${inputs.data} > ${outputs.out}"
    inputs  = { data = steps.a.outputs.out }
    output "out" { type = "uri_file" }
  }
  step "c" {
    command = "cat < ${inputs.data} > ${outputs.out}"
    inputs  = { data = steps.b.outputs.out }
    output "out" { type = "uri_file" }
  }
  step "other" {
    command = "echo other > ${outputs.out}"
    output "out" { type = "uri_file" }
  }
  output "out" { value = steps.c.outputs.out }
}
compute "local" "small" { max_parallel_steps = 1 }
output "out" { value = pipeline.p.outputs.out.path }
"""


@pytest.fixture
def chain(project: Project) -> Project:
    """Three steps in a row and one beside them, not applied yet."""
    project.write("src/value", "1\n")
    project.write("main.hcl", CHAIN)
    return project


def test_plan_says_what_is_to_do_and_apply_does_it_once(chain: Project) -> None:
    plan = chain.plan()
    first = chain.apply()
    second = chain.apply()

    assert "4 steps to run, 0 reused." in plan.out
    assert "> pipeline.p.step.a will run" in plan.out
    assert "+ compute.small" in plan.out or '+ compute "local" "small"' in plan.out
    assert "Apply complete! Resources: " in first.out
    assert "Steps: 4 run, 0 reused." in first.out
    assert "No changes." in second.out
    assert chain.output_text("out") == "1\n"


def test_detailed_exit_codes_tell_changes_from_none_and_from_trouble(chain: Project) -> None:
    plan = ("plan", "--detailed-exitcode")

    before = chain.mlctl(*plan)
    chain.apply()
    after = chain.mlctl(*plan)
    chain.write("wrong.hcl", "{")
    wrong = chain.mlctl(*plan)

    assert [before.code, after.code, wrong.code] == [CHANGES, 0, FAILED]


def test_a_plain_plan_with_changes_succeeds(chain: Project) -> None:
    assert chain.mlctl("plan").code == 0


def test_plan_changes_nothing_on_disk_that_a_user_would_notice(chain: Project) -> None:
    chain.plan()

    seen = {path.name for path in chain.root.iterdir()} - {".mlctl"}
    assert seen == {"main.hcl", "src"}


def test_plan_json_is_one_object_a_line_with_the_counts(chain: Project) -> None:
    plan = chain.plan("--json")

    kinds = [event["type"] for event in plan.events]
    assert kinds[0] == "version"
    (summary,) = plan.of_type("change_summary")
    changes = summary["changes"]
    assert (changes["run"], changes["reuse"], changes["operation"]) == (4, 0, "plan")
    assert set(changes) == {"add", "change", "remove", "import", "run", "reuse", "operation"}
    for event in plan.events:
        assert {"@level", "@message", "@timestamp", "type"} <= set(event)
    addresses = {event["address"] for event in plan.of_type("planned_change")}
    assert {f"pipeline.p.step.{name}" for name in ("a", "b", "c", "other")} <= addresses


def test_apply_json_tells_of_every_step_and_the_outputs(chain: Project) -> None:
    apply = chain.apply("--json")

    for kind in ("step_start", "step_complete"):
        steps = {short(event["address"]) for event in apply.of_type(kind)}
        assert steps == {"a", "b", "c", "other"}
    assert apply.of_type("change_summary")[-1]["changes"]["operation"] == "apply"
    assert apply.of_type("outputs")[-1]["outputs"]["out"]["value"].endswith("p/out")
    order = [short(event["address"]) for event in apply.of_type("step_start")]
    assert order.index("a") < order.index("b") < order.index("c")


def test_an_edit_runs_what_it_reaches_and_nothing_beside(chain: Project) -> None:
    chain.apply()

    chain.write("src/value", "2\n")

    assert chain.ran() == {"a", "b", "c"}
    assert chain.output_text("out") == "2\n"


def test_a_target_runs_with_what_it_needs_and_nothing_else(chain: Project) -> None:
    assert chain.ran("--target", "pipeline.p.step.b") == {"a", "b"}
    assert chain.ran() == {"c", "other"}


def test_an_excluded_step_is_left_out_with_what_needs_it(chain: Project) -> None:
    assert chain.ran("--exclude", "pipeline.p.step.b") == {"a", "other"}
    assert chain.ran() == {"b", "c"}


def test_a_target_that_is_not_declared_is_an_error_with_the_nearest_name(chain: Project) -> None:
    plan = chain.mlctl("plan", "--target", "pipeline.p.step.othr").exits(FAILED)

    assert "pipeline.p.step.othr" in plan.err
    assert "other" in plan.err


def test_replace_runs_a_step_although_its_result_is_kept(chain: Project) -> None:
    chain.apply()

    assert chain.ran("--replace", "pipeline.p.step.b") == {"b"}
    assert chain.ran() == set()


def test_destroy_then_apply_runs_nothing_since_results_are_kept(chain: Project) -> None:
    chain.apply()

    destroyed = chain.mlctl("destroy", "--auto-approve").ok()
    state = chain.state()
    again = chain.apply("--json")

    assert "Destroy complete!" in destroyed.out
    assert (state["resources"], state["steps"], state["outputs"]) == ([], [], {})
    assert started(again) == set()
    assert chain.output_text("out") == "1\n"


def test_a_plan_to_destroy_shows_it_and_changes_nothing(chain: Project) -> None:
    chain.apply()

    plan = chain.plan("--destroy")

    assert "- " in plan.out
    assert "to destroy" in plan.out
    assert "No changes." in chain.apply().out


def test_a_step_that_is_not_declared_any_more_is_forgotten(chain: Project) -> None:
    chain.apply()
    text = (chain.root / "main.hcl").read_text()
    start, end = text.index('  step "other"'), text.index('  output "out" { value = steps.c')
    chain.write("main.hcl", text[:start] + text[end:])

    plan = chain.plan()
    chain.apply()

    assert "pipeline.p.step.other is not declared any more" in plan.out
    assert set(chain.steps()) == {"a", "b", "c"}


def test_a_step_that_is_not_deterministic_runs_each_time_and_is_recorded(project: Project) -> None:
    config = step("date +%s%N > ${outputs.out}", "deterministic = false")
    project.write("main.hcl", config)

    assert project.ran() == {"s"}
    first = project.output_text("out")
    assert project.ran() == {"s"}
    assert project.output_text("out") != first


def test_two_steps_with_one_key_run_once(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "log"
    twice = "".join(
        f"""
  step "{name}" {{
    command = "echo x >> {log}; sleep 0.1; echo 1 > ${{outputs.out}}"
    output "out" {{ type = "uri_file" }}
  }}"""
        for name in ("a", "b")
    )
    project.write("main.hcl", f'pipeline "p" {{{twice}\n}}\n')

    apply = project.apply()

    assert log.read_text() == "x\n"
    assert "Steps: 1 run, 1 reused." in apply.out
    assert set(project.steps()) == {"a", "b"}


def with_slots(slots: int, steps: str) -> str:
    """A pipeline on a target that runs so many steps at a time."""
    return f"""
compute "local" "here" {{ max_parallel_steps = {slots} }}
pipeline "p" {{
  default_compute = compute.here
  {steps}
}}
"""


def test_steps_that_do_not_need_each_other_run_at_the_same_time(
    project: Project, tmp_path: Path
) -> None:
    meet = "touch {0}/{1}; while [ ! -e {0}/{2} ]; do sleep 0.02; done"
    steps = "".join(
        f"""
  step "{one}" {{
    command = "{meet.format(tmp_path, one, other)}"
    timeout = "20s"
  }}"""
        for one, other in (("a", "b"), ("b", "a"))
    )
    project.write("main.hcl", with_slots(2, steps))

    assert project.ran() == {"a", "b"}


def test_a_target_with_one_slot_runs_one_step_at_a_time(project: Project, tmp_path: Path) -> None:
    alone = f"mkdir {tmp_path}/busy; sleep 0.1; rmdir {tmp_path}/busy; echo"
    steps = "".join(
        f'  step "s{number}" {{ command = "{alone} {number}" }}\n' for number in range(4)
    )
    project.write("main.hcl", with_slots(1, steps))

    assert len(project.ran()) == 4


def test_a_data_asset_that_is_gone_after_apply_is_an_error_that_names_it(project: Project) -> None:
    with_input(project)
    (project.root / "in.txt").unlink()

    plan = project.mlctl("plan").exits(FAILED)

    assert "in.txt" in plan.err
    assert "main.hcl line" in plan.err
