"""Code and data at paths, through the local store and its ignore rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlctl.core.desired import Located
from mlctl.core.job import Artifact, DataKind
from mlctl.store.ignore import Ignore
from mlctl.store.local import LocalStore


@dataclass(frozen=True, slots=True)
class StoreSources:
    """A ``Sources`` over a local store.

    Attributes:
        root: The configuration's folder: ignore files are looked for up to here.
    """

    store: LocalStore
    root: Path

    def take(self, content: Located) -> Artifact:
        """Copy what is there now into the store."""
        return self.store.snapshot(content.path, content.kind, self._ignore(content))

    def look(self, content: Located) -> Artifact:
        """What is there now. Copies nothing."""
        if content.kind is DataKind.FILE:
            return self.store.scanner.file(content.path)
        tree = self.store.scanner.tree(content.path, self._ignore(content))
        return Artifact(tree.digest, tree.size_bytes)

    def _ignore(self, content: Located) -> Ignore | None:
        return Ignore.load(content.path, self.root) if content.code else None
