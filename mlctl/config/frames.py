"""Where an expression is evaluated: which instance of which module, pipeline or block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mlctl.config.declarations import Module, ModuleCall, Object
from mlctl.core.address import Address, InstanceKey, Part
from mlctl.core.value import Value


@dataclass(frozen=True, slots=True)
class Repetition:
    """The instance of a repeated block.

    Attributes:
        value: ``each.value``; None with ``count`` and for single blocks.
    """

    key: InstanceKey = None
    value: Value | None = None


ONCE = Repetition()
"""A block without ``count`` or ``for_each``."""


@dataclass(frozen=True)  # without slots, for the cached property
class Instances:
    """The instances of a declaration.

    Attributes:
        by_key: In key order.
        repeated: They are told apart by keys: indices with ``counted``, else texts.
        unknown: Their number is known only after apply, because of ``pending``.
    """

    by_key: Mapping[InstanceKey, Repetition]
    repeated: bool = False
    unknown: bool = False
    pending: frozenset[Address] = frozenset()
    counted: bool = False

    @cached_property
    def is_final(self) -> bool:
        """True when nothing that settles later can change them."""
        values = (one.value for one in self.by_key.values())
        return not self.unknown and all(v is None or v.is_wholly_known for v in values)


@dataclass(frozen=True, slots=True, eq=False)
class ModuleFrame:
    """One instance of a module.

    Attributes:
        parts: Its address, with keys; empty for the root.
        caller: The instance it is called from.
        call: How; None for the root.
        repetition: Which instance of the call.
    """

    module: Module
    parts: tuple[Part, ...] = ()
    caller: ModuleFrame | None = None
    call: ModuleCall | None = None
    repetition: Repetition = ONCE
    memo: dict[str, Value] = field(default_factory=dict)
    pipelines: dict[str, PipelineFrame] = field(default_factory=dict)

    def address(self, kind: str, name: str, key: InstanceKey = None) -> Address:
        """The address of something declared in this module."""
        return Address((*self.parts, Part(kind, name, key)))


@dataclass(frozen=True, slots=True, eq=False)
class PipelineFrame:
    """One instance of a pipeline."""

    module: ModuleFrame
    declared: Object
    repetition: Repetition
    memo: dict[str, Value] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """Its address."""
        return self.module.address("pipeline", self.declared.name, self.repetition.key)
