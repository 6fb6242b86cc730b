"""Did you mean: the nearest known name to one that was mistyped."""

from __future__ import annotations

from collections.abc import Iterable

MAX_DISTANCE = 2
"""Names this many edits apart are still offered; Terraform's threshold is the same."""


def nearest(given: str, known: Iterable[str]) -> str | None:
    """The known name nearest to ``given``, the first of several; None when none is near.

    A name is near when it is at most ``MAX_DISTANCE`` edits away and something of it is left.
    """
    names = list(known)
    distances = [_distance(given, name) for name in names]
    best = min(distances, default=MAX_DISTANCE + 1)
    if best > MAX_DISTANCE:
        return None
    name = names[distances.index(best)]
    return name if best < max(len(given), len(name)) else None


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest name, or nothing."""
    name = nearest(given, known)
    return f'Did you mean "{name}"?' if name else ""


def _distance(a: str, b: str) -> int:
    """Levenshtein distance, by the usual row-by-row dynamic programme."""
    if abs(len(a) - len(b)) > MAX_DISTANCE:
        return MAX_DISTANCE + 1
    row = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, cb in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (ca != cb))
    return row[-1]
