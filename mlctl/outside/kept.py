"""Kept results and artifacts, as a plan looks at them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mlctl.core.address import Address
from mlctl.core.digest import Digest, is_tree
from mlctl.core.errors import MlctlError
from mlctl.core.result import ResultRecord
from mlctl.core.state import State
from mlctl.outside.sources import ScannedSources
from mlctl.plan.world import TreeChanges
from mlctl.state.paths import output_path
from mlctl.store.local import LocalStore
from mlctl.store.results import Results
from mlctl.store.tree import Entry, diff_trees


class KeptInStore:
    """A ``Kept`` over the local store.

    What the state names is looked up in bulk at first use: a plan of a thousand steps asks the
    disk a few times, not a few thousand.
    """

    def __init__(
        self, store: LocalStore, results: Results, sources: ScannedSources, data_dir: Path
    ) -> None:
        self._store = store
        self._results = results
        self._sources = sources
        self._data_dir = data_dir
        self._found: dict[Digest, ResultRecord] = {}
        self._asked: set[Digest] = set()
        self._missing: set[Digest] = set()

    def prepare(self, state: State) -> None:
        """Look up everything the state names, in bulk."""
        steps = state.steps.values()
        self._found = self._results.find_many(record.fingerprint for record in steps)
        outputs = (out for found in self._found.values() for out in found.outputs.values())
        self._asked = {out.artifact.digest for out in outputs}
        self._missing = self._store.present(self._asked)

    def find(self, fingerprint: Digest) -> ResultRecord | None:
        """See ``Kept.find``."""
        return self._found.get(fingerprint) or self._results.find(fingerprint)

    def missing(self, digests: Iterable[Digest]) -> set[Digest]:
        """See ``Kept.missing``."""
        wanted = set(digests)
        unasked = wanted - self._asked
        if unasked:
            self._missing |= self._store.present(unasked)
            self._asked |= unasked
        return wanted & self._missing

    def tree_changes(self, before: Digest, after: Digest) -> TreeChanges:
        """See ``Kept.tree_changes``."""
        if not (is_tree(before) and is_tree(after)):
            return TreeChanges()
        try:
            found = diff_trees(before, after, self._manifest)
        except MlctlError:
            return TreeChanges()  # the older files are not kept any more; the digests still differ
        return TreeChanges(found.changed, found.added, found.removed)

    def _manifest(self, digest: Digest) -> tuple[Entry, ...]:
        seen = self._sources.manifests.get(digest)
        return self._store.manifest(digest) if seen is None else seen

    def is_published(self, output: Address, digest: Digest) -> bool:
        """See ``Kept.is_published``."""
        return self._store.published_ok(digest, output_path(self._data_dir, output))
