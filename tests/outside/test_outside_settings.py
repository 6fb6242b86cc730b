"""The ``mlctl`` block, and constraints on versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.config.load import load
from mlctl.core.diagnostic import Diagnostics
from mlctl.outside.settings import Settings, read_settings, satisfies
from tests.config.project import marked


def settings(folder: Path, text: str) -> tuple[Settings, Diagnostics]:
    (folder / "main.hcl").write_text(text)
    configuration, found = load(folder, {})
    return read_settings(configuration.root, "0.3.1", found), found


@pytest.mark.parametrize(
    ("constraint", "fits"),
    [
        (">= 0.3", True),
        (">= 0.3.1, < 1", True),
        ("< 0.3", False),
        ("> 0.3.1", False),
        ("0.3.1", True),
        ("= v0.3.1", True),
        ("!= 0.3.1", False),
        ("<= 0.3.1", True),
        ("~> 0.3.0", True),
        ("~> 0.2.0", False),
        ("~> 0.2", True),
        ("~> 1", False),
    ],
)
def test_a_version_meets_a_constraint_or_not(constraint: str, fits: bool) -> None:
    assert satisfies("0.3.1", constraint) is fits


@pytest.mark.parametrize("constraint", ["", "latest", ">= ", "1.2.3.4", ">= 1 < 2"])
def test_what_is_no_constraint_is_refused(constraint: str) -> None:
    with pytest.raises(ValueError, match="is not a version constraint"):
        satisfies("0.3.1", constraint)


def test_without_a_block_everything_is_beside_the_configuration(tmp_path: Path) -> None:
    assert settings(tmp_path, "locals {\n}") == (Settings(), [])


def test_paths_start_at_the_configuration(tmp_path: Path) -> None:
    text = (
        'mlctl {\n  required_version = ">= 0.1"\n  backend "local" {\n    path = "s/x.json"\n  }\n'
    )
    made, found = settings(
        tmp_path, text + '  cache {\n    path = "../store"\n    version = "2"\n  }\n}'
    )

    assert found == []
    assert made == Settings(tmp_path / "../store", tmp_path / "s/x.json", "2")


@pytest.mark.parametrize(
    ("body", "points_at", "words"),
    [
        ('required_version = ">= 9"', '">= 9"', "asks for mlctl >= 9, and this is 0.3.1"),
        ('required_version = "new"', '"new"', "is not a version constraint"),
        ("required_version = 3", "3", '"required_version" must be a string'),
        ("required_version = var.x", "var", "Variables may not be used here."),
        ('backend "s3" {\n}', '"s3"', 'the backend "local" only'),
        ("cache {\n    version = 2\n  }", "2", '"version" must be a string'),
    ],
)
def test_settings_that_cannot_be_are_said(
    tmp_path: Path, body: str, points_at: str, words: str
) -> None:
    _, found = settings(tmp_path, f"mlctl {{\n  {body}\n}}")

    assert [marked(d) for d in found] == [points_at]
    assert words in found[0].detail
