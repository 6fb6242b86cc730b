"""The options of a plan in its saved form."""

from __future__ import annotations

from collections.abc import Mapping

from mlctl.core.address import Address
from mlctl.core.digest import Json
from mlctl.core.plan import PlanMode
from mlctl.plan.world import Options


def options_json(options: Options) -> dict[str, Json]:
    """What ``options_of`` reads."""
    return {
        "mode": options.mode.value,
        "targets": [str(a) for a in options.targets],
        "excludes": [str(a) for a in options.excludes],
        "replace": [str(a) for a in options.replace],
        "no_reuse": options.no_reuse,
        "pipeline": str(options.pipeline) if options.pipeline else None,
    }


def options_of(raw: Mapping[str, Json]) -> Options:
    """The options that were written."""
    pipeline = raw["pipeline"]
    return Options(
        mode=PlanMode(str(raw["mode"])),
        targets=addresses(raw["targets"]),
        excludes=addresses(raw["excludes"]),
        replace=addresses(raw["replace"]),
        no_reuse=raw["no_reuse"] is True,
        pipeline=Address.parse(str(pipeline)) if pipeline else None,
    )


def addresses(raw: Json) -> tuple[Address, ...]:
    """Addresses from a list of their texts."""
    assert isinstance(raw, list)
    return tuple(Address.parse(str(text)) for text in raw)
