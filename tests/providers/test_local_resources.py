"""The local provider's resource types keep the contract."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from mlctl.core.digest import Json
from mlctl.core.errors import Rejected
from mlctl.core.provider import Attributes, ComputeType, Context, DatastoreType, ResourceType
from mlctl.kit.contracts.resource_type import ResourceTypeContract
from mlctl_local import provider


def a_context(root: Path) -> Context:
    return Context(root, root / ".mlctl", "a-lineage", print)


class TestLocalCompute(ResourceTypeContract):
    perishable = False
    marked = False
    changes: ClassVar[Mapping[str, Json]] = {"description": "changed", "max_parallel_steps": 3}

    def make(self) -> ResourceType:
        return provider().resource_types["compute", "local"]

    def sample(self, root: Path) -> Attributes:
        return {"description": "my laptop", "tags": {"place": "desk"}}

    def test_it_tells_what_the_machine_has(self, ready: Attributes) -> None:
        assert (ready["os"], ready["python_implementation"]) == ("linux", "CPython")
        assert ready["python_version"] == ".".join(map(str, sys.version_info[:3]))
        assert ready["max_parallel_steps"] == ready["cpus"]

    def test_it_is_read_without_a_noticeable_wait(self, ready: Attributes, ctx: Context) -> None:
        kind = self.make()
        began = time.perf_counter()
        for _ in range(20):
            kind.read(ready, ctx)

        assert (time.perf_counter() - began) / 20 < 0.02

    def test_another_interpreter_is_asked_what_it_is(self, ctx: Context) -> None:
        python = shutil.which("python3", path="/usr/bin:/bin")
        if python is None:
            pytest.skip("this machine has no interpreter of its own")

        created = self.make().create({"python": python}, "token", ctx)

        assert str(created["python_version"]).startswith("3.")

    @pytest.mark.parametrize("python", ["/bin/true", "/no/such/python", "/bin/false"])
    def test_an_interpreter_that_is_none_is_refused(self, python: str, ctx: Context) -> None:
        with pytest.raises(Rejected, match=python):
            self.make().create({"python": python}, "token", ctx)

    @pytest.mark.parametrize("slots", [0, -1, 1.5])
    def test_steps_in_parallel_are_a_whole_number_from_one_on(
        self, slots: float, ctx: Context
    ) -> None:
        with pytest.raises(Rejected, match="max_parallel_steps"):
            self.make().create({"max_parallel_steps": slots}, "token", ctx)

    def test_steps_in_parallel_are_the_executors_slots(self, ctx: Context) -> None:
        kind = self.make()
        assert isinstance(kind, ComputeType)

        executor = kind.executor(kind.create({"max_parallel_steps": 7}, "token", ctx), ctx)

        assert executor.capabilities.slots == 7
        assert executor.capabilities.detach


class TestLocalDatastore(ResourceTypeContract):
    marked = False

    def make(self) -> ResourceType:
        return provider().resource_types["datastore", "local"]

    def sample(self, root: Path) -> Attributes:
        return {"path": "data/lake", "tags": {"team": "vision"}}

    def store(self) -> DatastoreType:
        kind = self.make()
        assert isinstance(kind, DatastoreType)
        return kind

    def identity(self, attributes: Attributes) -> Attributes:
        return {"absolute_path": attributes["absolute_path"]}

    def test_a_missing_folder_is_made_with_its_parents(
        self, ready: Attributes, ctx: Context
    ) -> None:
        assert (ctx.root / "data" / "lake").is_dir()
        assert ready["created_folder"] is True

    def test_a_folder_that_was_there_before_stays_afterwards(self, ctx: Context) -> None:
        (ctx.root / "data" / "lake").mkdir(parents=True)
        created = self.make().create(self.sample(ctx.root), "token", ctx)

        self.make().delete(created, ctx)

        assert created["created_folder"] is False
        assert (ctx.root / "data" / "lake").is_dir()

    def test_data_is_never_removed(self, ready: Attributes, ctx: Context) -> None:
        file = ctx.root / "data" / "lake" / "table.csv"
        file.write_text("precious")

        self.make().delete(ready, ctx)

        assert file.read_text() == "precious"

    def test_a_file_in_the_place_of_the_folder_is_refused(self, ctx: Context) -> None:
        (ctx.root / "data").write_text("a file")

        with pytest.raises(Rejected, match="data/lake"):
            self.make().create(self.sample(ctx.root), "token", ctx)

    def test_files_are_found_under_the_folder(self, ready: Attributes, ctx: Context) -> None:
        path = self.store().local_path(ready, "raw/2024.csv", ctx)

        assert path == ctx.root / "data" / "lake" / "raw" / "2024.csv"

    @pytest.mark.parametrize("relative", ["../other", "a/../../other", "/etc/passwd", "link/x"])
    def test_no_path_leads_out_of_the_folder(
        self, relative: str, ready: Attributes, ctx: Context
    ) -> None:
        (ctx.root / "data" / "lake" / "link").symlink_to("/etc")

        with pytest.raises(Rejected, match="out of the datastore"):
            self.store().local_path(ready, relative, ctx)

    def test_an_absolute_path_is_taken_as_it_is(self, tmp_path: Path, ctx: Context) -> None:
        created = self.make().create({"path": str(tmp_path / "elsewhere")}, "token", ctx)

        assert created["absolute_path"] == str(tmp_path / "elsewhere")
