"""Golden files: what people read, kept as it is expected, so that a change of it is reviewed.

``golden("plan.txt", text)`` compares with ``golden/plan.txt`` beside the test's file.
``pytest --accept`` writes the files instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden files of one folder of tests."""

    folder: Path
    accept: bool

    def __call__(self, name: str, actual: str) -> None:
        """Fail unless ``actual`` is what the file ``name`` holds."""
        expected = self.folder / name
        if self.accept:
            expected.parent.mkdir(parents=True, exist_ok=True)
            expected.write_text(actual, encoding="utf-8", newline="")
            return
        if not expected.exists():
            pytest.fail(f"{expected} is missing; `pytest --accept` writes it")
        assert actual == expected.read_bytes().decode(), f"differs from {expected} (--accept)"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare texts with the files in ``golden/`` beside the test."""
    accept: bool = request.config.getoption("--accept")
    return Golden(request.path.parent / "golden", accept=accept)
