"""The lock files of environments, beside the configuration."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.config.ports import Requested, Software
from mlctl.core.errors import MlctlError
from mlctl.environments.catalog import Current, status
from mlctl.environments.conda import load_conda_file
from mlctl.environments.declaration import Declaration, read_declaration
from mlctl.environments.entry import Problem
from mlctl.environments.lockfile import Lock, lock_name, read_lock, write_lock
from mlctl.environments.markers import target
from mlctl.environments.requirements import load_requirements_file
from mlctl.environments.resolve import Mode, resolve


@dataclass
class RequirementsInvalid(MlctlError):
    """Requirements that cannot be used."""

    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "; ".join(f'"{p.text}": {p.why}' for p in self.problems)


@dataclass(slots=True)
class LockFiles:
    """A ``Locks`` over the folder of a configuration.

    Attributes:
        root: The folder.
        notices: What the translation of conda files changes, by file, as whole sentences.
    """

    root: Path
    notices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _known: dict[str, tuple[Requested, Software | None]] = field(default_factory=dict)

    def current(self, requested: Requested) -> Software | None:
        """See ``Locks.current``."""
        known = self._known.get(requested.name)
        if known is None or known[0] != requested:
            known = self._known[requested.name] = (requested, self._read(requested))
        return known[1]

    def _read(self, requested: Requested) -> Software | None:
        declaration = self.declaration(requested)
        problems = read_declaration(declaration).problems
        if problems:
            raise RequirementsInvalid(tuple(problems))
        found = status(declaration, read_lock(self.path(requested)))
        return self._software(found.lock) if isinstance(found, Current) else None

    def renew(
        self, requested: Requested, report: Callable[[str], None], mode: Mode | None = None
    ) -> Software:
        """Resolve what is asked for and write the lock file.

        Raises:
            MlctlError: It cannot be resolved or written.
        """
        path = self.path(requested)
        lock = resolve(
            self.declaration(requested),
            read_lock(path),
            folder=self.root,
            report=report,
            mode=mode or Mode(),
        )
        write_lock(path, lock)
        software = self._software(lock)
        self._known[requested.name] = (requested, software)
        return software

    def path(self, requested: Requested) -> Path:
        """The lock file's place."""
        return self.root / lock_name(requested.name)

    def declaration(self, requested: Requested) -> Declaration:
        """What is asked for, with the files it names read."""
        file, conda = requested.requirements_file, requested.conda_file
        translated = load_conda_file(self.root, conda) if conda else None
        if conda and translated is not None and translated.differences:
            self.notices[conda] = translated.differences
        return Declaration(
            name=requested.name,
            python=requested.python,
            requirements=requested.requirements,
            requirements_file=load_requirements_file(self.root, file) if file else None,
            conda_file=translated,
        )

    def _software(self, lock: Lock) -> Software:
        here = target(f"{platform.system().lower()}/{platform.machine()}")
        return Software(lock.software(here, self.root), lock.versions(here))
