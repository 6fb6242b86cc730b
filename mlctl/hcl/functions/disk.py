"""The files of a module on disk, and a record of what was read: the one place that opens files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class DiskFiles:
    """File access for the functions of one module.

    Attributes:
        base: The module's folder, which relative paths start from.
        cwd: What ``abspath`` starts from: where the command was called.
    """

    base: Path
    cwd: Path
    _digests: dict[str, str] = field(default_factory=dict)

    @property
    def digests(self) -> Mapping[str, str]:
        """The SHA-256, in hexadecimal, of every file read so far, by its path."""
        return self._digests

    def read_bytes(self, path: str) -> bytes:
        """The content of a file. Raises OSError, FileNotFoundError among them."""
        found = self._resolve(path)
        data = found.read_bytes()
        self._digests[str(found)] = hashlib.sha256(data).hexdigest()
        return data

    def exists(self, path: str) -> bool:
        """True when there is a regular file; raises OSError when there is something else."""
        found = self._resolve(path)
        if not found.exists():
            return False
        if found.is_dir():
            raise IsADirectoryError(str(found))
        if not found.is_file():
            raise OSError(f"{found} is not a regular file")
        return True

    def absolute(self, path: str) -> str:
        """The path from the root of the file system, without ``.`` and ``..``."""
        return Path(os.path.normpath(self.cwd / path)).as_posix()

    def home(self) -> str:
        """The user's folder."""
        return str(Path.home())

    def files_below(self, path: str) -> list[str]:
        """All regular files below a folder, relative to it with ``/``; none where it is absent."""
        root = self._resolve(path)
        return [
            (Path(folder) / name).relative_to(root).as_posix()
            for folder, _, names in os.walk(root)
            for name in names
            if (Path(folder) / name).is_file()
        ]

    def _resolve(self, path: str) -> Path:
        return Path(os.path.normpath(self.base / Path(path).expanduser()))
