"""The graph of declarations: order, circles, and how much work it takes."""

from __future__ import annotations

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from mlctl.config.nodes import Node, Reference
from mlctl.core.address import Address
from mlctl.core.source import Position, SourceSpan
from mlctl.graph.order import build, cycle_diagnostics


def span(line: int) -> SourceSpan:
    return SourceSpan("main.hcl", Position(line, 1, 0), Position(line, 2, 1))


def at(number: int) -> Address:
    return Address.of("local", f"n{number:03}")


def graph_of(needs: dict[int, list[int]]) -> list[Node]:
    """One node a number, with references to others; each on its own line."""
    return [
        Node(at(n), span(n), tuple(Reference(at(t), partial(span, n * 100 + t)) for t in targets))
        for n, targets in needs.items()
    ]


def test_each_comes_after_what_it_needs_and_equal_ones_alphabetically() -> None:
    graph = build(graph_of({1: [3], 2: [], 3: [], 4: [1, 2]}))

    assert graph.order == (at(2), at(3), at(1), at(4))
    assert graph.stuck == frozenset()
    assert graph.needs[at(4)] == {at(1), at(2)}
    assert cycle_diagnostics(graph) == []


def test_what_is_not_there_is_needed_by_nobody() -> None:
    graph = build(graph_of({1: [9]}))

    assert graph.order == (at(1),)
    assert graph.needs[at(1)] == frozenset()


def test_a_node_that_names_itself_is_stuck_and_so_is_what_needs_it() -> None:
    graph = build(graph_of({1: [1], 2: [1], 3: []}))

    assert graph.order == (at(3),)
    assert graph.stuck == {at(1), at(2)}
    assert [d.address for d in cycle_diagnostics(graph)] == [str(at(1))]


def test_a_circle_is_said_as_a_path_with_the_line_of_each_reference() -> None:
    graph = build(graph_of({1: [2], 2: [3], 3: [1, 4], 4: [], 5: [1]}))

    (problem,) = cycle_diagnostics(graph)

    assert problem.detail.splitlines()[1:] == [
        f"  local.n001 refers to local.n002 at {span(102)}",
        f"  local.n002 refers to local.n003 at {span(203)}",
        f"  local.n003 refers to local.n001 at {span(301)}",
    ]
    assert problem.subject == span(102)


def test_separate_knots_are_separate_problems() -> None:
    graph = build(graph_of({1: [2], 2: [1], 3: [4], 4: [3, 1], 5: [5]}))

    assert [d.address for d in cycle_diagnostics(graph)] == [str(at(1)), str(at(3)), str(at(5))]


NEEDS = st.integers(1, 8).flatmap(
    lambda size: st.fixed_dictionaries(
        {n: st.lists(st.integers(0, size - 1), max_size=3) for n in range(size)}
    )
)


@given(NEEDS)
def test_every_node_is_ordered_or_stuck_and_every_stuck_one_hangs_on_a_circle(
    needs: dict[int, list[int]],
) -> None:
    graph = build(graph_of(needs))
    place = {address: index for index, address in enumerate(graph.order)}

    assert set(graph.order) | graph.stuck == {at(n) for n in needs}
    assert set(graph.order).isdisjoint(graph.stuck)
    for number, targets in needs.items():
        if at(number) in place:
            assert all(place[at(t)] < place[at(number)] for t in targets)
        else:
            assert any(at(t) in graph.stuck for t in targets)
    assert bool(cycle_diagnostics(graph)) == bool(graph.stuck)


@given(NEEDS)
def test_each_circle_that_is_said_is_one(needs: dict[int, list[int]]) -> None:
    for problem in cycle_diagnostics(build(graph_of(needs))):
        links = [line.split() for line in problem.detail.splitlines()[1:]]
        sources, targets = [link[0] for link in links], [link[3] for link in links]
        assert targets == [*sources[1:], sources[0]]
        assert len(set(sources)) == len(sources)
        for source, target in zip(sources, targets, strict=True):
            assert int(target[-3:]) in needs[int(source[-3:])]
