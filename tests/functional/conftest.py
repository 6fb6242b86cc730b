"""A fresh folder for a project, and everything here marked as functional."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.project import Project

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.functional)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without a file."""
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)
