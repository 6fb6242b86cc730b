"""A resource type that makes things under their tokens, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mlctl.core.provider import (
    Attributes,
    Context,
    Found,
)
from mlctl.core.schema import Attribute, BlockSchema
from mlctl.core.types import STRING

SCHEMA = BlockSchema(
    doc="",
    attributes={
        "name": Attribute(type=STRING, doc="", forces_replacement=True),
        "id": Attribute(type=STRING, doc="", computed=True),
        "password": Attribute(type=STRING, doc="", sensitive=True),
    },
)


@dataclass
class FakeType:
    """A resource type that remembers what it was asked, and makes things under their token."""

    refuses: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    things: dict[str, Attributes] = field(default_factory=dict)
    on_create: Callable[[str], None] = lambda _: None
    schema: BlockSchema = SCHEMA
    version: int = 1

    def _called(self, verb: str, attributes: Attributes) -> None:
        self.calls.append(f"{verb} {attributes.get('name')}")
        if (error := self.refuses.get(f"{verb} {attributes.get('name')}")) is not None:
            raise error

    def read(self, prior: Attributes, ctx: Context) -> Attributes | None:
        return prior

    def create(self, planned: Attributes, token: str, ctx: Context) -> Attributes:
        self._called("create", planned)
        self.on_create(token)
        return self.things.setdefault(token, {**planned, "id": f"id-{planned.get('name')}"})

    def wait(self, created: Attributes, ctx: Context) -> Attributes:
        self._called("wait", created)
        ctx.report("nearly there")
        return created

    def update(self, prior: Attributes, planned: Attributes, ctx: Context) -> Attributes:
        self._called("update", planned)
        return {**prior, **planned}

    def delete(self, prior: Attributes, ctx: Context) -> None:
        self._called("delete", prior)

    def find(self, ctx: Context) -> Iterator[Found]:
        for token, attributes in self.things.items():
            yield Found("", token, attributes)

    def upgrade(self, version: int, raw: Attributes) -> Attributes:
        return raw
