"""Markers (PEP 508): does a package belong on a target?

The one module of the lock's side that needs ``packaging``, imported on first use: a configuration
without environments never pays for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlctl.environments.wheeltags import normal_machine

_LAST_PATCH = 99
_SYSTEMS = {
    "linux": ("posix", "linux", "Linux"),
    "darwin": ("posix", "darwin", "Darwin"),
    "windows": ("nt", "win32", "Windows"),
}
_MACHINE_SPELLINGS = {
    ("darwin", "aarch64"): "arm64",
    ("windows", "aarch64"): "ARM64",
    ("windows", "x86_64"): "AMD64",
}


class MarkerInvalid(ValueError):
    """The text is not a marker; says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """What software runs on: an operating system and an architecture, nothing finer.

    Attributes:
        system: ``linux``, ``darwin`` or ``windows``.
        machine: ``x86_64``, ``aarch64``, …
    """

    system: str
    machine: str


def target(platform: str) -> Target:
    """The target of a platform, written ``linux/x86_64`` as in a step's fingerprint.

    Raises:
        ValueError: It has another shape.
    """
    system, slash, machine = platform.partition("/")
    if not (system and slash and machine):
        raise ValueError(f"not a platform: {platform!r} (expected system/architecture)")
    return Target(system.lower(), normal_machine(machine))


def check_marker(marker: str) -> None:
    """Make sure that a marker can be asked.

    Raises:
        MarkerInvalid: It cannot.
    """
    holds(marker, Target("linux", "x86_64"), "3.11")


def holds(marker: str | None, on: Target, python: str) -> bool:
    """True when a package with this marker may be needed on the target.

    A Python without a patch, ``3.11``, stands for all of its patches.

    Raises:
        MarkerInvalid: The text is not a marker.
    """
    if marker is None:
        return True
    from packaging.markers import (
        InvalidMarker,
        Marker,
        UndefinedComparison,
        UndefinedEnvironmentName,
    )

    try:
        question = Marker(marker)
        return any(question.evaluate(dict(env)) for env in _environments(on, python))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName) as error:
        raise MarkerInvalid(str(error)) from error


def _environments(on: Target, python: str) -> Iterable[dict[str, str]]:
    exact = python.count(".") >= 2
    patches = (python,) if exact else (f"{python}.0", f"{python}.{_LAST_PATCH}")
    return (_environment(on, full) for full in patches)


def _environment(on: Target, full_version: str) -> dict[str, str]:
    os_name, sys_platform, system = _SYSTEMS.get(on.system, ("posix", on.system, on.system))
    return {
        "implementation_name": "cpython",
        "implementation_version": full_version,
        "os_name": os_name,
        "platform_machine": _MACHINE_SPELLINGS.get((on.system, on.machine), on.machine),
        # What only the machine itself can tell is left empty: two machines of one platform must
        # not get two digests because their kernels differ.
        "platform_release": "",
        "platform_version": "",
        "platform_system": system,
        "python_full_version": full_version,
        "platform_python_implementation": "CPython",
        "python_version": ".".join(full_version.split(".")[:2]),
        "sys_platform": sys_platform,
        "extra": "",
    }
