"""Blanks that the shell throws away make no other command."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlctl.config.blanks import without_blanks

_PIECES = ["a", "b", "  ", "\t", " ", "\n", "\\\n", "\\ ", "'x  y'", '"x  y"', "'", '"', "#", ";"]
_PIECES += ["\\", "$(echo ", ")", '"$(echo "', "${A:-", "}", "=", "'\n'", '\\"', "\\'", " # it's\n"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("  echo   one two   > out ", "echo one two > out"),
        ("echo a \\\n     b", "echo a b"),
        ("a\n\n   b   \n", "a\nb"),
        ("echo 'a   b'   c", "echo 'a   b' c"),
        ("echo x   # it's   so\n  echo y", "echo x # it's   so\necho y"),
    ],
)
def test_blanks_between_words_and_lines_do_not_count(written: str, meant: str) -> None:
    assert without_blanks(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "cat <<E\n  a\nE",
        'echo "$(echo "a  b")"',
        "echo `echo  a`",
        "echo 'a  b",
        'echo "${A:-"b  c"}"',
    ],
)
def test_where_blanks_may_mean_more_a_command_is_left_alone(written: str) -> None:
    assert without_blanks(written) == written


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("".join))
def test_the_shell_reads_the_same_from_both_spellings(text: str) -> None:
    assert _said(without_blanks(text)) == _said(text)


def _said(text: str) -> tuple[bool, bytes]:
    script = (
        f'say() {{ printf "<%s>" "$@"; }}\na() {{ say a "$@"; }}\nb() {{ say b "$@"; }}\n{text}\n'
    )
    ran = subprocess.run(["sh", "-c", script], capture_output=True, timeout=20, check=False)
    return ran.returncode == 0, ran.stdout
