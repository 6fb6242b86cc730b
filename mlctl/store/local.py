"""The local store: what it holds is named by what it is.

This is the face of the package; docs/store.md says what is kept, how and why.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from mlctl.core.digest import FILE, Digest, hex_of
from mlctl.core.job import Artifact, DataKind
from mlctl.core.provider import Report
from mlctl.store.blobs import Blobs
from mlctl.store.cachedb import silent
from mlctl.store.hashing import CHUNK_BYTES, hash_file, stamp
from mlctl.store.ignore import Ignore
from mlctl.store.index import Index
from mlctl.store.intake import Copied, Source, Taken, Written
from mlctl.store.materialize import materialize
from mlctl.store.publish import Publisher
from mlctl.store.reach import Reach
from mlctl.store.scan import Scanner
from mlctl.store.statcache import StatCache
from mlctl.store.tree import Entry, EntryKind, Tree, decode, encode, leaves


class Damage(StrEnum):
    """What ``verify`` can find."""

    MISSING = "missing"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True)
class Finding:
    """One blob that is not as it should be.

    Attributes:
        blob: Its digest, as that of a file.
        damage: What is wrong.
        needed_by: Which of the digests asked for lack it; empty when all blobs were asked for.
        quarantined: Where a corrupt one is now.
    """

    blob: Digest
    damage: Damage
    needed_by: tuple[Digest, ...] = ()
    quarantined: Path | None = None


class LocalStore:
    """Content on this machine, by digest. Safe to use from several threads and processes.

    Implements ``mlctl.core.provider.Artifacts``. Opening one makes nothing on the disk.

    Attributes:
        scanner: Gives files and folders their digests, with this store's stat cache.
    """

    def __init__(self, root: Path, report: Report = silent) -> None:
        """Use the store at ``root``, which need not be there yet.

        Args:
            root: The store's folder.
            report: Where notices go: a cache that is not used, a blob that was moved away.
        """
        # One spelling, whatever links lead here: outputs become links to blobs, by their path.
        self.root = root.resolve()
        self._index = Index(self.root / "index.db", report)
        self._stats = StatCache(self.root / "stat.db", report)
        self._blobs = Blobs(self.root, self._index, report)
        self.scanner = Scanner(self._stats)
        self._outputs = Scanner(None, adopt=self._standing_for)
        self._reach = Reach(self.manifest)
        self._publisher = Publisher(self._index, self.materialize)

    def close(self) -> None:
        """Let go of the databases; the next use opens them again."""
        self._index.close()
        self._stats.close()

    # In

    def ingest(self, path: Path, kind: DataKind) -> Artifact:
        """Take an output into the store.

        What is at ``path`` can be read there afterwards as before, but its files may have become
        links into the store; so this can be repeated, also after a crash.

        Raises:
            FileNotFoundError: Nothing is there.
            NotADirectoryError: A folder was expected.
            IsADirectoryError: A file was expected.
            MissingContent: It is a link into the store, to content that was lost since.
            StoreFull: The disk is full; the store is as it was.
            StoreUnwritable: The store cannot be written.
            StoreError: What is there cannot be read or kept.
        """
        if kind is DataKind.FILE:
            return self._ingest_file(path)
        tree = self._outputs.tree(path)
        self._blobs.add([*_manifest_sources(tree), *_taken(tree, path)])
        return Artifact(tree.digest, tree.size_bytes)

    def snapshot(self, path: Path, kind: DataKind, ignore: Ignore | None = None) -> Artifact:
        """Copy code or data into the store and leave it as it is.

        Compare the digest with the one that was planned with: what lies between is a change.

        Raises:
            FileNotFoundError: Nothing is there.
            NotADirectoryError: A folder was expected.
            IsADirectoryError: A file was expected.
            SourceMoved: It changed between being hashed and being copied.
            StoreFull: The disk is full; the store is as it was.
            StoreUnwritable: The store cannot be written.
            StoreError: What is there cannot be read or kept.
        """
        if kind is DataKind.FILE:
            found = self.scanner.file(path)
            self._blobs.add([Copied(hex_of(found.digest), path, found.size_bytes)])
            return found
        tree = self.scanner.tree(path, ignore)
        self._blobs.add([*_manifest_sources(tree), *_copied(tree, path)])
        return Artifact(tree.digest, tree.size_bytes)

    def _ingest_file(self, path: Path) -> Artifact:
        seen = os.lstat(path)
        if stat.S_ISLNK(seen.st_mode):
            content = self._standing_for(os.readlink(path))  # noqa: PTH115
            if content is not None:
                return content
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return self._outputs.file(path)  # which says what is wrong with it
        name, seen = hash_file(str(path))
        source: Source = Copied(name, path, seen.st_size)
        if seen.st_size >= CHUNK_BYTES:
            source = Taken(name, path, seen.st_size, stamp(seen))
        self._blobs.add([source])
        return Artifact(Digest(f"{FILE}:{name}"), seen.st_size)

    def _standing_for(self, text: str) -> Artifact | None:
        """The content that a link of ours stands for, by the link's text."""
        name = self._blobs.name_at(text)
        if name is None:
            return None
        self._blobs.check([name]).require()
        return Artifact(Digest(f"{FILE}:{name}"), os.stat(text).st_size)  # noqa: PTH116

    # Out

    def materialize(self, digest: Digest, destination: Path, *, writable: bool = False) -> None:
        """Put a file or folder at ``destination``; on an error nothing of it is left there.

        Folders above it are made. A read-only file may share its bytes with the store only where
        this user cannot write a read-only file.

        Raises:
            FileExistsError: Something is there.
            MissingContent: The store lacks some of it.
            CorruptContent: Some of it was damaged, and now counts as missing.
            StoreFull: The destination's disk is full.
            StoreUnwritable: The destination cannot be written.
        """
        materialize(self._blobs, self.manifest, digest, destination, writable=writable)

    def copy_out(self, digest: Digest, destination: Path) -> None:
        """A copy for people: writable, their own. Raises as ``materialize`` does."""
        self.materialize(digest, destination, writable=True)

    def publish(self, digest: Digest, path: Path) -> None:
        """Replace what is at ``path`` by read-only content, and know it again.

        Raises:
            MissingContent: The store lacks some of it; what was there is still there.
            StoreFull: The disk is full; what was there is still there.
            StoreUnwritable: The folder cannot be written.
        """
        self._publisher.publish(digest, path)

    def published_ok(self, digest: Digest, path: Path) -> bool:
        """True when ``path`` holds this content, by its stat or else by its bytes."""
        return self._publisher.is_published(digest, path)

    # Looking

    def present(self, digests: Iterable[Digest]) -> set[Digest]:
        """Those of the digests that the store lacks, wholly or in part.

        One stat a blob; only a blob whose stat changed is read. A damaged one is moved away.
        """
        wanted = set(digests)
        needs = {digest: self._reach.of(digest) for digest in wanted}
        known = [parts for parts in needs.values() if parts is not None]
        bad = self._blobs.check(frozenset[str]().union(*known)).bad
        return {d for d, parts in needs.items() if parts is None or not bad.isdisjoint(parts)}

    def verify(self, digests: Iterable[Digest] | None = None) -> tuple[Finding, ...]:
        """Hash everything these digests need, or every blob there is, and say what is wrong."""
        if digests is None:
            return self._findings(self._blobs.names(), {})
        needs: dict[str, list[Digest]] = {}
        for digest in sorted(set(digests)):
            for name in self._reach.as_far_as_possible(digest):
                needs.setdefault(name, []).append(digest)
        return self._findings(needs.keys(), needs)

    def manifest(self, digest: Digest) -> tuple[Entry, ...]:
        """The entries of a folder.

        Raises:
            MissingContent: The store lacks it.
            CorruptContent: It is damaged.
        """
        return decode(self._blobs.read(hex_of(digest)))

    def read_bytes(self, digest: Digest) -> bytes:
        """The whole content of a file, checked. Raises as ``manifest`` does."""
        return self._blobs.read(hex_of(digest))

    def open_blob(self, digest: Digest) -> BinaryIO:
        """A file's content to read from; checked by its stat.

        Raises:
            MissingContent: The store lacks it.
            CorruptContent: It is damaged.
        """
        self._blobs.check([hex_of(digest)]).require()
        return Path(self._blobs.path(hex_of(digest))).open("rb")

    def listing(self, digest: Digest) -> Mapping[str, Entry]:
        """Every leaf of a folder by its relative path. Raises as ``manifest`` does."""
        return dict(leaves(digest, self.manifest))

    def _findings(
        self, names: Collection[str], needs: Mapping[str, list[Digest]]
    ) -> tuple[Finding, ...]:
        health = self._blobs.check(names, thoroughly=True)
        return tuple(
            Finding(
                Digest(f"{FILE}:{name}"),
                Damage.CORRUPT if name in health.corrupt else Damage.MISSING,
                tuple(needs.get(name, ())),
                health.corrupt.get(name),
            )
            for name in sorted(health.bad)
        )


def _manifest_sources(tree: Tree) -> Iterator[Source]:
    for digest, entries in tree.folders.items():
        yield Written(hex_of(digest), encode(entries))


def _copied(tree: Tree, root: Path) -> Iterator[Source]:
    for path, entry in _files(tree):
        yield Copied(hex_of(Digest(entry.target)), root / path, entry.size_bytes)


def _taken(tree: Tree, root: Path) -> Iterator[Source]:
    for path, entry in _files(tree):
        name, seen = hex_of(Digest(entry.target)), tree.large.get(path)
        if seen is None:
            yield Copied(name, root / path, entry.size_bytes)
        else:
            yield Taken(name, root / path, entry.size_bytes, seen)


def _files(tree: Tree) -> Iterator[tuple[str, Entry]]:
    for path, entry in tree.listing().items():
        if entry.kind in {EntryKind.FILE, EntryKind.PROGRAM}:
            yield path, entry
