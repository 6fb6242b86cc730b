"""Outputs: the copies for people, and what the end of an apply says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.project import Project

ROUNDS = """
pipeline "p" {
  step "list" {
    command = "echo a,b > ${outputs.names}"
    output "names" { type = "string" }
  }
  step "each" {
    for_each = toset(split(",", steps.list.outputs.names))
    command  = "echo ${each.key} > ${outputs.out}"
    output "out" { type = "string" }
  }
  output "names" { value = steps.list.outputs.names }
}
output "names" { value = pipeline.p.outputs.names }
"""


@pytest.fixture
def rounds(project: Project) -> Project:
    """A pipeline of which a first round of apply tells what the second has to run."""
    project.write("main.hcl", ROUNDS)
    return project


def copy_of(project: Project) -> Path:
    """Where the literal output stands."""
    return project.root / ".mlctl" / "outputs" / "p" / "names"


def spoil(copy: Path) -> None:
    """Write something else there."""
    copy.unlink()
    copy.write_text("evil\n")


def test_an_apply_in_several_rounds_ends_once_with_the_counts_of_all(rounds: Project) -> None:
    done = rounds.apply()

    assert done.out.count("Apply complete!") == 1
    assert "Steps: 3 run, 0 reused." in done.out


def test_an_apply_whose_second_round_fails_is_never_complete(rounds: Project) -> None:
    rounds.edit("main.hcl", "echo ${each.key} >", "exit 3; echo ${each.key} >")

    done = rounds.mlctl("apply", "--auto-approve").exits(1)

    assert "complete!" not in done.out
    assert "Apply failed." in done.out
    assert "Steps: 1 run, 0 reused." in done.out


def test_an_apply_in_several_rounds_tells_programs_its_counts_once(rounds: Project) -> None:
    done = rounds.mlctl("apply", "--auto-approve", "--json").ok()

    counts = [e for e in done.of_type("change_summary") if e.get("status") == "succeeded"]
    assert len(counts) == 1
    assert "Steps: 3 run, 0 reused." in counts[0]["@message"]


def test_outputs_are_shown_after_every_apply_that_did_something(rounds: Project) -> None:
    rounds.apply()
    rounds.edit("main.hcl", "echo ${each.key} >", "echo ${each.key} again >")

    again = rounds.apply()

    assert "Steps: 2 run" in again.out
    assert again.out.endswith('Outputs:\n\nnames = "a,b"\n')


@pytest.mark.parametrize("harm", [Path.unlink, spoil])
def test_a_copy_of_a_value_that_was_spoilt_or_removed_is_put_back(
    rounds: Project, harm: object
) -> None:
    assert callable(harm)
    rounds.apply()
    harm(copy_of(rounds))

    plan, again = rounds.plan(), rounds.apply()

    assert "pipeline.p.outputs.names" in plan.out
    assert copy_of(rounds).read_text() == "a,b\n"
    assert "> pipeline.p" not in again.out
    assert "outputs.names" not in rounds.plan().out


def test_destroy_takes_away_what_was_published(rounds: Project) -> None:
    rounds.apply()

    rounds.mlctl("destroy", "--auto-approve").ok()

    assert not copy_of(rounds).parent.exists()


def test_the_log_of_a_failed_step_is_where_the_end_says(project: Project) -> None:
    step = 'step "s" { command = "echo why; exit 3" }'
    project.write("main.hcl", f'pipeline "p" {{\n  {step}\n}}\n')

    done = project.mlctl("apply", "--auto-approve").exits(1)

    path = done.out.partition("(all of it: ")[2].partition(")")[0]
    assert (project.root / path).read_text() == "why\n"
