"""Exit codes, and where things are said, with small real configurations."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import mlctl

ONE_STEP = """
pipeline "p" {
  step "s" {
    command = "echo 1 > ${outputs.out}"
    output "out" { type = "uri_file" }
  }
}
"""
VALUE = 'variable "x" { default = 1 }\noutput "x" { value = var.x }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one output."""
    (tmp_path / "main.hcl").write_text(VALUE)
    return tmp_path


def test_success_is_0_and_says_nothing_on_stderr(folder: Path) -> None:
    done = mlctl(folder, "apply", "--auto-approve")

    assert (done.code, done.err) == (0, "")
    assert "Apply complete!" in done.out
    assert "x = 1" in done.out


def test_errors_are_1_and_say_nothing_on_stdout(folder: Path) -> None:
    (folder / "wrong.hcl").write_text("locals { a = nope.x }\n")

    done = mlctl(folder, "plan")

    assert (done.code, done.out) == (1, "")
    assert "wrong.hcl line 1" in done.err


def test_detailed_exit_codes_are_for_those_who_ask(folder: Path) -> None:
    assert mlctl(folder, "plan").code == 0
    assert mlctl(folder, "plan", "--detailed-exitcode").code == 2
    assert mlctl(folder, "apply", "--auto-approve").code == 0
    assert mlctl(folder, "plan", "--detailed-exitcode").code == 0


def test_a_stale_plan_is_5(folder: Path) -> None:
    assert mlctl(folder, "plan", "--out", "saved").code == 0
    assert mlctl(folder, "apply", "saved").code == 0

    done = mlctl(folder, "apply", "saved")

    assert done.code == 5
    assert "stale" in done.err


def test_a_step_that_fails_is_1_and_the_summary_says_how_to_go_on(folder: Path) -> None:
    (folder / "main.hcl").write_text(ONE_STEP.replace("echo 1", "false; echo 1"))

    done = mlctl(folder, "apply", "--auto-approve", "--parallelism", "2")

    assert done.code == 1
    assert "To go on from here" in done.out
    assert "mlctl apply --auto-approve --parallelism 2" in done.out


def test_a_failed_saved_plan_is_resumed_by_a_plain_apply(folder: Path) -> None:
    (folder / "main.hcl").write_text(ONE_STEP.replace("echo 1", "false; echo 1"))
    assert mlctl(folder, "plan", "--out", "saved").code == 0

    done = mlctl(folder, "apply", "saved")

    assert done.code == 1
    assert done.out.rstrip().endswith("mlctl apply")


@pytest.mark.parametrize(
    "words", [["apply"], ["apply", "--json"], ["destroy"], ["run", "p"], ["apply", "--input=false"]]
)
def test_where_nobody_can_agree_nothing_is_even_planned(folder: Path, words: list[str]) -> None:
    (folder / "main.hcl").write_text("this is no configuration")

    done = mlctl(folder, *words)

    assert done.code == 1
    assert "--auto-approve" in done.err
    assert "main.hcl" not in done.err


def test_json_is_alone_on_stdout_even_for_errors(folder: Path) -> None:
    (folder / "wrong.hcl").write_text("locals { a = nope.x }\n")

    done = mlctl(folder, "plan", "--json")

    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1
    assert [line["type"] for line in lines] == ["version", "diagnostic"]
    assert lines[1]["diagnostic"]["range"]["filename"] == "wrong.hcl"
    assert done.err == ""


def test_json_into_a_file_has_the_same_lines_beside_the_text(folder: Path) -> None:
    done = mlctl(folder, "apply", "--auto-approve", "--json-into", "lines")

    lines = [json.loads(line) for line in (folder / "lines").read_text().splitlines()]
    assert "Apply complete!" in done.out
    assert lines[0]["type"] == "version"
    assert [x for x in lines if x["type"] == "outputs"][-1]["outputs"]["x"]["value"] == 1


def test_an_apply_without_changes_still_tells_the_outputs(folder: Path) -> None:
    assert mlctl(folder, "apply", "--auto-approve").code == 0

    text = mlctl(folder, "apply", "--auto-approve")
    lines = [
        json.loads(line)
        for line in mlctl(folder, "apply", "--auto-approve", "--json").out.splitlines()
    ]

    assert "No changes." in text.out
    assert "x = 1" in text.out
    assert lines[-1]["outputs"]["x"]["value"] == 1
    assert lines[-2]["changes"]["operation"] == "apply"


def test_markdown_is_all_there_is_on_stdout(folder: Path) -> None:
    done = mlctl(folder, "plan", "--markdown")

    assert done.out.startswith("### Plan: ")
    assert done.out.rstrip().endswith("</details>")


def test_the_last_of_var_and_var_file_wins(folder: Path) -> None:
    (folder / "two").write_text("x = 2\n")

    def x(*words: str) -> str:
        assert mlctl(folder, "apply", "--auto-approve", *words).code == 0
        return mlctl(folder, "output", "--raw", "x").out

    assert x("--var", "x=1", "--var-file", "two", "--var=x=3") == "3"
    assert x("-var", "x=1", "-var-file=two") == "2"


