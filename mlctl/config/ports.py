"""What evaluation asks of the outside, and how it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mlctl.core.digest import Json
from mlctl.core.job import Artifact, DataKind, SoftwareLock
from mlctl.core.secret import Secret


class Sources(Protocol):
    """Content at paths: code folders and local data."""

    def data(self, path: Path) -> tuple[DataKind, Artifact | None]:
        """The shape and content of a file or folder; None where only its presence was looked at.

        Raises:
            OSError: It is not there or cannot be read.
            MlctlError: It holds what cannot be kept, such as a socket.
        """

    def code(self, path: Path) -> Artifact | None:
        """The content of a code folder after ignore rules; None as above.

        Raises:
            OSError: It is not there or cannot be read.
            MlctlError: As above.
        """


@dataclass(frozen=True, slots=True)
class Software:
    """A locked environment, as far as keys and people need it."""

    lock: SoftwareLock
    packages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Requested:
    """What an environment asks for.

    Attributes:
        name: Of the lock file: ``pylock.<name>.toml``.
        requirements_file: Its path, relative to the root folder, when one is named; likewise
            ``conda_file``.
    """

    name: str
    python: str | None
    requirements: tuple[str, ...]
    requirements_file: str | None = None
    conda_file: str | None = None


class Locks(Protocol):
    """The lock files beside the configuration."""

    def current(self, requested: Requested) -> Software | None:
        """The lock for what is asked; None when there is none, or it was made for something else.

        Raises:
            OSError: The requirements file cannot be read.
            MlctlError: A lock file is damaged.
        """


class Foresight(Protocol):
    """What a provider can tell of an object before it is made."""

    def __call__(
        self, kind: str, type_label: str, attributes: Mapping[str, Json | Secret]
    ) -> Mapping[str, Json | Secret]:
        """Computed attributes already known; empty when there are none."""


class Seal(Protocol):
    """A keyed digest of a secret text, the same wherever results are shared."""

    def __call__(self, text: str) -> str:
        """The digest, from which the text cannot be had."""
