"""Stores, sources, results and turns in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.apply.ports import Busy
from mlctl.core.desired import (
    Located,
)
from mlctl.core.digest import Digest, of_bytes
from mlctl.core.job import (
    Artifact,
    DataKind,
)
from mlctl.core.result import ResultRecord


class FakeStore:
    """Content in memory; folders are not needed here."""

    def __init__(self) -> None:
        self.content: dict[Digest, bytes] = {}
        self.published: dict[Path, bytes] = {}

    def keep(self, content: bytes) -> Artifact:
        digest = of_bytes(content)
        self.content[digest] = content
        return Artifact(digest, len(content))

    def materialize(self, digest: Digest, destination: Path, *, writable: bool = False) -> None:
        destination.write_bytes(self.content[digest])

    def ingest(self, path: Path, kind: DataKind) -> Artifact:
        return self.keep(path.read_bytes())

    def present(self, digests: Iterable[Digest]) -> set[Digest]:
        return {digest for digest in digests if digest not in self.content}

    def read_bytes(self, digest: Digest) -> bytes:
        return self.content[digest]

    def publish(self, digest: Digest, path: Path) -> None:
        self.published[path] = self.content[digest]


@dataclass
class FakeSources:
    """Files as texts by path; a test changes one as somebody's editor would."""

    store: FakeStore
    texts: dict[Path, str] = field(default_factory=dict)

    def look(self, content: Located) -> Artifact:
        if content.path not in self.texts:
            raise FileNotFoundError(content.path)
        text = self.texts[content.path].encode()
        return Artifact(of_bytes(text), len(text))

    def take(self, content: Located) -> Artifact:
        return self.store.keep(self.texts[content.path].encode())


class FakeResults:
    """Results in memory, first writer wins."""

    def __init__(self) -> None:
        self.records: dict[Digest, ResultRecord] = {}

    def find(self, fingerprint: Digest) -> ResultRecord | None:
        return self.records.get(fingerprint)

    def put(self, record: ResultRecord, *, refresh: bool = False) -> ResultRecord:
        if refresh:
            self.records[record.fingerprint] = record
        return self.records.setdefault(record.fingerprint, record)


class FakeTurns:
    """Nobody else is there, unless ``others`` says who works on what."""

    def __init__(self) -> None:
        self.others: dict[Digest, str] = {}
        self.held: set[Digest] = set()

    def acquire(self, fingerprint: Digest) -> FakeTurn | Busy:
        if fingerprint in self.others:
            return Busy(self.others[fingerprint])
        self.held.add(fingerprint)
        return FakeTurn(self, fingerprint)


@dataclass
class FakeTurn:
    turns: FakeTurns
    fingerprint: Digest

    def release(self) -> None:
        self.turns.held.discard(self.fingerprint)
