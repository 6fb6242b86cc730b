"""Kinds that mlctl keeps itself, as resource types like any provider's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mlctl.core.address import Address
from mlctl.core.errors import MlctlError
from mlctl.core.provider import Attributes, Context, Found, ResourceType
from mlctl.core.schema import BlockSchema

Complete = Callable[[Attributes, Context], Attributes]
"""Gives an object its computed attributes: an environment its lock, a data asset its digest."""


def as_written(planned: Attributes, _: Context) -> Attributes:
    """Nothing to compute."""
    return planned


@dataclass(frozen=True, slots=True)
class Kept:
    """An object that exists by being recorded: workspace, component, pipeline, data asset.

    With ``complete`` it is also what makes an environment: the lock is made then.
    """

    schema: BlockSchema
    complete: Complete = as_written
    version: int = 1

    def read(self, prior: Attributes, ctx: Context) -> Attributes | None:  # noqa: ARG002
        """Nothing outside of the record can change."""
        return prior

    def create(self, planned: Attributes, token: str, ctx: Context) -> Attributes:  # noqa: ARG002
        """Complete it; the record is the object, so the token marks nothing."""
        return self.complete(planned, ctx)

    def wait(self, created: Attributes, ctx: Context) -> Attributes:  # noqa: ARG002
        """It is there."""
        return created

    def update(self, prior: Attributes, planned: Attributes, ctx: Context) -> Attributes:  # noqa: ARG002
        """Complete it anew."""
        return self.complete(planned, ctx)

    def delete(self, prior: Attributes, ctx: Context) -> None:
        """The record goes, and that is all there was."""

    def find(self, ctx: Context) -> Iterator[Found]:  # noqa: ARG002
        """Nothing outside carries a mark."""
        return iter(())

    def upgrade(self, version: int, raw: Attributes) -> Attributes:  # noqa: ARG002
        """There was no other shape yet."""
        return raw


@dataclass
class UnknownKind(MlctlError):
    """No provider makes such objects."""

    address: Address
    kind: str
    type: str

    hint = "Install the provider that made it, or take it out of the state with state rm."

    def __str__(self) -> str:
        return f'{self.address}: no provider offers {self.kind} "{self.type}"'


@dataclass(frozen=True, slots=True)
class Kinds:
    """The resource type of every object; a ``KindOf``.

    Attributes:
        provided: By kind and type label.
        kept: Schemas of the kinds that mlctl keeps itself, by kind.
        complete: Gives one of those its computed attributes; knows the address.
    """

    provided: Mapping[tuple[str, str], ResourceType]
    kept: Mapping[str, BlockSchema]
    complete: Callable[[Address, Attributes, Context], Attributes]

    def __call__(self, address: Address, kind: str, type_label: str) -> ResourceType:
        """The resource type.

        Raises:
            UnknownKind: Nobody offers it.
        """
        if (kind, type_label) in self.provided:
            return self.provided[kind, type_label]
        if kind not in self.kept:
            raise UnknownKind(address, kind, type_label)
        return Kept(self.kept[kind], lambda planned, ctx: self.complete(address, planned, ctx))
