"""Schemas: what a block may hold. The core decodes, plans and documents from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlctl.core.digest import Json
from mlctl.core.types import Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """What a schema says of one attribute.

    Attributes:
        type: The type its value is converted to.
        doc: One sentence for people and editors.
        required: It must be written.
        default: Its value when not written; None: null.
        computed: Chosen by the provider, so unknown until apply unless written.
        sensitive: Never shown and never recorded in clear.
        forces_replacement: A change cannot be made in place.
        deferred: Not evaluated with the block but later, in the scope of what uses it.
        refers_to: The kind of declaration it names, such as ``compute``; the attribute then
            holds that declaration's address.
        allowed: The only texts it may hold; empty: any.
    """

    type: Type
    doc: str
    required: bool = False
    default: Json = None
    computed: bool = False
    sensitive: bool = False
    forces_replacement: bool = False
    deferred: bool = False
    refers_to: str = ""
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedBlock:
    """A block inside a block.

    Attributes:
        schema: What it may hold.
        labels: Names of its labels, such as ``("name",)``.
        required: At least one must be there.
        repeated: More than one may be there.
    """

    schema: BlockSchema
    labels: tuple[str, ...] = ()
    required: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSchema:
    """What one kind of block may hold."""

    doc: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: Mapping[str, NestedBlock] = field(default_factory=dict)
