"""Which mlctl this is, for what it writes."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def mlctl_version() -> str:
    """The installed version; empty in a source tree that was never installed."""
    try:
        return version("mlctl")
    except PackageNotFoundError:
        return ""
