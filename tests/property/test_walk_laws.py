"""Laws of the walk: everything once, nothing before its needs, nothing downstream of a failure."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.apply.walk import CyclicPlan, Walk
from mlctl.core.address import Address
from tests.builders import step_address

NODES = [step_address(f"n{number}") for number in range(8)]
EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=16)


def acyclic(edges: list[tuple[int, int]]) -> dict[Address, set[Address]]:
    needs: dict[Address, set[Address]] = {node: set() for node in NODES}
    for a, b in edges:
        if a != b:
            needs[NODES[max(a, b)]].add(NODES[min(a, b)])
    return needs


def downstream(needs: dict[Address, set[Address]], of: Address) -> set[Address]:
    lost = {of}
    for node in NODES:
        if needs[node] & lost:
            lost.add(node)
    return lost - {of}


@given(EDGES, st.sets(st.sampled_from(NODES)), st.randoms())
def test_everything_ends_once_and_in_order(
    edges: list[tuple[int, int]], bad: set[Address], random: object
) -> None:
    needs = acyclic(edges)
    walk = Walk(needs, {}, lambda address: "low" if address.name < "n4" else "high")
    done: list[Address] = []
    lost: list[Address] = []
    while not walk.is_over:
        assert not walk.is_stuck
        address = next(a for lane in walk.lanes if (a := walk.take(lane)))
        assert needs[address] <= set(done)
        if address in bad:
            given_up = [skipped for skipped, _ in walk.fail(address)]
            assert set(given_up) <= downstream(needs, address)
            lost += [address, *given_up]
        else:
            walk.succeed(address)
            done.append(address)

    assert sorted([*done, *lost]) == sorted(NODES)
    reached = {d for b in bad if b in lost for d in downstream(needs, b)}
    assert set(done) == set(NODES) - reached - (bad & set(lost))


@given(EDGES)
def test_what_is_given_up_takes_along_what_needs_it(edges: list[tuple[int, int]]) -> None:
    needs = acyclic(edges)
    walk = Walk(needs, {}, lambda _: "")

    lost = walk.give_up([NODES[0]])

    assert {address for address, _ in lost} == downstream(needs, NODES[0]) | {NODES[0]}
    assert all(why == a or why in needs[a] for a, why in lost)


@given(EDGES, st.lists(st.floats(0, 100), min_size=8, max_size=8))
def test_the_rank_is_the_longest_path_ahead(
    edges: list[tuple[int, int]], costs: list[float]
) -> None:
    needs = acyclic(edges)
    cost = dict(zip(NODES, costs, strict=True))
    walk = Walk(needs, cost, lambda _: "")

    for node in NODES:
        ahead = [walk.rank(n) for n in NODES if node in needs[n]]
        assert walk.rank(node) == cost[node] + max(ahead, default=0.0)


def test_a_cycle_is_refused_by_name() -> None:
    a, b, c = NODES[:3]

    with pytest.raises(CyclicPlan, match="n0"):
        Walk({a: [b], b: [a], c: []}, {}, lambda _: "")


def test_a_hundred_thousand_edges_take_no_time_worth_mentioning() -> None:
    layers = [[step_address(f"l{layer}n{n}") for n in range(100)] for layer in range(11)]
    needs: dict[Address, list[Address]] = {address: [] for address in layers[0]}
    for below, above in pairwise(layers):
        needs.update({address: below for address in above})

    began = time.perf_counter()
    walk = Walk(needs, {}, lambda _: "")
    while (address := walk.take("")) is not None:
        walk.succeed(address)

    assert walk.is_over
    assert time.perf_counter() - began < 5
