"""Which blobs a digest needs: itself, and for a folder everything below it."""

from __future__ import annotations

from collections.abc import Iterator

from mlctl.core.digest import Digest, hex_of, is_tree
from mlctl.core.errors import MissingContent
from mlctl.store.tree import EntryKind, Manifests


class Reach:
    """Answers by walking manifests, once a folder: a digest's meaning never changes."""

    def __init__(self, manifests: Manifests) -> None:
        """Remember nothing yet."""
        self._manifests = manifests
        self._known: dict[Digest, frozenset[str]] = {}

    def of(self, digest: Digest) -> frozenset[str] | None:
        """The names of every blob needed; None when a manifest among them is not to be had."""
        if not is_tree(digest):
            return frozenset({hex_of(digest)})
        known = self._known.get(digest)
        if known is None:
            try:
                known = frozenset(self._walk(digest))
            except MissingContent:
                return None
            self._known[digest] = known
        return known

    def as_far_as_possible(self, digest: Digest) -> frozenset[str]:
        """As ``of``; of a broken folder what can be found, with the manifest that is missing."""
        found: set[str] = set()
        try:
            found.update(self._known.get(digest) or self._walk(digest))
        except MissingContent as error:
            found.add(hex_of(Digest(error.digest)))
        return frozenset(found)

    def _walk(self, digest: Digest) -> Iterator[str]:
        yield hex_of(digest)
        if is_tree(digest):
            for entry in self._manifests(digest):
                if entry.kind is EntryKind.FOLDER:
                    yield from self._walk(Digest(entry.target))
                elif entry.kind is not EntryKind.LINK:
                    yield hex_of(Digest(entry.target))
