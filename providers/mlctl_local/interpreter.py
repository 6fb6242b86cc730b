"""How jobs that bring no environment find the interpreter of their target."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mlctl.kit import trees

_NAMES = ("python", "python3")


def search_folder(root: Path, python: Path) -> Path:
    """A folder in which ``python`` and ``python3`` are this interpreter.

    Its own folder where that has both names: a virtual environment must be started by the path
    inside it, and brings the programs of its packages. Otherwise a folder of two links.
    """
    own = python.parent
    if all(_is_same(own / name, python) for name in _NAMES):
        return own
    links = root / "pythons" / hashlib.sha256(str(python).encode()).hexdigest()[:16]
    if not links.exists():
        links.parent.mkdir(parents=True, exist_ok=True)
        with trees.built_beside(links) as new:
            for name in _NAMES:
                (new / name).symlink_to(python)
            trees.put(new, links)
    return links


def _is_same(path: Path, python: Path) -> bool:
    try:
        return path.samefile(python)
    except FileNotFoundError:
        return False
