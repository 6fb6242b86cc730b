"""The one rule of size that anyone remembers."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("mlctl", "providers", "examples", "tests")
MOST_LINES = 400

EXCEPTIONS: dict[str, str] = {}
"""Longer modules by path, each with the decision record that says why."""


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }

    too_long = {path: lines for path, lines in lengths.items() if lines > MOST_LINES}

    assert too_long.keys() == EXCEPTIONS.keys()


def test_every_exception_to_the_size_rule_has_a_decision_record() -> None:
    assert [record for record in EXCEPTIONS.values() if not (ROOT / record).is_file()] == []
