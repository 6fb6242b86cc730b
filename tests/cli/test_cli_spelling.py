"""One dash means two, and what stands for something else stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.cli.spelling import two_dashes
from mlctl.cli.typed import typed_command

words = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            ["-out=p", "-f", "-", "--", "-5", "-var", "x=-1", "--json", "-auto-approve"]
        ),
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["plan", "-out=p"], ["plan", "--out=p"]),
        (["apply", "-auto-approve"], ["apply", "--auto-approve"]),
        (["plan", "-var", "x=1"], ["plan", "--var", "x=1"]),
        (["plan", "-var=x=-a=1"], ["plan", "--var=x=-a=1"]),
        (["plan", "-var=text=two\nlines"], ["plan", "--var=text=two\nlines"]),
        (["-chdir=DIR", "plan"], ["--chdir=DIR", "plan"]),
        (["runs", "logs", "-f"], ["runs", "logs", "-f"]),
        (["fmt", "-"], ["fmt", "-"]),
        (["-h"], ["-h"]),
        (["x", "-5", "-5.5", "-1e3"], ["x", "-5", "-5.5", "-1e3"]),
        (["apply", "--", "-odd.plan"], ["apply", "--", "-odd.plan"]),
    ],
)
def test_one_dash_before_a_name_means_two(typed: list[str], meant: list[str]) -> None:
    assert two_dashes(typed) == meant


@given(words)
def test_spelling_twice_is_spelling_once(typed: list[str]) -> None:
    once = two_dashes(typed)

    assert two_dashes(once) == once


@given(words)
def test_spelling_adds_dashes_and_nothing_else(typed: list[str]) -> None:
    spelled = two_dashes(typed)

    assert [w.lstrip("-") for w in spelled] == [w.lstrip("-") for w in typed]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["plan", "--var", "rate=1"], "mlctl plan --var rate=1"),
        (["plan", "--var", "token=hush"], "mlctl plan --var token=..."),
        (["plan", "--var=token=hush", "--json"], "mlctl plan --var=token=... --json"),
        (["plan", "--var", "misspelt=hush"], "mlctl plan --var misspelt=..."),
        (["plan", "--var", "--var", "x"], "mlctl plan --var --var x"),
        (["plan", "--out", "my plan"], "mlctl plan --out 'my plan'"),
    ],
)
def test_the_command_is_told_without_values_that_may_be_secret(typed: list[str], told: str) -> None:
    assert typed_command(typed, {"rate"}) == told
