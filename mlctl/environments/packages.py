"""Locked packages, as values: what a lock pins, whatever file it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mlctl.core.reason import PackageChange


class FileKind(StrEnum):
    """What a locked file is; the values are the keys of PEP 751."""

    WHEEL = "wheels"
    SDIST = "sdist"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class LockedFile:
    """A file that is installed, or built and then installed. One of ``url`` and ``path`` is set.

    Attributes:
        name: The file's name; of a wheel it tells where the wheel fits.
        sha256: Of the bytes, 64 hex digits.
        url: Where it can be had, without credentials.
        path: Where it lies, relative to the lock's folder, with forward slashes.
        size_bytes: None: not known.
        subdirectory: Where in an archive the package begins.
    """

    kind: FileKind
    name: str
    sha256: str
    url: str | None = None
    path: str | None = None
    size_bytes: int | None = None
    subdirectory: str | None = None

    @property
    def identity(self) -> str:
        """What makes it the same file wherever it comes from."""
        inside = f"#{self.subdirectory}" if self.subdirectory else ""
        return f"sha256:{self.sha256}{inside}"


@dataclass(frozen=True, slots=True)
class LockedCommit:
    """A commit of a source repository; it is built where it is installed."""

    vcs: str
    url: str
    commit: str
    subdirectory: str | None = None

    @property
    def identity(self) -> str:
        """What makes it the same source wherever it comes from."""
        inside = f"#{self.subdirectory}" if self.subdirectory else ""
        return f"{self.vcs}:{self.commit}{inside}"


Artifact = LockedFile | LockedCommit


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """One package at one version.

    Attributes:
        name: Normalised (PEP 503).
        version: Empty for a source whose version only its build tells.
        marker: Where it is needed (PEP 508); None: everywhere.
        artifacts: What may be installed, for all platforms.
    """

    name: str
    version: str
    marker: str | None
    artifacts: tuple[Artifact, ...]

    @property
    def is_built(self) -> bool:
        """True when no wheel exists, so that installing it runs its build code."""
        return not any(
            isinstance(a, LockedFile) and a.name.endswith(".whl") for a in self.artifacts
        )


def package_diff(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[PackageChange, ...]:
    """The packages that differ, by name; equal ones are left out."""
    names = sorted(before.keys() | after.keys())
    changes = (PackageChange(name, before.get(name), after.get(name)) for name in names)
    return tuple(change for change in changes if change.before != change.after)
