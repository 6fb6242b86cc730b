"""Content out of the store, into a working folder."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlctl.core.digest import Digest, hex_of, is_tree
from mlctl.core.errors import MissingContent
from mlctl.store.blobs import Blobs
from mlctl.store.copying import copy_checked
from mlctl.store.files import refusals
from mlctl.store.hashing import CHUNK_BYTES, on_threads
from mlctl.store.intake import EXECUTABLE, READ_ONLY, UNLINKABLE
from mlctl.store.tree import Entry, EntryKind, Manifests

_WRITABLE = 0o644
_FOLDER = 0o755


def materialize(
    blobs: Blobs, manifests: Manifests, digest: Digest, destination: Path, *, writable: bool
) -> None:
    """Put a file or folder at ``destination``; all of it, or on an error nothing.

    Raises:
        FileExistsError: Something is there.
        MissingContent: The store lacks some of it.
        StoreFull: The disk is full.
        StoreUnwritable: The destination cannot be written.
    """
    # A link cannot be checked while it is made, so it is the blob's signature that must be right.
    link = not writable and blobs.links_protect
    mover = _Mover(blobs, writable=writable, link=link)
    with refusals(destination.parent):
        destination.parent.mkdir(parents=True, exist_ok=True)
        try:
            mover.place(digest, destination, manifests)
        finally:
            blobs.record(mover.linked)


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    path: str
    program: bool


class _Mover:
    """Places one artifact."""

    def __init__(self, blobs: Blobs, *, writable: bool, link: bool) -> None:
        self._blobs = blobs
        self._file_mode = _WRITABLE if writable else READ_ONLY
        self._link = link
        self._small: list[_File] = []
        self._large: list[_File] = []
        self.linked: list[str] = []

    def place(self, digest: Digest, destination: Path, manifests: Manifests) -> None:
        if not is_tree(digest):
            self._place_files([_File(hex_of(digest), str(destination), program=False)])
            return
        entries = manifests(digest)
        destination.mkdir()
        try:
            destination.chmod(_FOLDER)
            self._make_folder(entries, str(destination), manifests)
            self._place_files(self._small)
            self._place_files(self._large, on_threads)
        except BaseException:
            shutil.rmtree(destination, ignore_errors=True)
            raise

    def _make_folder(self, entries: tuple[Entry, ...], path: str, manifests: Manifests) -> None:
        for entry in entries:
            place = f"{path}/{entry.name}"
            match entry.kind:
                case EntryKind.FOLDER:
                    inner = manifests(Digest(entry.target))
                    os.mkdir(place)  # noqa: PTH102
                    os.chmod(place, _FOLDER)  # noqa: PTH101
                    self._make_folder(inner, place, manifests)
                case EntryKind.LINK:
                    os.symlink(entry.target, place)  # noqa: PTH211
                case EntryKind.FILE | EntryKind.PROGRAM:
                    several = self._small if entry.size_bytes < CHUNK_BYTES else self._large
                    program = entry.kind is EntryKind.PROGRAM
                    several.append(_File(hex_of(Digest(entry.target)), place, program))

    def _place_files(
        self,
        files: list[_File],
        how: Callable[[Callable[[_File], None], list[_File]], None] | None = None,
    ) -> None:
        if self._link:
            self._blobs.check({file.name for file in files}).require()
        if how is not None:
            how(self._place_file, files)
            return
        for file in files:
            self._place_file(file)

    def _place_file(self, file: _File) -> None:
        if self._link and self._make_link(file):
            self.linked.append(file.name)
            return
        source = self._blobs.path(file.name)
        mode = self._file_mode | (EXECUTABLE if file.program else 0)
        try:
            if not copy_checked(source, file.path, file.name, mode):
                raise self._blobs.condemn(file.name)
        except FileNotFoundError as error:
            if os.path.lexists(source):
                raise
            raise MissingContent(f"sha256:{file.name}") from error

    def _make_link(self, file: _File) -> bool:
        source = self._blobs.path(file.name)
        mode = self._file_mode | (EXECUTABLE if file.program else 0)
        if stat.S_IMODE(os.lstat(source).st_mode) != mode:
            return False  # one inode has one mode
        try:
            os.link(source, file.path)
        except OSError as error:
            if error.errno in UNLINKABLE:
                return False
            raise
        return True
