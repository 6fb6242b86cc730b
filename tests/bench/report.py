"""Medians and ratios as a Markdown table, on the screen and in docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench.measure import Row

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
OURS = "mlctl"


def table(rows: Iterable[Row]) -> str:
    """One line a size and case; each peer with its ratio to mlctl (2.0: it takes twice as long)."""
    rows = list(rows)
    by_key = {(row.steps, row.case, row.tool): row for row in rows}
    cases = list(dict.fromkeys((row.steps, row.case) for row in rows))
    peers = [tool for tool in dict.fromkeys(row.tool for row in rows) if tool != OURS]
    head = ["steps", "case", "mlctl wall (CPU) s", *(f"{p} wall (CPU) s | ratio" for p in peers)]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * (3 + 2 * len(peers))]
    for steps, case in cases:
        ours = by_key[steps, case, OURS]
        cells = [f"{steps:,}", str(case), _seconds(ours)]
        for peer in peers:
            cells += _against(by_key.get((steps, case, peer)), ours)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_into(page: Path, figures: str) -> None:
    """Replace what stands between the two markers of a page.

    Raises:
        ValueError: The page lacks the markers.
    """
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} lacks {BEGIN} or {END}")
    page.write_text(f"{before}{BEGIN}\n{figures}\n{END}{after}", encoding="utf-8")


def _against(peer: Row | None, ours: Row) -> Sequence[str]:
    if peer is None:
        return ["", ""]
    return [_seconds(peer), f"{peer.wall_s / ours.wall_s:.1f}"]


def _seconds(row: Row) -> str:
    return f"{row.wall_s:.2f} ({row.cpu_s:.2f})"
