"""Drawings of the graph: Graphviz, Mermaid, and plain data. Knows nothing of instances."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mlctl.core.address import Address
from mlctl.core.digest import Json
from mlctl.graph.order import Graph

_PASSED_THROUGH = frozenset({"var", "local", "module", "output", "inputs", "outputs", "pipeline"})
"""Kinds that only hand on what others make; arrows go through them. Pipelines become frames."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn.

    Attributes:
        nodes: In the order of work.
        edges: From what is needed to what needs it, none that others imply.
        frames: Steps by the pipeline they stand in.
    """

    nodes: tuple[Address, ...]
    edges: tuple[tuple[Address, Address], ...]
    frames: Mapping[Address, tuple[Address, ...]] = field(default_factory=dict)


def drawing(graph: Graph) -> Drawing:
    """What to draw of a graph without circles."""
    drawn = tuple(node for node in graph.order if node.kind not in _PASSED_THROUGH)
    needs = _needs(graph)
    pairs = [(need, node) for node in drawn for need in sorted(needs[node])]
    frames: dict[Address, list[Address]] = {}
    for node in drawn:
        if node.kind == "step" and node.parent is not None:
            frames.setdefault(node.parent, []).append(node)
    return Drawing(
        drawn, tuple(_reduced(drawn, pairs)), {p: tuple(steps) for p, steps in frames.items()}
    )


def as_dot(drawn: Drawing) -> str:
    """For Graphviz (graphviz.org/doc/info/lang.html)."""
    lines = ["digraph mlctl {", "  rankdir = LR", "  node [shape = box]"]
    for number, (pipeline, steps) in enumerate(drawn.frames.items()):
        lines.append(f"  subgraph cluster_{number} {{")
        lines.append(f"    label = {_dot(str(pipeline))}")
        lines.extend(f"    {_dot(str(s))} [label = {_dot(_short(s))}]" for s in steps)
        lines.append("  }")
    lines.extend(f"  {_dot(str(node))}" for node in _outside(drawn))
    lines.extend(f"  {_dot(str(a))} -> {_dot(str(b))}" for a, b in drawn.edges)
    return "\n".join([*lines, "}"]) + "\n"


def as_mermaid(drawn: Drawing) -> str:
    """For Mermaid, as forges show it in Markdown (mermaid.js.org/syntax/flowchart.html)."""
    ids = {node: f"n{number}" for number, node in enumerate(drawn.nodes)}
    lines = ["flowchart LR"]
    for number, (pipeline, steps) in enumerate(drawn.frames.items()):
        lines.append(f"  subgraph p{number}[{_mermaid(str(pipeline))}]")
        lines.extend(f"    {ids[s]}[{_mermaid(_short(s))}]" for s in steps)
        lines.append("  end")
    lines.extend(f"  {ids[node]}[{_mermaid(str(node))}]" for node in _outside(drawn))
    lines.extend(f"  {ids[a]} --> {ids[b]}" for a, b in drawn.edges)
    return "\n".join(lines) + "\n"


def as_json(drawn: Drawing) -> dict[str, Json]:
    """``{nodes: [{address, kind}], edges: [{from, to}]}``."""
    return {
        "nodes": [{"address": str(node), "kind": node.kind} for node in drawn.nodes],
        "edges": [{"from": str(a), "to": str(b)} for a, b in drawn.edges],
    }


def _needs(graph: Graph) -> Mapping[Address, frozenset[Address]]:
    """What each node needs of what is drawn, through what is not."""
    found: dict[Address, frozenset[Address]] = {}
    for node in graph.order:
        reached: set[Address] = set()
        for need in graph.needs[node]:
            reached |= found[need] if need.kind in _PASSED_THROUGH else {need}
        found[node] = frozenset(reached)
    return found


def _reduced(
    nodes: Iterable[Address], pairs: Iterable[tuple[Address, Address]]
) -> list[tuple[Address, Address]]:
    import networkx  # costs more to import than most commands take; only drawing needs it

    web: networkx.DiGraph[Address] = networkx.DiGraph()
    web.add_nodes_from(nodes)
    web.add_edges_from(pairs)
    kept: networkx.DiGraph[Address] = networkx.transitive_reduction(web)
    return sorted(kept.edges)


def _outside(drawn: Drawing) -> list[Address]:
    framed = {step for steps in drawn.frames.values() for step in steps}
    return [node for node in drawn.nodes if node not in framed]


def _short(step: Address) -> str:
    return f"step.{step.name}"


def _dot(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _mermaid(text: str) -> str:
    return '"' + text.replace('"', "#quot;") + '"'
