"""Code folders and local data: looked at through the store's scanner, or for presence alone."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.core.digest import Digest, is_tree
from mlctl.core.job import Artifact, DataKind
from mlctl.store.ignore import Ignore
from mlctl.store.scan import Scanner
from mlctl.store.tree import Entry, EntryKind, leaves


@dataclass(frozen=True, slots=True)
class ScannedSources:
    """A ``Sources`` that gives contents; each place is looked at once in its life.

    Attributes:
        root: The configuration's folder: ignore files are looked for up to here.
        manifests: The entries of every folder looked at, by digest.
    """

    scanner: Scanner
    root: Path
    manifests: dict[Digest, tuple[Entry, ...]] = field(default_factory=dict)
    _code: dict[Path, Artifact] = field(default_factory=dict)
    _data: dict[Path, tuple[DataKind, Artifact]] = field(default_factory=dict)

    def data(self, path: Path) -> tuple[DataKind, Artifact | None]:
        """See ``Sources.data``."""
        if path not in self._data:
            kind = _kind(path)
            self._data[path] = (kind, self._scan(path, kind, None))
        return self._data[path]

    def code(self, path: Path) -> Artifact | None:
        """See ``Sources.code``."""
        if path not in self._code:
            _require_folder(path)
            self._code[path] = self._scan(path, DataKind.FOLDER, Ignore.load(path, self.root))
        return self._code[path]

    def looked_at(self) -> Iterator[tuple[Path, Digest]]:
        """Every place whose content was asked for, with what was found."""
        yield from ((path, found.digest) for path, found in self._code.items())
        yield from ((path, found.digest) for path, (_, found) in self._data.items())

    def links_out(self) -> Iterator[tuple[Path, str, str]]:
        """Links that lead out of the folder they stand in: the folder, their path, their text.

        Such a link counts by its text alone, so what it leads to may change unnoticed.
        """
        entries = (entry for folder in self.manifests.values() for entry in folder)
        if all(entry.kind is not EntryKind.LINK for entry in entries):
            return  # nearly always, and much cheaper than to walk every tree
        for place, digest in self.looked_at():
            if is_tree(digest):
                for path, entry in leaves(digest, self.manifests.__getitem__):
                    if entry.kind is EntryKind.LINK and _leads_out(path, entry.target):
                        yield place, path, entry.target

    def _scan(self, path: Path, kind: DataKind, ignore: Ignore | None) -> Artifact:
        if kind is DataKind.FILE:
            return self.scanner.file(path)
        tree = self.scanner.tree(path, ignore)
        self.manifests.update(tree.folders)
        return Artifact(tree.digest, tree.size_bytes)


class PresentSources:
    """A ``Sources`` that only looks whether things are there, for checks that must be quick."""

    def data(self, path: Path) -> tuple[DataKind, Artifact | None]:
        """See ``Sources.data``."""
        return _kind(path), None

    def code(self, path: Path) -> Artifact | None:
        """See ``Sources.code``."""
        _require_folder(path)
        return None


def _leads_out(path: str, target: str) -> bool:
    inside = os.path.normpath(os.path.join(os.path.dirname(path), target))  # noqa: PTH118, PTH120 - text, not files
    return target.startswith("/") or inside == ".." or inside.startswith("../")


def _kind(path: Path) -> DataKind:
    return DataKind.FOLDER if stat.S_ISDIR(path.stat().st_mode) else DataKind.FILE


def _require_folder(path: Path) -> None:
    if not stat.S_ISDIR(path.stat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
