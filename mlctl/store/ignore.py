"""What a snapshot of code leaves out."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

IGNORE_FILES = (".mlctlignore", ".amlignore", ".gitignore")
"""In order of precedence; one of the first kind anywhere above wins over one of the second."""

_FOLDERS = frozenset({".git", ".mlctl", "__pycache__"})
_FILES = frozenset({".git", *IGNORE_FILES})  # in a git work tree, .git is a file


class Ignore:
    """Decides by relative path; a folder that is left out is not looked into.

    mlctl's own files, git's, and compiled Python are always left out, and so are the ignore files
    themselves: they count by their effect only.
    """

    def __init__(self, patterns: tuple[str, ...] = (), prefix: str = "") -> None:
        r"""Make one from patterns.

        Args:
            patterns: Lines of a ``.gitignore``.
            prefix: Where the tree is below the folder that the patterns are written for, with
                ``/`` between and at the end; empty when it is that folder.
        """
        self._patterns = patterns
        self._prefix = prefix

    @classmethod
    def load(cls, folder: Path, stop: Path) -> Ignore:
        """The rules for the tree at ``folder``.

        The first kind of ignore file found in ``folder`` or above it is used, the nearest of its
        kind, and no other. ``stop`` is the last folder looked into; where ``folder`` is not below
        it, only ``folder`` is.

        Raises:
            OSError: The ignore file cannot be read.
        """
        start = Path(os.path.abspath(folder))  # noqa: PTH100  a linked folder is where its link is
        above = _up_to(start, Path(os.path.abspath(stop)))  # noqa: PTH100
        for name in IGNORE_FILES:
            for place in above:
                if (place / name).is_file():
                    text = (place / name).read_text(encoding="utf-8", errors="surrogateescape")
                    inside = start.relative_to(place).as_posix()
                    return cls(tuple(text.splitlines()), "" if inside == "." else inside + "/")
        return cls()

    def leaves_out(self, path: str, *, is_folder: bool) -> bool:
        """True when the tree is to be made without this entry.

        Args:
            path: Relative to the tree, with ``/`` between.
            is_folder: A pattern with a final ``/`` is for folders alone.
        """
        name = path.rpartition("/")[2]
        if is_folder:
            return name in _FOLDERS or self._match(f"{self._prefix}{path}/")
        return _is_ours(name) or self._match(self._prefix + path)

    @functools.cached_property
    def _match(self) -> Callable[[str], bool]:
        if not any(line.strip() and not line.startswith("#") for line in self._patterns):
            return _nothing
        from pathspec import GitIgnoreSpec  # heavy, and most plans need it for nothing

        return GitIgnoreSpec.from_lines(self._patterns).match_file


def _nothing(_: str) -> bool:
    return False


def _is_ours(name: str) -> bool:
    return name in _FILES or name.endswith(".pyc") or name.startswith("mlctl.state.json")


def _up_to(start: Path, stop: Path) -> tuple[Path, ...]:
    if stop != start and stop not in start.parents:
        return (start,)
    chain = (start, *start.parents)
    return chain[: chain.index(stop) + 1]
