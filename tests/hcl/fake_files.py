"""Files that exist only in a mapping, for functions that read files."""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class FakeFiles:
    """A ``FileAccess`` over a mapping from paths to contents; it remembers what was read."""

    contents: Mapping[str, bytes]
    read: list[str] = field(default_factory=list)

    def read_bytes(self, path: str) -> bytes:
        if self._is_folder(path):
            raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
        if path not in self.contents:
            raise FileNotFoundError(path)
        self.read.append(path)
        return self.contents[path]

    def exists(self, path: str) -> bool:
        if self._is_folder(path):
            raise IsADirectoryError(path)
        return path in self.contents

    def absolute(self, path: str) -> str:
        return posixpath.normpath(f"/module/{path}")

    def home(self) -> str:
        return "/home/someone"

    def files_below(self, path: str) -> list[str]:
        folder = "" if path == "." else f"{path}/"
        return [name.removeprefix(folder) for name in self.contents if name.startswith(folder)]

    def _is_folder(self, path: str) -> bool:
        return any(name.startswith(f"{path}/") for name in self.contents)
