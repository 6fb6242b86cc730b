"""Making environments during apply: resolve what is asked for, write the lock file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from mlctl.apply.builtin import Kinds
from mlctl.config.ports import Requested
from mlctl.config.schemas import KINDS, TYPED_KINDS
from mlctl.config.software import inside, lock_name
from mlctl.core.address import Address
from mlctl.core.digest import Json
from mlctl.core.provider import Attributes, Context
from mlctl.core.secret import Secret
from mlctl.outside.lazy_locks import RenewableLocks
from mlctl.outside.session import Session


@dataclass(frozen=True, slots=True)
class EnvironmentLocks:
    """Completes environments; other kinds that mlctl keeps itself are complete as written.

    Called from worker threads, so it holds no evaluation: what it needs is in the attributes.

    Attributes:
        directories: Folder of each module, relative to the root, by the names of the calls.
    """

    locks: RenewableLocks
    directories: Mapping[tuple[str, ...], str]

    def complete(self, address: Address, planned: Attributes, context: Context) -> Attributes:
        """The object with every attribute.

        Raises:
            MlctlError: The environment cannot be resolved, or its lock not be written.
        """
        if address.kind != "environment" or planned.get("managed") is False:
            return planned
        requested = self._requested(address, planned)
        software = self.locks.current(requested) or self.locks.renew(requested, context.report)
        return {
            **planned,
            "lock_digest": software.lock.digest,
            "python_version": software.lock.python,
            "packages": dict(software.packages),
        }

    def _requested(self, address: Address, planned: Attributes) -> Requested:
        folder = self.directories[tuple(part.name for part in address.module)]
        listed = planned.get("requirements") or ()
        assert isinstance(listed, list | tuple)
        return Requested(
            name=lock_name(address),
            python=_text(planned.get("python")),
            requirements=tuple(str(one) for one in listed),
            requirements_file=inside(folder, _text(planned.get("requirements_file"))),
            conda_file=inside(folder, _text(planned.get("conda_file"))),
        )


def all_kinds(session: Session) -> Kinds:
    """Every kind of object a session can make: its providers' and those that mlctl keeps itself."""
    kept = {kind: schema for kind, schema in KINDS.items() if kind not in TYPED_KINDS}
    directories = {
        module.path: os.path.relpath(module.directory, session.invocation.root)
        for module in session.loaded.configuration.root.walk()
    }
    environments = EnvironmentLocks(session.locks, directories)
    return Kinds(session.loaded.registry, kept, environments.complete)


def _text(value: Json | Secret) -> str | None:
    return value if isinstance(value, str) else None
