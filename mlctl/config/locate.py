"""Paths and addresses of data, as people write them, to places on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlctl.config.ports import Seal, Sources
from mlctl.core.digest import Digest
from mlctl.core.errors import MlctlError

DATASTORE_SCHEME = "datastore://"


@dataclass
class UnsupportedLocation(MlctlError):
    """Data is said to be where this version cannot read it."""

    text: str

    def __str__(self) -> str:
        return f'"{self.text}" is at a place that this version of mlctl cannot read data from'


@dataclass(frozen=True, slots=True)
class Locator:
    """Finds content.

    Attributes:
        root: The configuration's folder.
        sources: Reads content at paths.
        datastore: The folder of a datastore by name and a path inside it. Raises MlctlError.
        is_stored: True for content that a step's result says the store holds.
        seal: Keyed digest of secret literals.
    """

    root: Path
    sources: Sources
    datastore: Callable[[str, str], Path]
    is_stored: Callable[[Digest], bool]
    seal: Seal

    def place(self, text: str, directory: Path) -> Path:
        """Where a path or address leads.

        Args:
            text: A path, ``datastore://NAME/PATH``, or ``file://`` and a path.
            directory: What relative paths start from.

        Raises:
            MlctlError: It leads to where data cannot be read from.
        """
        if text.startswith(DATASTORE_SCHEME):
            name, _, inside = text.removeprefix(DATASTORE_SCHEME).partition("/")
            return self.datastore(name, inside)
        text = text.removeprefix("file://")
        if "://" in text:
            raise UnsupportedLocation(text)
        return Path(directory, Path(text).expanduser())
