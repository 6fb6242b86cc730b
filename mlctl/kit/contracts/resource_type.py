"""The contract of resource types, as a class to inherit from.

A provider's test module says ``class TestMine(ResourceTypeContract)`` and gives a type and a sample
of its attributes; pytest finds the inherited tests. They hold against the real thing: a compute
that is really made, a bucket that is really there.
"""
# ruff: noqa: D102 - the name of a test is its sentence

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from mlctl.core.digest import Json
from mlctl.core.provider import Attributes, Context, ResourceType
from mlctl.core.schema import BlockSchema
from mlctl.core.secret import Secret

_TOKEN = "token-1"  # noqa: S105 - names an object, opens nothing


class ResourceTypeContract:
    """Give ``make`` and ``sample``; the rest where it differs."""

    perishable: ClassVar[bool] = True
    """False for what is always there, such as the machine mlctl runs on."""

    marked: ClassVar[bool] = True
    """False for what cannot carry a mark, so that ``find`` never finds it."""

    changes: ClassVar[Mapping[str, Json]] = {"description": "changed"}
    """Attributes that can change in place, with other values than the sample's."""

    def make(self) -> ResourceType:
        """The resource type."""
        raise NotImplementedError

    def sample(self, root: Path) -> Attributes:
        """Attributes as a configuration gives them; ``root`` is a folder of this test's own."""
        raise NotImplementedError

    @pytest.fixture
    def ctx(self, tmp_path: Path) -> Context:
        """What a provider knows of the run it serves."""
        return Context(tmp_path, tmp_path / ".mlctl", "a-lineage", _silent)

    @pytest.fixture
    def ready(self, ctx: Context) -> Iterator[Attributes]:
        """An object made for the test; it is removed afterwards."""
        kind = self.make()
        created = kind.create(self.sample(ctx.root), _TOKEN, ctx)
        try:
            yield kind.wait(created, ctx)
        finally:
            kind.delete(created, ctx)

    def test_what_was_created_can_be_read(self, ready: Attributes, ctx: Context) -> None:
        assert self.make().read(ready, ctx) == ready

    def test_reading_changes_nothing(self, ready: Attributes, ctx: Context) -> None:
        kind = self.make()

        assert kind.read(ready, ctx) == kind.read(ready, ctx) == ready

    def test_what_was_written_stays_as_it_was_written(
        self, ready: Attributes, ctx: Context
    ) -> None:
        sample = self.sample(ctx.root)

        assert {name: ready[name] for name in sample} == sample

    def test_every_attribute_is_declared_and_given(self, ready: Attributes) -> None:
        assert set(ready) == set(self.make().schema.attributes)

    def test_every_computed_attribute_is_known_once_it_is_ready(self, ready: Attributes) -> None:
        computed = [name for name, said in self.make().schema.attributes.items() if said.computed]

        assert [name for name in computed if ready[name] is None] == []

    def test_every_secret_is_a_secret(self, ready: Attributes) -> None:
        sensitive = [name for name, said in self.make().schema.attributes.items() if said.sensitive]

        assert all(isinstance(ready[name], Secret | None) for name in sensitive)

    def test_attributes_can_be_recorded(self, ready: Attributes) -> None:
        clear = {name: value for name, value in ready.items() if not isinstance(value, Secret)}

        assert json.loads(json.dumps(clear, allow_nan=False)) == clear

    def test_the_same_token_makes_no_second_object(self, ready: Attributes, ctx: Context) -> None:
        kind = self.make()

        again = kind.wait(kind.create(self.sample(ctx.root), _TOKEN, ctx), ctx)

        assert self.identity(again) == self.identity(ready)
        if self.marked:
            assert len([found for found in kind.find(ctx) if found.token == _TOKEN]) == 1

    def identity(self, attributes: Attributes) -> Attributes:
        """Those attributes that tell an object from any other; all of them, if not overridden."""
        return attributes

    def test_waiting_again_changes_nothing(self, ready: Attributes, ctx: Context) -> None:
        assert self.make().wait(ready, ctx) == ready

    def test_a_change_in_place_keeps_the_object(self, ready: Attributes, ctx: Context) -> None:
        kind = self.make()

        updated = kind.update(ready, {**ready, **self.changes}, ctx)

        assert updated == {**ready, **self.changes}
        assert kind.read(updated, ctx) == updated

    def test_what_was_deleted_is_gone(self, ready: Attributes, ctx: Context) -> None:
        kind = self.make()
        kind.delete(ready, ctx)

        assert (kind.read(ready, ctx) is None) == self.perishable

    def test_deleting_what_is_gone_succeeds(self, ready: Attributes, ctx: Context) -> None:
        kind = self.make()

        kind.delete(ready, ctx)
        kind.delete(ready, ctx)

    def test_what_carries_our_mark_is_found(self, ready: Attributes, ctx: Context) -> None:
        kind = self.make()

        found = {one.token: one.attributes for one in kind.find(ctx)}

        assert (_TOKEN in found) == self.marked
        if self.marked:
            assert found[_TOKEN] == ready

    def test_nothing_of_another_owner_is_found(self, ready: Attributes, ctx: Context) -> None:
        other = Context(ctx.root, ctx.data_dir, "another-lineage", _silent)

        assert [one for one in self.make().find(other) if one.attributes == ready] == []

    def test_attributes_of_this_version_need_no_upgrade(self, ready: Attributes) -> None:
        kind = self.make()

        assert kind.upgrade(kind.version, ready) == ready

    def test_every_attribute_says_what_it_is(self) -> None:
        assert list(_undocumented(self.make().schema, "")) == []

    def test_a_required_attribute_has_no_default(self) -> None:
        attributes = self.make().schema.attributes.items()

        assert [
            name for name, said in attributes if said.required and said.default is not None
        ] == []
        assert [name for name, said in attributes if said.required and said.computed] == []


def _undocumented(schema: BlockSchema, where: str) -> Iterator[str]:
    if not schema.doc.strip():
        yield where
    for name, said in schema.attributes.items():
        if not said.doc.strip().endswith("."):
            yield f"{where}.{name}"
    for name, block in schema.blocks.items():
        yield from _undocumented(block.schema, f"{where}.{name}")


def _silent(_line: str) -> None:
    """A report nobody reads."""
