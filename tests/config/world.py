"""A small world in memory: types of objects, content, locks, kept results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mlctl.config.ports import Requested, Software
from mlctl.core.address import Address
from mlctl.core.digest import TREE, Digest, Json, digest, hex_of, of_bytes
from mlctl.core.job import Artifact, DataKind, SoftwareLock
from mlctl.core.result import ResultRecord
from mlctl.core.schema import Attribute, BlockSchema, NestedBlock
from mlctl.core.types import BOOL, NUMBER, STRING, ListType, MapType
from mlctl.plan.world import TreeChanges

MACHINE: Mapping[str, Json] = {
    "os": "linux",
    "arch": "x86_64",
    "python_implementation": "CPython",
    "python_version": "3.11.7",
}
"""What the fake targets say of themselves."""

A_MOMENT = datetime(2024, 5, 6, tzinfo=UTC)


def seal(text: str) -> str:
    """A stand-in for a keyed digest."""
    return f"hmac-sha256:{hex_of(digest('seal', text))}"


class FakeType:
    """A type of object that nobody makes."""

    version = 1

    def __init__(self, schema: BlockSchema) -> None:
        self.schema = schema


_COMPUTE = {
    "os": Attribute(type=STRING, doc="System.", computed=True),
    "arch": Attribute(type=STRING, doc="Processor.", computed=True),
    "python_implementation": Attribute(type=STRING, doc="Kind.", computed=True),
    "python_version": Attribute(type=STRING, doc="Version.", computed=True),
}

TYPES: dict[tuple[str, str], FakeType] = {
    ("compute", "local"): FakeType(
        BlockSchema(doc="Here.", attributes={"root": Attribute(type=STRING, doc="."), **_COMPUTE})
    ),
    ("compute", "cloud"): FakeType(
        BlockSchema(
            doc="Elsewhere.",
            attributes={
                "size": Attribute(type=STRING, doc="Size.", required=True, forces_replacement=True),
                "disks": Attribute(type=NUMBER, doc="Disks."),
                "zones": Attribute(type=ListType(STRING), doc="Zones."),
                "spot": Attribute(type=BOOL, doc="Spot.", default=False),
                "labels": Attribute(type=MapType(STRING), doc="Labels."),
                "password": Attribute(type=STRING, doc="Password.", sensitive=True),
                "options": Attribute(type=MapType(STRING), doc="Options.", sensitive=True),
                "mode": Attribute(type=STRING, doc="Mode.", allowed=("fast", "cheap")),
                "id": Attribute(type=STRING, doc="Id.", computed=True),
                **_COMPUTE,
            },
            blocks={
                "rule": NestedBlock(
                    schema=BlockSchema(
                        doc="A rule.",
                        attributes={
                            "port": Attribute(type=NUMBER, doc="Port.", required=True),
                            "note": Attribute(type=STRING, doc="Note."),
                        },
                    ),
                    repeated=True,
                )
            },
        )
    ),
    ("datastore", "local"): FakeType(
        BlockSchema(
            doc="A folder.",
            attributes={"path": Attribute(type=STRING, doc="Path.", required=True)},
        )
    ),
}


@dataclass(slots=True)
class FolderSources:
    """Content hashed where it lies; counts how often it is asked."""

    asked: int = 0

    def data(self, path: Path) -> tuple[DataKind, Artifact | None]:
        self.asked += 1
        if path.is_dir():
            return DataKind.FOLDER, _tree(path)
        content = path.read_bytes()
        return DataKind.FILE, Artifact(of_bytes(content), len(content))

    def code(self, path: Path) -> Artifact | None:
        self.asked += 1
        if not path.is_dir():
            raise NotADirectoryError(20, "Not a directory", str(path))
        return _tree(path)


def _tree(path: Path) -> Artifact:
    files = {
        str(f.relative_to(path)): of_bytes(f.read_bytes()) for f in path.rglob("*") if f.is_file()
    }
    hexdigits = hex_of(digest("tree", dict(files)))
    return Artifact(Digest(f"{TREE}:{hexdigits}"), sum(1 for _ in files))


@dataclass(slots=True)
class FakeLocks:
    """Locks by environment name; without one the environment is known after apply."""

    known: dict[str, Software] = field(default_factory=dict)
    asked: list[Requested] = field(default_factory=list)

    def lock(self, name: str, **packages: str) -> None:
        """Have a lock for an environment."""
        of = digest("lock", dict(packages))
        self.known[name] = Software(SoftwareLock(of, "3.11", ""), packages)

    def current(self, requested: Requested) -> Software | None:
        self.asked.append(requested)
        return self.known.get(requested.name)


@dataclass(slots=True)
class MemoryKept:
    """Results by fingerprint; counts the questions."""

    results: dict[Digest, ResultRecord] = field(default_factory=dict)
    lost: set[Digest] = field(default_factory=set)
    published: bool = True
    changes: TreeChanges = field(default_factory=TreeChanges)
    asked: int = 0

    def find(self, fingerprint: Digest) -> ResultRecord | None:
        self.asked += 1
        return self.results.get(fingerprint)

    def missing(self, digests: Iterable[Digest]) -> set[Digest]:
        self.asked += 1
        return set(digests) & self.lost

    def tree_changes(self, before: Digest, after: Digest) -> TreeChanges:
        return self.changes

    def is_published(self, output: Address, digest: Digest) -> bool:
        return self.published
