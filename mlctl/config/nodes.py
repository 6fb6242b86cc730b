"""Every declaration as a node with the declarations it refers to, read off the syntax alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from mlctl.config.declarations import Configuration, Meta, Module, ModuleCall, Object
from mlctl.config.decode import Decoded
from mlctl.config.references import Place, resolve
from mlctl.core.address import Address, Part
from mlctl.core.diagnostic import Diagnostics
from mlctl.core.source import SourceSpan
from mlctl.hcl.ast import Attribute, Expression, ScopeTraversal
from mlctl.hcl.variables import variables

_OWN_BLOCKS = ("input", "step", "output")
"""Blocks of a pipeline that are nodes of their own."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One declaration naming another.

    Attributes:
        locate: Gives the place where it does; asked only when it must be shown.
    """

    target: Address
    locate: Callable[[], SourceSpan]

    @property
    def span(self) -> SourceSpan:
        """Where the reference stands."""
        return self.locate()


@dataclass(frozen=True, slots=True)
class Node:
    """A declaration in the graph.

    Attributes:
        address: Without instance keys.
        span: Where it is declared.
        references: What must be known before it.
    """

    address: Address
    span: SourceSpan
    references: tuple[Reference, ...]


def nodes(configuration: Configuration, found: Diagnostics) -> Iterator[Node]:
    """All nodes; references to what is not declared are said once, here."""
    modules = {module.path: module for module in configuration.root.walk()}
    for module in modules.values():
        yield from _Reader(module, modules, found).nodes()


@dataclass(frozen=True, slots=True)
class _Reader:
    module: Module
    modules: Mapping[tuple[str, ...], Module]
    found: Diagnostics

    def nodes(self) -> Iterator[Node]:
        module, place = self.module, Place(self.module)
        for name, variable in module.variables.items():
            yield self._variable(name, variable.body)
        for name, local in module.locals.items():
            own = replace(place, header="locals")
            yield self._node(module.address("local", name), local.name_span(), [local.expr], own)
        for name, output in module.outputs.items():
            yield self._body(module.address("output", name), output, place)
        for name, call in module.calls.items():
            yield self._call(name, call, place)
        for (kind, name), declared in module.objects.items():
            if kind == "pipeline":
                yield from self._pipeline(module.address(kind, name), declared)
            else:
                yield self._with_command(
                    module.address(kind, name), declared.body, declared.meta, place
                )

    def _variable(self, name: str, body: Decoded) -> Node:
        address, span = self.module.address("var", name), body.block.header_span()
        rules = [e for rule in body.blocks.get("validation", ()) for e in _arguments(rule)]
        named = self._references(rules, Place(self.module, header=body.header))
        named = [one for one in named if one.target != address]
        if not self.module.path:
            return Node(address, span, tuple(named))
        caller = self.modules[self.module.path[:-1]]
        call = caller.calls[self.module.path[-1]]
        argument = call.arguments.get(name)
        place = Place(caller, header=call.body.header)
        exprs = [argument.expr] if argument else []
        node = self._node(address, span, exprs, place)
        return Node(address, span, (*named, *node.references))

    def _call(self, name: str, call: ModuleCall, place: Place) -> Node:
        place = replace(place, header=call.body.header)
        exprs = list(call.meta.expressions())
        depends = call.meta.depends_on
        span = call.body.block.header_span()
        return self._node(self.module.address("module", name), span, exprs, place, depends)

    def _pipeline(self, address: Address, declared: Object) -> Iterator[Node]:
        module, span = self.module, declared.span
        inside = Place(module, pipeline=declared)
        exprs = _arguments(declared.body) + _nested(declared.body, skip=_OWN_BLOCKS)
        depends = declared.meta.depends_on
        outside = Place(module, header=declared.body.header)
        yield self._node(address, span, exprs, outside, depends)
        around = (Reference(address, declared.body.block.header_span),)
        for port in declared.inputs.values():
            own = address.child("inputs", port.name)
            yield self._body(own, port.body, Place(module), around)
        for step in declared.steps.values():
            own = address.child("step", step.name)
            yield self._with_command(own, step.body, step.meta, inside, around)
        for name, output in declared.outputs.items():
            yield self._body(address.child("outputs", name), output, inside, around)

    def _with_command(
        self,
        address: Address,
        body: Decoded,
        meta: Meta,
        place: Place,
        around: tuple[Reference, ...] = (),
    ) -> Node:
        """A node whose ``command``, if any, speaks of its own inputs and outputs."""
        place = replace(place, header=body.header)
        command = body.expr("command")
        exprs = [e for e in _arguments(body) + _nested(body) if e is not command]
        span = body.block.header_span()
        node = self._node(address, span, exprs, place, meta.depends_on)
        own = self._references([command] if command else [], place.inside_command())
        return Node(address, span, (*node.references, *own, *around))

    def _body(
        self, address: Address, body: Decoded, place: Place, around: tuple[Reference, ...] = ()
    ) -> Node:
        place = replace(place, header=body.header)
        exprs = _arguments(body) + _nested(body)
        node = self._node(address, body.block.header_span(), exprs, place, _depends_on(body))
        return Node(address, node.span, (*node.references, *around))

    def _node(
        self,
        address: Address,
        span: SourceSpan,
        exprs: Iterable[Expression],
        place: Place,
        depends_on: Iterable[ScopeTraversal] = (),
    ) -> Node:
        named = [*self._references(exprs, place), *self._resolved(depends_on, place)]
        unique = {r.target: r for r in reversed((*named, *self._enclosing(span)))}
        return Node(address, span, tuple(r for r in unique.values()))

    def _references(self, exprs: Iterable[Expression], place: Place) -> list[Reference]:
        return self._resolved((t for expr in exprs for t in variables(expr)), place)

    def _resolved(self, traversals: Iterable[ScopeTraversal], place: Place) -> list[Reference]:
        said: Diagnostics = []
        found = [
            Reference(target, traversal.span)
            for traversal in traversals
            for target in resolve(traversal, place, said)
        ]
        self.found.extend(replace(problem, block=place.header) for problem in said)
        return found

    def _enclosing(self, span: SourceSpan) -> list[Reference]:
        path = self.module.path
        if not path:
            return []
        parts = tuple(Part("module", name) for name in path)
        return [Reference(Address(parts), lambda: span)]


_NOT_EVALUATED = ("depends_on", "ignore_changes")
"""Arguments that list names instead of naming values."""


def _arguments(body: Decoded) -> list[Expression]:
    return [a.expr for name, a in body.arguments.items() if name not in _NOT_EVALUATED]


def _nested(body: Decoded, skip: tuple[str, ...] = ()) -> list[Expression]:
    return [
        expr
        for kind, blocks in body.blocks.items()
        if kind not in skip
        for one in blocks
        for expr in (*_arguments(one), *_nested(one))
    ]


def _depends_on(body: Decoded) -> list[ScopeTraversal]:
    attribute: Attribute | None = body.arguments.get("depends_on")
    items = getattr(attribute.expr, "items", []) if attribute else []
    return [item for item in items if isinstance(item, ScopeTraversal)]
