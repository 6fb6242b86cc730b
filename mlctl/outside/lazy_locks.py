"""Lock files for a session: whatever reads and makes them is loaded with the first environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from mlctl.config.ports import Requested, Software


class RenewableLocks(Protocol):
    """Locks that can be made; ``mlctl.outside.locks.LockFiles`` are some."""

    @property
    def notices(self) -> Mapping[str, tuple[str, ...]]:
        """What people should know of the files that were read, by file."""

    def current(self, requested: Requested) -> Software | None:
        """See ``mlctl.config.ports.Locks.current``."""

    def renew(self, requested: Requested, report: Callable[[str], None]) -> Software:
        """Resolve what is asked for and write the lock file.

        Raises:
            MlctlError: It cannot be resolved or written.
        """


class LazyLocks:
    """``RenewableLocks`` that cost nothing where no environment is declared."""

    def __init__(self, root: Path) -> None:
        """Use the lock files of the configuration in a folder."""
        self._root = root
        self._files: RenewableLocks | None = None

    def current(self, requested: Requested) -> Software | None:
        """See ``RenewableLocks``."""
        return self._loaded().current(requested)

    def renew(self, requested: Requested, report: Callable[[str], None]) -> Software:
        """See ``RenewableLocks``."""
        return self._loaded().renew(requested, report)

    @property
    def notices(self) -> Mapping[str, tuple[str, ...]]:
        """See ``RenewableLocks``."""
        return {} if self._files is None else self._files.notices

    def _loaded(self) -> RenewableLocks:
        if self._files is None:
            # A tenth of the time in which a plan without environments starts.
            from mlctl.outside.locks import LockFiles

            self._files = LockFiles(self._root)
        return self._files
