"""Providers, found by entry point."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from mlctl.registry import ProviderBroken, Registry

PROVIDER = """
class Provider:
    name = "fake"
    resource_types = {("compute", "good"): "type", ("compute", "other"): "type"}

def provider():
    return Provider()
"""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry with a good provider and two broken ones beside what is installed."""
    info = tmp_path / "fakes-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fakes\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[mlctl.providers]\ngood = fakes_good:provider\nmissing = fakes_nowhere:provider\n"
        "nameless = fakes_good:nothing\n"
    )
    (tmp_path / "fakes_good.py").write_text(PROVIDER)
    monkeypatch.syspath_prepend(str(tmp_path))
    return Registry()


def test_a_provider_is_loaded_when_its_label_is_asked_for(registry: Registry) -> None:
    sys.modules.pop("fakes_good", None)
    assert ("compute", "nothing") not in registry
    assert "fakes_good" not in sys.modules

    assert str(registry["compute", "good"]) == "type"
    assert registry.provider_name("compute", "good") == "fake"


def test_what_nobody_offers_is_not_there(registry: Registry) -> None:
    assert registry.get(("compute", "nothing")) is None
    assert registry.get(("datastore", "good")) is None
    assert registry.provider_name("compute", "nothing") == ""
    assert registry.provider_name("compute", "") == ""
    assert registry.provider_name("datastore", "good") == ""


@pytest.mark.parametrize("label", ["missing", "nameless"])
def test_a_broken_provider_says_so(registry: Registry, label: str) -> None:
    with pytest.raises(ProviderBroken, match=f'"{label}" cannot be loaded') as broken:
        registry["compute", label]

    assert broken.value.hint


def test_installed_providers_offer_their_types() -> None:
    registry = Registry()
    listed = list(registry)

    assert ("compute", "local") in listed
    assert len(registry) == len(listed) == len(set(listed))
    assert {label for _, label in listed} <= {e.name for e in entry_points(group="mlctl.providers")}
