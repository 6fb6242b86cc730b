"""The graph of declarations: who needs whom, in which order, and where it runs in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from mlctl.config.nodes import Node, Reference
from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Graph:
    """Declarations in an order in which each comes after what it needs.

    Attributes:
        nodes: By address.
        order: Every node that is in no circle and needs none that is; equal ones alphabetically.
        stuck: The others.
    """

    nodes: Mapping[Address, Node]
    order: tuple[Address, ...]
    stuck: frozenset[Address] = frozenset()
    needs: Mapping[Address, frozenset[Address]] = field(default_factory=dict)


def build(nodes: Iterable[Node]) -> Graph:
    """Order nodes by Kahn's algorithm; linear in nodes and references, but for the sorting."""
    by_address = {node.address: node for node in nodes}
    needs = {
        address: frozenset(
            r.target for r in node.references if r.target in by_address and r.target != address
        )
        for address, node in by_address.items()
    }
    dependants: dict[Address, list[Address]] = {address: [] for address in by_address}
    for address, targets in needs.items():
        for target in targets:
            dependants[target].append(address)
    own_circle = {
        a for a, node in by_address.items() if any(r.target == a for r in node.references)
    }
    waiting = {address: len(targets) for address, targets in needs.items()}
    ready = [(str(a), a) for a, count in waiting.items() if not count and a not in own_circle]
    heapify(ready)
    order: list[Address] = []
    while ready:
        _, address = heappop(ready)
        order.append(address)
        for dependant in dependants[address]:
            waiting[dependant] -= 1
            if not waiting[dependant] and dependant not in own_circle:
                heappush(ready, (str(dependant), dependant))
    return Graph(by_address, tuple(order), frozenset(by_address.keys() - set(order)), needs)


def cycle_diagnostics(graph: Graph) -> list[Diagnostic]:
    """One error for each circle: the references that make it, with their lines."""
    return [_circle(graph, circle) for circle in _circles(graph)]


def _circles(graph: Graph) -> list[list[Address]]:
    """One circle for each knot of nodes that need each other, in the order they are met."""
    if not graph.stuck:
        return []
    import networkx  # costs more to import than most plans take; needed for circles alone

    web: networkx.DiGraph[Address] = networkx.DiGraph()
    for address in sorted(graph.stuck):
        for reference in graph.nodes[address].references:
            if reference.target in graph.stuck:
                web.add_edge(address, reference.target)
    circles = []
    for knot in networkx.strongly_connected_components(web):
        inside = web.subgraph(knot)
        if inside.number_of_edges():
            start = min(knot)
            edges = networkx.find_cycle(inside, start)
            circles.append([a for a, _ in edges])
    return sorted(circles, key=lambda circle: str(circle[0]))


def _circle(graph: Graph, circle: list[Address]) -> Diagnostic:
    pairs = list(zip(circle, [*circle[1:], circle[0]], strict=True))
    links = [(a, b, _reference(graph, a, b)) for a, b in pairs]
    steps = "\n".join(f"  {a} refers to {b} at {r.span}" for a, b, r in links)
    return Diagnostic(
        summary="Cycle",
        detail=f"These declarations need each other, so none of them can come first:\n{steps}",
        hint="Remove one of these references.",
        subject=links[0][2].span,
        address=str(circle[0]),
    )


def _reference(graph: Graph, source: Address, target: Address) -> Reference:
    return next(r for r in graph.nodes[source].references if r.target == target)
