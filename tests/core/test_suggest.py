"""Did you mean: near names only, and the nearest of them."""

from __future__ import annotations

import pytest

from mlctl.core.suggest import did_you_mean, nearest


@pytest.mark.parametrize(
    ("given", "known", "name"),
    [
        ("comand", ["environment", "command"], "command"),
        ("defualt", ["default"], "default"),
        ("gpu1", ["gpu3", "gpu", "gpu2"], "gpu3"),
        ("epoch", ["epic", "epochs"], "epochs"),
        ("lr", ["k"], None),
        ("x", ["y"], None),
        ("ab", ["cd"], None),
        ("a", ["ab"], "ab"),
        ("rate", [], None),
        ("rate", ["temperature"], None),
        ("", ["a"], None),
    ],
)
def test_the_nearest_name_is_offered_when_it_is_near(
    given: str, known: list[str], name: str | None
) -> None:
    assert nearest(given, known) == name
    assert did_you_mean(given, known) == (f'Did you mean "{name}"?' if name else "")


def test_of_equally_near_names_the_first_is_offered() -> None:
    assert nearest("gpu", ["cpu", "gp"]) == "cpu"
