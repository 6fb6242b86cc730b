"""Which declarations a plan is limited to: ``--target``, ``--exclude``, one pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.suggest import did_you_mean
from mlctl.graph.order import Graph
from mlctl.plan.world import Options, World


@dataclass(frozen=True, slots=True)
class Selection:
    """What the plan covers.

    Attributes:
        nodes: Declarations it covers; None: all.
        targets: The instances asked for; empty: all of the nodes'.
        excludes: Instances left out.
    """

    nodes: frozenset[Address] | None
    targets: tuple[Address, ...] = ()
    excludes: tuple[Address, ...] = ()

    def has_node(self, node: Address) -> bool:
        """True when the plan looks at a declaration."""
        return self.nodes is None or node in self.nodes

    def has(self, address: Address, node: Address) -> bool:
        """True when the plan looks at an instance of a declaration."""
        if not self.has_node(node) or self.excluded(address):
            return False
        # Whatever else is in the plan is there because a target needs it, in all its instances.
        own = [t for t in self.targets if _reaches(t, node)]
        return not own or any(t.covers(address) for t in own)

    def excluded(self, address: Address) -> bool:
        """True when an instance is left out by name."""
        return any(out.covers(address) for out in self.excludes)

    @property
    def is_limited(self) -> bool:
        """True when something is left out."""
        return self.nodes is not None


def select(graph: Graph, options: Options) -> Selection:
    """What the options leave in."""
    if not options.targets and not options.excludes and options.pipeline is None:
        return Selection(None)
    nodes = set(graph.nodes)
    targets = options.targets
    if options.pipeline is not None:
        targets = (*targets, options.pipeline)
    if targets:
        asked = {n for n in nodes if any(_reaches(t, n) for t in targets)}
        nodes = _closure(asked, lambda n: graph.needs.get(n, frozenset()))
        # An output is shown when all it rests on is part of the plan.
        nodes |= {n for n in graph.nodes if n.kind == "output" and graph.needs[n] <= nodes}
    if options.excludes:
        users: dict[Address, set[Address]] = {}
        for node, needs in graph.needs.items():
            for need in needs:
                users.setdefault(need, set()).add(node)
        whole = {n for n in graph.nodes if any(_covers_node(e, n) for e in options.excludes)}
        nodes -= _closure(whole, lambda n: users.get(n, set()))
    return Selection(frozenset(nodes), targets, options.excludes)


def unknown_addresses(world: World, named: Iterable[Address]) -> list[Address]:
    """Those of the addresses that name nothing declared and nothing recorded."""
    state = world.state
    return [
        address
        for address in named
        if not any(_reaches(address, node) for node in world.graph.nodes)
        and not any(address.covers(a) for a in (*state.resources, *state.steps))
    ]


def limit_warnings(*, limited: bool) -> tuple[str, ...]:
    """What to say of a plan that leaves something out."""
    if not limited:
        return ()
    return (
        "The plan is limited by --target or --exclude; it may not bring everything to what the "
        "configuration says.",
    )


def no_such(world: World, address: Address) -> Diagnostic:
    """What to say of an address that names nothing."""
    known = dict.fromkeys((*world.graph.nodes, *world.state.resources, *world.state.steps))
    near = did_you_mean(str(address), map(str, known))
    return Diagnostic(
        summary="No such object",
        detail=f"{address} is neither declared nor recorded.",
        hint=near or "mlctl graph lists what is declared; mlctl state list what is recorded.",
    )


def without_keys(address: Address) -> Address:
    """The node of the graph that an instance belongs to."""
    return Address(tuple(type(p)(p.kind, p.name) for p in address.parts))


def _reaches(target: Address, node: Address) -> bool:
    """True when naming the target means the node or something in it."""
    return without_keys(target).covers(node)


def _covers_node(excluded: Address, node: Address) -> bool:
    """True when leaving the address out leaves out every instance of the node."""
    return excluded == without_keys(excluded) and excluded.covers(node)


def _closure(start: set[Address], follow: Callable[[Address], Iterable[Address]]) -> set[Address]:
    seen, waiting = set(start), list(start)
    while waiting:
        for other in follow(waiting.pop()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen
