"""Saved plans: their variables, what they say when they are stale, and what they draw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.terminal import Ended, mlctl

CONFIG = """
variable "word" { default = "hello" }
variable "token" {
  default   = "none"
  sensitive = true
}
pipeline "p" {
  step "s" {
    command = "echo ${inputs.word} $TOKEN > ${outputs.out}"
    inputs  = { word = var.word }
    env     = { TOKEN = var.token }
    output "out" { type = "uri_file" }
  }
  output "out" { value = steps.s.outputs.out }
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.hcl").write_text(CONFIG)
    return tmp_path


def saved(folder: Path, *words: str) -> None:
    done = mlctl(folder, "plan", "--out", "saved", *words)
    assert done.code == 0, done.err


def made(folder: Path) -> str:
    return (folder / ".mlctl" / "outputs" / "p" / "out").read_text()


def refused(done: Ended, said: str) -> None:
    assert done.code != 0
    assert said in " ".join(done.err.split())
    assert "would now" not in done.err


def test_no_other_value_is_taken_for_what_is_in_the_plan(folder: Path) -> None:
    (folder / "more").write_text('word = "hi"\n')
    saved(folder, "--var", "word=hey")

    refused(mlctl(folder, "apply", "--var", "word=hi", "saved"), 'no other value for "word"')
    refused(mlctl(folder, "apply", "--var-file", "more", "saved"), 'no other value for "word"')
    refused(mlctl(folder, "apply", "--var", "token=x", "saved"), 'no other value for "token"')
    assert not (folder / "mlctl.state.json").exists()


def test_what_the_environment_says_later_is_no_part_of_the_plan(folder: Path) -> None:
    saved(folder)

    done = mlctl(folder, "apply", "saved", variables={"word": "hi", "token": "x"})

    assert done.code == 0, done.err
    assert made(folder) == "hello none\n"


def test_a_secret_is_given_again_in_any_way(folder: Path) -> None:
    (folder / "secrets").write_text('token = "hush"\n')
    saved(folder, "--var", "token=hush")

    refused(mlctl(folder, "apply", "saved"), '"token" is in no plan file')
    refused(mlctl(folder, "apply", "--var", "token=x", "saved"), '"token" is not what it was')
    refused(mlctl(folder, "apply", "--var", "word=x", "saved"), "are given again: token.")
    done = mlctl(folder, "apply", "--var-file", "secrets", "saved")

    assert done.code == 0, done.err
    assert made(folder) == "hello hush\n"


def test_a_plan_from_no_state_says_so_when_there_is_one(folder: Path) -> None:
    saved(folder)
    assert mlctl(folder, "apply", "--auto-approve").code == 0

    done = mlctl(folder, "apply", "saved")

    refused(done, "the plan was made from no state, and there is one now, at serial 2")
    assert done.code == 5


def test_a_plan_from_another_serial_names_both(folder: Path) -> None:
    assert mlctl(folder, "apply", "--auto-approve").code == 0
    saved(folder)
    assert mlctl(folder, "apply", "--auto-approve", "--var", "word=x").code == 0

    refused(mlctl(folder, "apply", "saved"), "at serial 3, and the plan was made from serial 2")


def test_the_state_that_a_plan_was_made_from_may_be_gone_or_another_one(folder: Path) -> None:
    assert mlctl(folder, "apply", "--auto-approve").code == 0
    saved(folder)
    (folder / "mlctl.state.json").unlink()

    refused(mlctl(folder, "apply", "saved"), "there is none any more")

    assert mlctl(folder, "apply", "--auto-approve").code == 0
    refused(mlctl(folder, "apply", "saved"), "the state is another one")


def test_the_graph_of_a_saved_plan_is_that_of_its_configuration(folder: Path) -> None:
    saved(folder)
    drawn = mlctl(folder, "graph", "--type", "json").out
    (folder / "main.hcl").write_text("nonsense {}\n")

    again = mlctl(folder, "graph", "--type", "json", "--plan", "saved")

    assert json.loads(again.out) == json.loads(drawn)
    assert 'label = "pipeline.p"' in mlctl(folder, "graph", "--plan", "saved").out


def test_the_graph_of_what_is_no_plan_is_refused(folder: Path) -> None:
    done = mlctl(folder, "graph", "--plan", "main.hcl")

    assert done.code == 1
    assert "The file main.hcl is not a saved plan" in done.err
