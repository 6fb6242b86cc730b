"""The benchmark's own parts: the graph it gives to every tool, and the table it makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.dag import copies, write_dvc, write_mlctl, write_snakemake
from tests.bench.measure import Row, Timing
from tests.bench.report import BEGIN, END, table, write_into
from tests.bench.tools import Case


def row(tool: str, *wall_s: float) -> Row:
    return Row(100, Case.FULL, tool, tuple(Timing(s, s / 2) for s in wall_s))


@pytest.mark.parametrize(("total", "chain"), [(20, 10), (100, 50), (1000, 100)])
def test_half_of_the_graph_is_a_chain_of_at_most_a_hundred_and_the_rest_hangs_from_its_end(
    total: int, chain: int
) -> None:
    steps = list(copies(total))

    assert len({s.name for s in steps}) == total
    assert [s.source for s in steps[:chain]] == [None, *(f"chain{i}" for i in range(chain - 1))]
    assert {s.source for s in steps[chain:]} == {f"chain{chain - 1}"}


def test_every_tool_is_given_the_same_number_of_steps(tmp_path: Path) -> None:
    for write in (write_mlctl, write_snakemake, write_dvc):
        write(tmp_path, 20)

    assert (tmp_path / "main.hcl").read_text().count('step "') == 20
    assert (tmp_path / "Snakefile").read_text().count("cp {input}") == 20
    assert (tmp_path / "dvc.yaml").read_text().count("cmd: cp ") == 20


def test_the_table_gives_medians_and_how_many_times_as_long_a_peer_takes() -> None:
    text = table([row("mlctl", 1.0, 9.0, 2.0), row("snakemake", 6.0, 5.0, 7.0)])

    assert text.splitlines()[-1] == "| 100 | full run | 2.00 (1.00) | 6.00 (3.00) | 3.0 |"


def test_a_case_that_a_peer_was_not_given_stays_empty() -> None:
    ours = Row(1000, Case.FULL, "mlctl", (Timing(1, 1),))

    text = table([row("mlctl", 1.0), row("dvc", 2.0), ours])

    assert text.splitlines()[-1] == "| 1,000 | full run | 1.00 (1.00) |  |  |"


def test_figures_replace_what_stands_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")

    write_into(page, "new")
    write_into(page, "newer")

    assert page.read_text() == f"before\n{BEGIN}\nnewer\n{END}\nafter\n"


def test_a_page_without_markers_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")

    with pytest.raises(ValueError, match="lacks"):
        write_into(page, "new")
