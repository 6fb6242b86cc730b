"""``init --example``: a starter that runs, written once and over nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mlctl.cli import examples
from tests.cli.terminal import mlctl


@pytest.mark.parametrize("name", examples.names())
def test_an_example_is_written_and_makes_sense(name: str, tmp_path: Path) -> None:
    done = mlctl(tmp_path, "init", "--example", name)

    assert done.code == 0, done.err
    assert (tmp_path / "main.hcl").exists()
    assert (tmp_path / "README.md").exists()
    assert not (tmp_path / ".mlctl").exists() or not list((tmp_path / ".mlctl").glob("runs"))


def test_init_may_be_repeated(tmp_path: Path) -> None:
    for _ in range(2):
        assert mlctl(tmp_path, "init", "--example", "quickstart").code == 0


def test_nothing_is_overwritten_and_no_two_configurations_are_mixed(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text("locals { mine = 1 }\n")

    done = mlctl(tmp_path, "init", "--example", "quickstart")

    assert done.code == 1
    assert "main.hcl" in done.err
    assert [p.name for p in tmp_path.iterdir()] == ["main.hcl"]
    assert (tmp_path / "main.hcl").read_text() == "locals { mine = 1 }\n"


def test_another_file_that_is_there_is_kept_and_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine\n")

    done = mlctl(tmp_path, "init", "--example", "quickstart")

    assert done.code == 0
    assert "README.md differs" in done.out
    assert (tmp_path / "README.md").read_text() == "mine\n"


def test_an_unknown_example_offers_the_nearest(tmp_path: Path) -> None:
    done = mlctl(tmp_path, "init", "--example", "quikstart")

    assert done.code == 1
    assert 'Did you mean "quickstart"?' in done.err


def test_a_plain_install_has_the_examples_where_they_are_looked_for() -> None:
    project = Path(examples.__file__).parents[2]
    wheel = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["hatch"]["build"]

    assert "examples" in wheel["targets"]["wheel"]["only-include"]
    assert wheel["targets"]["wheel"]["sources"]["examples"] == "mlctl/examples_data"
    assert set(examples.names()) == {"quickstart", "digits", "word-stats"}


def test_without_a_configuration_init_says_how_to_begin(tmp_path: Path) -> None:
    done = mlctl(tmp_path, "init")

    assert done.code == 1
    assert "init --example" in done.err
