"""Reasons: each kind has a name of its own, as docs/fingerprints.md lists them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from mlctl.core.reason import Reason


def test_each_reason_has_a_kind_of_its_own() -> None:
    kinds = [reason.kind for reason in get_args(Reason)]

    assert len(set(kinds)) == len(kinds)


def test_the_manual_lists_every_kind_and_no_other() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "fingerprints.md").read_text(encoding="utf-8")
    table = manual.partition("## Why a step runs")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) - {"kind"} == {
        reason.kind for reason in get_args(Reason)
    }
