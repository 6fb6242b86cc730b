"""Runs conformance cases and reports what fails, which exceptions pass, how many were skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pytest

from tests.hcl.conformance_cases import Case

Judge = Callable[[Case], str]
"""What is wrong with a case; empty when it is as wanted."""


def check(
    cases: Iterable[Case],
    judge: Judge,
    exceptions: Mapping[str, str] | None = None,
    skipped: Mapping[str, str] | None = None,
) -> None:
    """Fail unless every case is as wanted, but for known exceptions, which must not be.

    Args:
        cases: The cases; an exception is known by its input.
        judge: Says what is wrong with one.
        exceptions: Why a case is not met.
        skipped: Why a case needs something only Go has.
    """
    known, left_out = exceptions or {}, skipped or {}
    failures, passing, count, go_only = [], [], 0, 0
    for case in cases:
        name = case_name(case)
        count += 1
        if name in left_out:
            go_only += 1
            continue
        problem = judge(case)
        if problem and name not in known:
            failures.append(f"{case['origin']}: {name!r}: {problem}")
        elif not problem and name in known:
            passing.append(name)
    print(f"{count} cases, {go_only} need something only Go has, {len(known)} known exceptions")
    assert passing == [], "no exceptions any more"
    assert len(known) <= max(1, 0.03 * count)
    if failures:
        pytest.fail(f"{len(failures)} of {count}:\n" + "\n".join(failures))


def case_name(case: Case) -> str:
    for field in ("expr", "template", "input", "source", "Source", "Input"):
        if isinstance(case.get(field), str):
            return str(case[field])
    return str(case["origin"])
