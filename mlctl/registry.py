"""Providers, found by entry point and loaded only when a configuration names what they offer.

The name of an entry point in the group ``mlctl.providers`` is a type label, as ``ssh`` in
``compute "ssh" "gpu"``; a provider with several labels registers each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

from mlctl.core.errors import MlctlError
from mlctl.core.provider import Provider, ResourceType

GROUP = "mlctl.providers"


@dataclass
class ProviderBroken(MlctlError):
    """An installed provider cannot be loaded."""

    label: str
    why: str

    hint = "Install it again, or remove it."

    def __str__(self) -> str:
        return f'the provider for "{self.label}" cannot be loaded: {self.why}'


class Registry(Mapping[tuple[str, str], ResourceType]):
    """The resource types of all installed providers, by kind and type label.

    Asking for one label loads that label's provider; going through all of them loads all.
    """

    def __init__(self) -> None:
        self._providers: dict[str, Provider] = {}

    def __getitem__(self, key: tuple[str, str]) -> ResourceType:
        provider = self._provider(key[1])
        if provider is None or key not in provider.resource_types:
            raise KeyError(key)
        return provider.resource_types[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        seen: set[tuple[str, str]] = set()
        for label in sorted(self._entries):
            provider = self._provider(label)
            assert provider is not None
            for key in provider.resource_types:
                if key[1] == label and key not in seen:
                    seen.add(key)
                    yield key

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def provider_name(self, kind: str, label: str) -> str:
        """The name of the provider that offers a type; empty when none does."""
        provider = self._provider(label) if label else None
        offered = provider is not None and (kind, label) in provider.resource_types
        return provider.name if provider is not None and offered else ""

    def _provider(self, label: str) -> Provider | None:
        if label not in self._providers:
            entry = self._entries.get(label)
            if entry is None:
                return None
            self._providers[label] = _load(entry)
        return self._providers[label]

    @cached_property
    def _entries(self) -> Mapping[str, EntryPoint]:
        return {entry.name: entry for entry in entry_points(group=GROUP)}


def _load(entry: EntryPoint) -> Provider:
    try:
        make: Callable[[], Provider] = entry.load()
    except (ImportError, AttributeError) as error:
        raise ProviderBroken(entry.name, str(error)) from error
    return make()
