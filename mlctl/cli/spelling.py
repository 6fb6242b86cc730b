"""How options are spelled: Terraform's one dash means the same as two."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ONE_DASH = re.compile(r"-[A-Za-z][A-Za-z0-9-]+(?:=.*)?", re.DOTALL)
"""A dash and a name of at least two characters. ``-f``, ``-`` and ``-5`` are no such words."""


def two_dashes(words: Iterable[str]) -> list[str]:
    """The words of a command line with ``-out=p`` as ``--out=p``.

    What stands after ``--`` is left as it is. A value that looks like an option must be joined to
    its own option, as in ``--out=-odd-name``.
    """
    found: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            return [*found, word, *rest]
        found.append(f"-{word}" if _ONE_DASH.fullmatch(word) else word)
    return found
