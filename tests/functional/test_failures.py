"""Steps that fail, time out and are tried again; what goes on without them; and how to go on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.functional.project import FAILED, Project, lines_of, short
from tests.functional.small import step

BRANCHES = """
pipeline "p" {{
  continue_on_step_failure = {goes_on}
  step "good" {{
    command = "echo good >> {log}; echo 1 > ${{outputs.out}}"
    output "out" {{ type = "uri_file" }}
  }}
  step "bad" {{
    command = <<-EOT
      for i in $(seq 30); do echo line $i; done
      echo bad >> {log}
      test -e {log}.mended
      echo 1 > ${{outputs.out}}
    EOT
    output "out" {{ type = "uri_file" }}
  }}
  step "after_bad" {{
    command = "cat ${{inputs.data}}; echo after_bad >> {log}"
    inputs  = {{ data = steps.bad.outputs.out }}
  }}
  step "after_good" {{
    command = "sleep 0.5; cat ${{inputs.data}}; echo after_good >> {log}; echo 1 > ${{outputs.out}}"
    inputs  = {{ data = steps.good.outputs.out }}
    output "out" {{ type = "uri_file" }}
  }}
  step "last" {{
    command = "cat ${{inputs.data}}; echo last >> {log}"
    inputs  = {{ data = steps.after_good.outputs.out }}
  }}
}}
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where steps write that they ran."""
    return tmp_path / "log"


def branches(project: Project, log: Path, *, goes_on: bool) -> None:
    project.write("main.hcl", BRANCHES.format(log=log, goes_on=str(goes_on).lower()))


def test_the_summary_says_what_was_done_what_failed_and_what_was_skipped_and_why(
    project: Project, log: Path
) -> None:
    branches(project, log, goes_on=True)

    apply = project.mlctl("apply", "--auto-approve").exits(FAILED)

    rows = {tuple(line.split()[:2]) for line in apply.out.splitlines() if line.startswith("  ")}
    assert ("done", "pipeline.p.step.good") in rows
    assert ("failed", "pipeline.p.step.bad") in rows
    assert ("skipped", "pipeline.p.step.after_bad") in rows
    skipped = next(line for line in apply.out.splitlines() if line.startswith("  skipped"))
    assert "pipeline.p.step.bad" in skipped
    assert "Apply failed." in apply.out
    assert "mlctl apply" in apply.out.rpartition("To go on from here")[2]


def test_the_last_twenty_lines_of_a_failed_step_are_shown(project: Project, log: Path) -> None:
    branches(project, log, goes_on=True)

    out = project.mlctl("apply", "--auto-approve").exits(FAILED).out

    tail = out.partition("The last lines of pipeline.p.step.bad")[2]
    assert "    line 30\n" in tail
    assert "    line 11\n" in tail
    assert "line 10\n" not in tail


def test_branches_that_do_not_need_the_failed_step_go_on_where_it_is_allowed(
    project: Project, log: Path
) -> None:
    branches(project, log, goes_on=True)

    project.mlctl("apply", "--auto-approve").exits(FAILED)

    assert set(lines_of(log)) == {"good", "bad", "after_good", "last"}


def test_otherwise_what_runs_is_finished_and_nothing_new_begins(
    project: Project, log: Path
) -> None:
    branches(project, log, goes_on=False)

    project.mlctl("apply", "--auto-approve").exits(FAILED)

    assert "last" not in lines_of(log)
    assert "after_bad" not in lines_of(log)
    assert "good" in project.steps()


def test_applying_again_goes_on_and_repeats_nothing_that_was_done(
    project: Project, log: Path
) -> None:
    branches(project, log, goes_on=True)
    project.mlctl("apply", "--auto-approve").exits(FAILED)

    Path(f"{log}.mended").touch()

    assert project.ran() == {"bad", "after_bad"}
    assert sorted(lines_of(log)) == sorted(
        ["good", "bad", "bad", "after_good", "last", "after_bad"]
    )


def test_apply_json_tells_of_failures_and_skips(project: Project, log: Path) -> None:
    branches(project, log, goes_on=True)

    apply = project.mlctl("apply", "--auto-approve", "--json").exits(FAILED)

    (failed,) = apply.of_type("step_errored")
    (skipped,) = apply.of_type("step_skipped")
    assert short(failed["address"]) == "bad"
    assert short(skipped["address"]) == "after_bad"
    errors = [event for event in apply.events if event["@level"] == "error"]
    assert errors


def test_a_step_is_tried_again_as_often_as_it_says(project: Project, log: Path) -> None:
    retry = 'retry {\n attempts = 3\n backoff = "10ms"\n }'
    command = f"echo x >> {log}; test $(wc -l < {log}) -ge 3; echo 1 > ${{outputs.out}}"
    project.write("main.hcl", step(command, retry))

    apply = project.apply()

    assert lines_of(log) == ["x"] * 3
    assert "Attempt 1 failed" in apply.out
    assert "attempt 3" in apply.out


def test_only_the_exit_codes_that_are_named_are_tried_again(project: Project, log: Path) -> None:
    retry = 'retry {\n attempts = 3\n backoff = "10ms"\n on = ["exit:75"]\n }'
    project.write("main.hcl", step(f"echo x >> {log}; exit 76", retry))

    project.mlctl("apply", "--auto-approve").exits(FAILED)

    assert lines_of(log) == ["x"]


def test_a_partial_output_of_a_failed_attempt_does_not_reach_the_next(
    project: Project, log: Path
) -> None:
    retry = 'retry {\n attempts = 2\n backoff = "10ms"\n }'
    command = (
        f"echo x >> {log}; ls ${{outputs.out}} | wc -l; touch ${{outputs.out}}/$(wc -l < {log});"
        f" test $(wc -l < {log}) -ge 2"
    )
    project.write(
        "main.hcl",
        step(command, retry).replace('"uri_file"', '"uri_folder"'),
    )

    project.apply()

    folder = project.root / str(project.outputs()["out"])
    assert [path.name for path in folder.iterdir()] == ["2"]


def test_a_step_that_takes_too_long_is_ended_with_all_its_children(
    project: Project, tmp_path: Path
) -> None:
    child = f"(sleep 8; touch {tmp_path}/survived) & sleep 8"
    project.write("main.hcl", step(child, 'timeout = "1s"'))
    begin = time.monotonic()

    apply = project.mlctl("apply", "--auto-approve").exits(FAILED)

    assert time.monotonic() - begin < 7
    assert "timeout" in apply.out or "longer than" in apply.out
    time.sleep(max(0.0, 9 - (time.monotonic() - begin)))
    assert not (tmp_path / "survived").exists()


def test_a_step_that_is_killed_says_so(project: Project) -> None:
    project.write("main.hcl", step("kill -9 $$"))

    apply = project.mlctl("apply", "--auto-approve").exits(FAILED)

    assert "kill" in apply.out.lower()


def test_what_a_step_leaves_running_is_ended_with_it(project: Project, tmp_path: Path) -> None:
    stray = f"(sleep 3; touch {tmp_path}/survived) & echo 1 > ${{outputs.out}}"
    project.write("main.hcl", step(stray))

    project.apply()

    time.sleep(3.5)
    assert not (tmp_path / "survived").exists()


def test_a_failed_step_keeps_its_earlier_result_when_the_edit_is_taken_back(
    project: Project,
) -> None:
    project.write("main.hcl", step("echo 1 > ${outputs.out}"))
    project.apply()
    project.edit("main.hcl", "echo 1", "false; echo 1")
    project.mlctl("apply", "--auto-approve").exits(FAILED)

    project.edit("main.hcl", "false; echo 1", "echo 1")

    assert project.ran() == set()
    assert project.output_text("out") == "1\n"


def test_a_command_that_is_not_there_says_which(project: Project) -> None:
    project.write("main.hcl", step("no-such-program-here --x"))

    apply = project.mlctl("apply", "--auto-approve").exits(FAILED)

    assert "no-such-program-here" in apply.out
    assert "127" in apply.out
