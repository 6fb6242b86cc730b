"""How errors are worded as diagnostics."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.cli.errors import Refused, diagnostics_of
from mlctl.core.errors import MlctlError, Unreachable
from mlctl.store.errors import Unreadable


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (Refused("nobody can be asked"), "Nobody can be asked"),
        (Unreachable("the machine", "no answer"), "The machine cannot be reached: no answer"),
        (Unreachable("cluster", "no answer"), "cluster cannot be reached: no answer"),
        (Unreadable(Path("data"), "denied"), "data cannot be read: denied"),
        (Unreadable(Path("main.hcl"), "denied"), "main.hcl cannot be read: denied"),
        (Refused("component.count is not a step"), "component.count is not a step"),
    ],
)
def test_a_sentence_begins_large_but_a_name_stays_as_it_is(error: MlctlError, summary: str) -> None:
    [found] = diagnostics_of(error)

    assert found.summary == summary
