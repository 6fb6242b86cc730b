"""Where a wheel fits, told by its file name (PEP 425, PEP 427).

Coarser than an installer: it knows the operating system and the architecture, not the version of
a C library, so that two machines of one platform always get the same answer. What it does not
understand it keeps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_INTERPRETER = re.compile(r"(py|cp|pp)(\d)(\d*)")
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "i386": "i686", "x86": "i686"}
_APPLE_MACHINES = {"x86_64": ("x86_64", "universal2", "intel"), "aarch64": ("arm64", "universal2")}
_WINDOWS_TAGS = {"x86_64": "win_amd64", "aarch64": "win_arm64", "i686": "win32"}
_SYSTEM_PREFIXES = {
    "linux": ("linux_", "manylinux", "musllinux"),
    "darwin": ("macosx_",),
    "windows": ("win",),
}


@dataclass(frozen=True, slots=True)
class _Tags:
    interpreters: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]


def fits_python(file_name: str, python: str) -> bool:
    """True when a wheel may be installed in a Python of this version, ``3.11`` or ``3.11.7``."""
    tags = _tags(file_name)
    if tags is None:
        return True
    major, minor = (int(part) for part in python.split(".")[:2])
    return any(_interpreter_fits(tag, tags.abis, major, minor) for tag in tags.interpreters)


def fits_platform(file_name: str, system: str, machine: str) -> bool:
    """True when a wheel may be installed on this operating system and architecture.

    Args:
        file_name: Of a wheel; anything else fits everywhere.
        system: ``linux``, ``darwin`` or ``windows``.
        machine: As ``normal_machine`` spells it.
    """
    tags = _tags(file_name)
    return tags is None or any(_platform_fits(tag, system, machine) for tag in tags.platforms)


def normal_machine(machine: str) -> str:
    """One name for an architecture that systems name differently: ``arm64`` is ``aarch64``."""
    lowered = machine.lower()
    return _MACHINES.get(lowered, lowered)


def _tags(file_name: str) -> _Tags | None:
    parts = file_name.removesuffix(".whl").split("-")
    if not file_name.endswith(".whl") or len(parts) < 5:
        return None
    interpreters, abis, platforms = (tuple(part.split(".")) for part in parts[-3:])
    return _Tags(interpreters, abis, platforms)


def _interpreter_fits(tag: str, abis: tuple[str, ...], major: int, minor: int) -> bool:
    match = _INTERPRETER.fullmatch(tag)
    if match is None:
        return True
    family, tag_major, tag_minor = match[1], int(match[2]), match[3]
    if tag_major != major:
        return False
    if not tag_minor:
        return True
    if family == "py" or "abi3" in abis:
        return int(tag_minor) <= minor
    return int(tag_minor) == minor


def _platform_fits(tag: str, system: str, machine: str) -> bool:
    if tag == "any":
        return True
    known = [name for name, starts in _SYSTEM_PREFIXES.items() if tag.startswith(starts)]
    if not known:
        return True
    if system not in known:
        return False
    match system:
        case "windows":
            return tag == _WINDOWS_TAGS.get(machine, tag)
        case "darwin":
            return tag.endswith(_APPLE_MACHINES.get(machine, (machine,)))
        case _:
            return tag.endswith(f"_{machine}")