def test_values_of_secret_variables_are_not_in_the_history(folder: Path) -> None:
    (folder / "main.hcl").write_text(VALUE + 'variable "token" { sensitive = true }\n')

    assert mlctl(folder, "apply", "--auto-approve", "--var", "token=hush", "--var=x=2").code == 0

    told = mlctl(folder, "runs", "show").out
    assert "--var token=... --var=x=2" in told
    held = [p for p in folder.rglob("*") if p.is_file() and b"hush" in p.read_bytes()]
    assert held == []


def test_a_saved_plan_takes_no_options_of_a_plan(folder: Path) -> None:
    assert mlctl(folder, "plan", "--out", "saved").code == 0

    done = mlctl(folder, "apply", "saved", "--destroy")

    assert done.code == 1
    assert "saved plan" in done.err


def test_a_reader_that_leaves_is_no_error_to_talk_about(folder: Path) -> None:
    many = "".join(f'output "o{n}" {{ value = "{"x" * 500}" }}\n' for n in range(400))
    (folder / "main.hcl").write_text(many)
    process = subprocess.Popen(
        [sys.executable, "-m", "mlctl", "plan"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    told = process.stderr.read()
    process.wait(30)
    process.stderr.close()

    assert told == b""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_command_without_a_stream_does_its_work_all_the_same(folder: Path, closed: str) -> None:
    (folder / "main.hcl").write_text(ONE_STEP.replace("echo 1", "echo said; echo 1"))

    done = subprocess.run(
        ["sh", "-c", f'"$0" -m mlctl apply --auto-approve {closed}', sys.executable],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert ("Apply complete!" in done.stdout) == (not closed.startswith(">"))
    assert "pipeline.p.step.s" in mlctl(folder, "state", "list").out
    assert "said" in mlctl(folder, "runs", "logs").out


def test_a_message_leaves_names_and_paths_as_they_are(folder: Path) -> None:
    nowhere = mlctl(folder, "get", "pipeline.p.step.s", "to")
    no_step = mlctl(folder, "explain", "output.x")
    odd = mlctl(folder, "apply", "no-plan")

    assert 'Error: There is no "pipeline.p.step.s"' in nowhere.err
    assert "Error: output.x is not a step" in no_step.err
    assert "Error: no-plan: No such file" in odd.err


def test_what_drifted_is_recorded_once_it_was_agreed_to(folder: Path) -> None:
    (folder / "main.hcl").write_text('compute "local" "here" { max_parallel_steps = 2 }\n')
    assert mlctl(folder, "apply", "--auto-approve").code == 0
    state = folder / "mlctl.state.json"
    before = state.read_text()
    state.write_text(re.sub('"cpus":[0-9]+', '"cpus":12345', before))
    drifted = mlctl(folder, "plan", "--refresh-only").out

    done = mlctl(folder, "apply", "--refresh-only", "--auto-approve")
    again = mlctl(folder, "plan", "--refresh-only")

    assert "compute.here has changed" in drifted
    assert done.code == 0, done.err
    assert '"cpus":12345' not in state.read_text()
    assert again.out == "No changes. Nothing that is recorded has changed outside of mlctl.\n"


def test_run_with_nothing_to_do_speaks_of_no_option_that_was_not_given(folder: Path) -> None:
    (folder / "main.hcl").write_text(ONE_STEP)
    assert mlctl(folder, "run", "p", "--auto-approve").code == 0

    done = mlctl(folder, "run", "p", "--auto-approve")

    assert done.out.startswith("No changes.")
    assert "Warning" not in done.out + done.err
    assert "limited by --target" in mlctl(folder, "plan", "--target", "pipeline.p").out


def test_a_misspelt_pipeline_is_named_before_anybody_is_asked(folder: Path) -> None:
    (folder / "main.hcl").write_text(ONE_STEP.replace('"p"', '"train"'))

    misspelt, other = mlctl(folder, "run", "trian"), mlctl(folder, "run", "nosuch")

    assert (misspelt.code, other.code) == (1, 1)
    assert 'Did you mean "train"?' in misspelt.err
    assert "There are: train." in other.err
    assert "--auto-approve" not in misspelt.err + other.err


@pytest.mark.parametrize("option", ["--target", "--exclude", "--replace"])
def test_an_address_that_names_nothing_offers_the_nearest(folder: Path, option: str) -> None:
    (folder / "main.hcl").write_text(ONE_STEP)

    done = mlctl(folder, "plan", option, "pipeline.p.step.z")

    assert done.code == 1
    assert "No such object" in done.err
    assert 'Did you mean "pipeline.p.step.s"?' in done.err


def test_work_goes_on_when_nobody_watches_any_more(folder: Path) -> None:
    (folder / "main.hcl").write_text(ONE_STEP.replace("echo 1", "sleep 1; echo 1"))
    process = subprocess.Popen(
        [sys.executable, "-m", "mlctl", "apply", "--auto-approve"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    while "Running on" not in process.stdout.readline():
        assert process.poll() is None
    process.stdout.close()

    told = process.stderr.read()
    process.wait(30)
    process.stderr.close()

    assert (process.returncode, told) == (0, "")
    assert "pipeline.p.step.s" in mlctl(folder, "state", "list").out


def test_validate_and_init_agree_that_a_configuration_makes_sense(folder: Path) -> None:
    assert "valid" in mlctl(folder, "validate").out
    assert "ready" in mlctl(folder, "init").out
    (folder / "main.hcl").write_text("nonsense {}\n")
    assert mlctl(folder, "validate").code == 1
    assert mlctl(folder, "init").code == 1
