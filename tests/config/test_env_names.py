"""Which environment variables a step may be given."""

from __future__ import annotations

import pytest

from mlctl.config.env_names import unusable_variable
from mlctl.core.value import string


@pytest.mark.parametrize("name", ["B C", "", "1A", "A-B", "Ä", "MLCTL_STEP", "A=B"])
def test_names_that_no_shell_takes_or_that_are_ours_are_refused(name: str) -> None:
    assert name in unusable_variable(name, string("x"))


def test_a_value_with_a_nul_is_refused() -> None:
    assert "NUL" in unusable_variable("A", string("x\0y"))


@pytest.mark.parametrize("name", ["A", "_a1", "PATH"])
def test_any_other_variable_may_be_given(name: str) -> None:
    assert unusable_variable(name, string("line\nline")) == ""
