"""Durations and sizes as people write them: ``90s``, ``2h``, ``8GiB``."""

from __future__ import annotations

import re

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_DECIMAL, _BINARY = 1000, 1024
_BYTES = {"": 1, "B": 1} | {
    f"{prefix}{suffix}": base**power
    for power, prefix in enumerate(("K", "M", "G", "T"), start=1)
    for suffix, base in (("", _BINARY), ("B", _DECIMAL), ("i", _BINARY), ("iB", _BINARY))
}


def duration_s(text: str) -> float:
    """Seconds of a duration such as ``90s``, ``1h30m`` or ``500ms``.

    Raises:
        ValueError: It is not a duration.
    """
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text.replace(" ", ""):
        raise ValueError(f'"{text}" is not a duration; write a number and ms, s, m, h or d: "90s"')
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def size_bytes(text: str) -> int:
    """Bytes of a size such as ``8GiB``, ``500MB`` or ``4G`` (K, M, G and T alone are binary).

    Raises:
        ValueError: It is not a size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or match[2] not in _BYTES:
        raise ValueError(f'"{text}" is not a size; write a number and KiB, MiB, GiB or TiB: "8GiB"')
    return int(float(match[1]) * _BYTES[match[2]])
