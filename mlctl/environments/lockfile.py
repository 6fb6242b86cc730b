"""The lock of an environment: reading it, writing it, and what it means on a target."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlctl.core.digest import Digest, Json, digest, parse_digest
from mlctl.core.errors import MlctlError
from mlctl.core.job import SoftwareLock
from mlctl.environments.asked import Asked
from mlctl.environments.markers import Target, holds
from mlctl.environments.packages import LockedFile, LockedPackage, package_diff
from mlctl.environments.pylock import (
    PylockInvalid,
    Table,
    optional_text_of,
    parse_pylock,
    table_of,
    text_of,
    texts_of,
)
from mlctl.environments.render import FORMAT, render
from mlctl.environments.wheeltags import fits_platform

__all__ = [
    "Lock",
    "LockUnreadable",
    "LockedPackage",
    "lock_name",
    "make_lock",
    "package_diff",
    "parse_lock",
    "read_lock",
    "write_lock",
]

_PYTHON = re.compile(r"\d+\.\d+(?:\.\d+)?")
_MEANING = 1
"""Raised when the same lock is to have another digest."""


@dataclass
class LockUnreadable(MlctlError):
    """A file stands where a lock should, and is none that mlctl can use."""

    path: str
    line: int | None
    why: str

    hint = (
        "Restore the file from version control, or remove it and make it anew with "
        "`mlctl env lock`."
    )

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}, line {self.line}"
        return f"The lock {where} cannot be used. {self.why}"


@dataclass(frozen=True, slots=True)
class Lock:
    """A resolved environment, for every platform.

    Attributes:
        python: Version of the interpreter, ``3.11`` or ``3.11.7``.
        packages: For all platforms; see ``on``.
        declared_digest: Of what was asked for when it was made.
        asked: The same in words, to say what differs now.
        text: The file.
    """

    python: str
    packages: tuple[LockedPackage, ...]
    declared_digest: Digest
    asked: Asked
    text: str

    def on(self, target: Target) -> tuple[LockedPackage, ...]:
        """What is needed on a target, with the files that fit there, sorted by name."""
        needed = (p for p in self.packages if holds(p.marker, target, self.python))
        fitting = (_fitting(package, target) for package in needed)
        return tuple(sorted(fitting, key=lambda p: (p.name, p.version)))

    def versions(self, target: Target) -> Mapping[str, str]:
        """Name to version on a target, to be laid beside another lock's.

        Two versions of one package, one for some patches of Python and one for the others, are
        given together: ``1.0, 1.1``.
        """
        found: dict[str, str] = {}
        for package in self.on(target):
            before = found.get(package.name)
            found[package.name] = f"{before}, {package.version}" if before else package.version
        return found

    def without_files(self, target: Target) -> tuple[str, ...]:
        """Packages that are needed on a target and have nothing that fits there."""
        return tuple(package.name for package in self.on(target) if not package.artifacts)

    def software(self, target: Target, folder: Path | None = None) -> SoftwareLock:
        """What an executor builds on a target.

        Args:
            target: The operating system and architecture.
            folder: The lock's folder, when the environment is built on this machine: local
                files are then named by their whole paths. The digest does not depend on it.
        """
        text = self.text
        if folder is not None and any(_is_local(package) for package in self.packages):
            text = render(self.python, self.packages, self.asked, folder)
        return SoftwareLock(self._digest_on(target), self.python, text)

    def _digest_on(self, target: Target) -> Digest:
        packages: list[Json] = [
            [package.name, package.version, sorted(a.identity for a in package.artifacts)]
            for package in self.on(target)
        ]
        meaning: Json = {"format": _MEANING, "python": self.python, "packages": packages}
        return digest("mlctl.environment.lock", meaning)


def lock_name(environment: str) -> str:
    """The name of an environment's lock (PEP 751), in the configuration's folder."""
    return f"pylock.{environment}.toml"


def make_lock(python: str, packages: tuple[LockedPackage, ...], asked: Asked) -> Lock:
    """A new lock with its text."""
    text = render(python, packages, asked)
    return Lock(python, packages, asked.digest, asked, text)


def read_lock(path: Path) -> Lock | None:
    """Read a lock; None when there is none.

    Raises:
        LockUnreadable: Something else stands there, or it is damaged.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LockUnreadable(str(path), None, f"{error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise LockUnreadable(str(path), None, "It is not a text in UTF-8.") from error
    return parse_lock(text, str(path))


def parse_lock(text: str, path: str) -> Lock:
    """Read a lock's text.

    Raises:
        LockUnreadable: It is no lock that mlctl made; ``path`` says which in the message.
    """
    try:
        found = parse_pylock(text)
    except PylockInvalid as error:
        raise LockUnreadable(path, error.line, error.why) from error
    if found.tool is None:
        raise LockUnreadable(path, None, "mlctl did not make it: it has no [tool.mlctl].")
    try:
        return _lock(found.packages, found.tool, text)
    except PylockInvalid as error:
        raise LockUnreadable(path, _tool_line(text), error.why) from error


def write_lock(path: Path, lock: Lock) -> None:
    """Put the lock in place at once: whoever reads sees the old file or the new one."""
    handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(lock.text)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; this one is to be shared like any other source file.
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _lock(packages: tuple[LockedPackage, ...], tool: Table, text: str) -> Lock:
    made = tool.get("format")
    if made != FORMAT:
        raise PylockInvalid(f"[tool.mlctl] has format {made}; this mlctl reads {FORMAT}.")
    table = table_of(tool, "asked")
    asked = Asked(
        optional_text_of(table, "python"),
        texts_of(table, "requirements"),
        texts_of(table, "constraints"),
        texts_of(table, "options"),
    )
    try:
        declared = parse_digest(text_of(table, "digest"))
    except ValueError as error:
        raise PylockInvalid("[tool.mlctl.asked] has no valid digest.") from error
    python = text_of(tool, "python")
    if _PYTHON.fullmatch(python) is None:
        raise PylockInvalid(f"[tool.mlctl] names no Python version: {python!r}.")
    return Lock(python, packages, declared, asked, text)


def _tool_line(text: str) -> int | None:
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if line.startswith("[tool.mlctl")), None)


def _fitting(package: LockedPackage, target: Target) -> LockedPackage:
    def fits(artifact: object) -> bool:
        if not isinstance(artifact, LockedFile):
            return True
        return fits_platform(artifact.name, target.system, target.machine)

    kept = tuple(artifact for artifact in package.artifacts if fits(artifact))
    return LockedPackage(package.name, package.version, package.marker, kept)


def _is_local(package: LockedPackage) -> bool:
    return any(isinstance(a, LockedFile) and a.path is not None for a in package.artifacts)
