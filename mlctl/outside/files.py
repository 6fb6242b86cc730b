"""The files that functions of the language may read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.core.digest import Digest, of_bytes


@dataclass(slots=True)
class ConfigurationFiles:
    """A ``FileAccess`` whose relative paths start at the configuration's folder.

    Attributes:
        read: Every file that was read, with what it held then.
    """

    root: Path
    read: dict[str, Digest] = field(default_factory=dict)

    def read_bytes(self, path: str) -> bytes:
        """The content of a file."""
        content = Path(self.absolute(path)).read_bytes()
        self.read[path] = of_bytes(content)
        return content

    def exists(self, path: str) -> bool:
        """True when there is a regular file."""
        place = Path(self.absolute(path))
        if place.is_dir():
            raise IsADirectoryError(f"{path} is a directory, not a file")
        if place.exists() and not place.is_file():
            raise OSError(f"{path} is not a regular file")
        return place.is_file()

    def absolute(self, path: str) -> str:
        """The path from the root of the file system."""
        return os.path.normpath(self.root / Path(path).expanduser())

    def home(self) -> str:
        """The folder that ``~`` stands for."""
        return str(Path.home())

    def files_below(self, path: str) -> list[str]:
        """All regular files below a folder, as paths relative to it."""
        base = self.absolute(path)
        found = []
        for folder, _, names in os.walk(base):
            relative = os.path.relpath(folder, base)
            for name in names:
                if (Path(folder) / name).is_file():
                    joined = name if relative == "." else f"{relative}/{name}"
                    found.append(joined.replace(os.sep, "/"))
        return sorted(found)
