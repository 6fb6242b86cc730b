"""Flags with a value, as Terraform has them: ``--json=false``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import mlctl


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.hcl").write_text(
        'variable "x" { default = 1 }\noutput "x" { value = var.x }\n'
    )
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["-auto-approve=true"],
        ["--auto-approve=1"],
        ["-auto-approve=false", "-auto-approve"],
        ["--auto-approve", "--json=false"],
        ["--auto-approve=TRUE", "--no-color=0"],
    ],
)
def test_a_flag_that_is_true_is_as_if_it_stood_alone(folder: Path, words: list[str]) -> None:
    done = mlctl(folder, "apply", *words)

    assert done.code == 0, done.err
    assert "Apply complete!" in done.out


@pytest.mark.parametrize(
    "words", [["-auto-approve=false"], ["--auto-approve", "--auto-approve=false"]]
)
def test_a_flag_that_is_false_is_as_if_it_were_not_there(folder: Path, words: list[str]) -> None:
    done = mlctl(folder, "apply", *words)

    assert done.code == 1
    assert "Nobody can be asked to agree" in done.err


def test_a_flag_is_true_or_false_and_nothing_else(folder: Path) -> None:
    done = mlctl(folder, "apply", "--auto-approve=maybe")

    assert done.code == 1
    assert '"maybe" is neither true nor false' in done.err


def test_the_value_of_an_option_may_look_like_a_flag(folder: Path) -> None:
    assert mlctl(folder, "apply", "--auto-approve", "--var", "x=--json=true").code == 0
    assert mlctl(folder, "output", "--raw", "x").out == "--json=true"

    assert mlctl(folder, "plan", "--out", "--json=true").code == 0
    assert (folder / "--json=true").is_file()


def test_what_stands_after_two_dashes_is_no_flag(folder: Path) -> None:
    done = mlctl(folder, "apply", "--", "--json=true")

    assert done.code == 1
    assert "--json=true: No such file" in done.err
