"""What a configuration declares, before anything is evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.config.decode import Decoded
from mlctl.core.address import Address, Part
from mlctl.core.source import SourceSpan
from mlctl.core.types import Type
from mlctl.core.value import Value
from mlctl.hcl.ast import Attribute, Expression, ScopeTraversal
from mlctl.hcl.defaults import Defaults


@dataclass(frozen=True, slots=True)
class Meta:
    """The meta-arguments of a repeatable block, unevaluated."""

    count: Expression | None = None
    for_each: Expression | None = None
    enabled: Expression | None = None
    depends_on: tuple[ScopeTraversal, ...] = ()

    @property
    def is_repeated(self) -> bool:
        """True when its instances are told apart by keys."""
        return self.count is not None or self.for_each is not None

    def expressions(self) -> Iterator[Expression]:
        """What must be evaluated to know the instances."""
        yield from (e for e in (self.count, self.for_each, self.enabled) if e is not None)


@dataclass(frozen=True, slots=True)
class Port:
    """A declared input or output.

    Attributes:
        type: As in docs/language.md.
    """

    name: str
    type: str
    body: Decoded


@dataclass(frozen=True, slots=True)
class Definition:
    """What a step does: a component, or the same written inside a step."""

    body: Decoded
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]


@dataclass(frozen=True, slots=True)
class StepDeclaration:
    """A step as written; its definition has a command only when it is inline."""

    name: str
    body: Decoded
    meta: Meta
    definition: Definition

    @property
    def is_inline(self) -> bool:
        """True when it names no component."""
        return self.body.expr("component") is None


@dataclass(frozen=True, slots=True)
class Object:
    """A block of a kind that is made and recorded.

    Attributes:
        type: The type label, or empty.
        definition: Of a component.
        inputs: Of a pipeline; likewise ``steps`` and ``outputs``.
    """

    kind: str
    type: str
    name: str
    body: Decoded
    meta: Meta
    definition: Definition | None = None
    inputs: Mapping[str, Port] = field(default_factory=dict)
    steps: Mapping[str, StepDeclaration] = field(default_factory=dict)
    outputs: Mapping[str, Decoded] = field(default_factory=dict)

    @property
    def span(self) -> SourceSpan:
        """Its header."""
        return self.body.block.header_span()


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared variable.

    Attributes:
        type: Its constraint; ``any`` unless written.
        defaults: Of the optional attributes in the constraint.
        default: Its value when none is given; None: it must be given.
    """

    name: str
    body: Decoded
    type: Type
    defaults: Defaults | None = None
    sensitive: bool = False
    nullable: bool = True
    default: Value | None = None


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """A call of another module.

    Attributes:
        module: What is called; None when it could not be loaded.
        arguments: Its variables.
    """

    name: str
    body: Decoded
    meta: Meta
    arguments: Mapping[str, Attribute]
    module: Module | None = None


@dataclass(frozen=True, slots=True)
class Module:
    """One folder of configuration files, merged.

    Attributes:
        path: Names of the calls that lead here; empty for the root.
        directory: The folder.
        broken: Objects that are declared so wrongly that nothing could be made of them.
    """

    path: tuple[str, ...]
    directory: Path
    variables: Mapping[str, Variable] = field(default_factory=dict)
    locals: Mapping[str, Attribute] = field(default_factory=dict)
    outputs: Mapping[str, Decoded] = field(default_factory=dict)
    calls: Mapping[str, ModuleCall] = field(default_factory=dict)
    objects: Mapping[tuple[str, str], Object] = field(default_factory=dict)
    settings: Decoded | None = None
    broken: frozenset[tuple[str, str]] = frozenset()

    def names(self, kind: str) -> list[str]:
        """The names declared of one kind, in the order written."""
        return [name for of_kind, name in self.objects if of_kind == kind]

    def walk(self) -> Iterator[Module]:
        """This module and those it calls, callers first."""
        yield self
        for call in self.calls.values():
            if call.module is not None:
                yield from call.module.walk()

    def address(self, kind: str, name: str) -> Address:
        """The address of something declared here, without instance keys."""
        return Address((*(Part("module", call) for call in self.path), Part(kind, name)))


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything declared.

    Attributes:
        root: The root module.
        files: Every file read, relative to the root folder where it is inside, with its text.
    """

    root: Module
    files: Mapping[str, str] = field(default_factory=dict)
