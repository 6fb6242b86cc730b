"""Provenance: a mark that says which object a value came from, as ``sensitive`` says it is secret.

Marks spread through every operation of the language, so whatever is computed from an output
still names the step it came from: edges between instances, "known after apply, because of …"
and lineage all read the same mark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlctl.core.address import Address
from mlctl.core.value import SENSITIVE, Value


@dataclass(frozen=True, slots=True)
class Origin:
    """The value came from this object."""

    address: Address


def origins(marks: Iterable[object]) -> frozenset[Address]:
    """The objects that marks name."""
    return frozenset(m.address for m in marks if isinstance(m, Origin))


def origins_of(value: Value) -> frozenset[Address]:
    """The objects a value, or anything inside it, came from."""
    return origins(value.marks_deep())


def is_sensitive(value: Value) -> bool:
    """True when the value, or anything inside it, must not be shown."""
    return SENSITIVE in value.marks_deep()


def without_origins(value: Value) -> tuple[Value, frozenset[Address]]:
    """A value without the marks that say where it came from, and the addresses they named.

    What is sensitive stays marked so, at the level where it was.
    """
    addresses = origins_of(value)
    return (_only_sensitive(value), addresses) if value.marks_deep() else (value, addresses)


def _only_sensitive(value: Value) -> Value:
    kept = value.marks & {SENSITIVE}
    bare = value.unmark()[0]
    if bare.is_known and isinstance(bare.raw, dict) and bare.contains_marked:
        bare = Value(bare.type, {k: _only_sensitive(v) for k, v in bare.raw.items()})
    elif bare.is_known and isinstance(bare.raw, tuple) and bare.contains_marked:
        bare = Value(bare.type, tuple(_only_sensitive(v) for v in bare.raw))
    return bare.with_marks(kept)
