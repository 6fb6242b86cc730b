"""Digests: content addresses that stay the same on every machine and in every run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import NewType

Digest = NewType("Digest", str)
"""Algorithm and 64 lower-case hex digits: ``sha256:…`` for bytes, ``sha256-tree:…`` for a folder.

A folder's hex is the SHA-256 of its manifest, so one look tells what a digest stands for.
"""

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
"""What JSON can carry."""

FILE = "sha256"
TREE = "sha256-tree"
_DIGEST = re.compile(rf"(?:{FILE}|{TREE}):[0-9a-f]{{64}}")


def canonical(value: Json) -> bytes:
    """One spelling for equal values: sorted keys, no blanks, UTF-8.

    Raises:
        ValueError: ``value`` holds NaN or an infinity, which JSON cannot spell.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False
    ).encode("utf-8", "surrogatepass")


def digest(tag: str, value: Json) -> Digest:
    """Hash a value in its canonical spelling, together with what it is.

    The tag keeps a step whose fields spell a dataset from ever sharing its digest, and because
    the pair is encoded as one JSON array no two pairs spell the same bytes.
    """
    return of_bytes(canonical([tag, value]))


def of_bytes(content: bytes) -> Digest:
    """The digest of a file's content; equal to what ``sha256sum`` prints, after the prefix."""
    return Digest(f"{FILE}:{hashlib.sha256(content).hexdigest()}")


def is_tree(of: Digest) -> bool:
    """True when the digest stands for a folder."""
    return of.startswith(TREE + ":")


def hex_of(of: Digest) -> str:
    """The hex digits alone."""
    return of.partition(":")[2]


def short(of: Digest) -> str:
    """Enough of a digest for people to tell two apart."""
    return hex_of(of)[:12]


def parse_digest(text: str) -> Digest:
    """Read a whole digest.

    Raises:
        ValueError: ``text`` is not one.
    """
    if _DIGEST.fullmatch(text) is None:
        raise ValueError(f"not a digest: {text!r} (expected sha256: and 64 hex digits)")
    return Digest(text)
