"""The provider's entry point."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mlctl.core.provider import ResourceType
from mlctl_local.compute import LocalCompute
from mlctl_local.datastore import LocalDatastore


class LocalProvider:
    """Everything this machine offers by itself; see ``mlctl.core.provider.Provider``."""

    name = "local"

    def __init__(self) -> None:
        self.resource_types: Mapping[tuple[str, str], ResourceType] = MappingProxyType(
            {("compute", "local"): LocalCompute(), ("datastore", "local"): LocalDatastore()}
        )


def provider() -> LocalProvider:
    """What the entry point ``local`` of the group ``mlctl.providers`` names."""
    return LocalProvider()
