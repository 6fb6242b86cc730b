"""Content by name: put in so that no half of it is ever seen, trusted only as far as it is known.

Names here are bare SHA-256 hex digits; folders are no concern of this module.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mlctl.core.digest import FILE, Digest
from mlctl.core.errors import MissingContent
from mlctl.core.provider import Report
from mlctl.store import process
from mlctl.store.copying import copy_checked, write_new
from mlctl.store.errors import CorruptContent, SourceMoved, StoreError, Unreadable
from mlctl.store.files import refusals, sync_all
from mlctl.store.hashing import TRIES, hash_once, on_threads, stamp
from mlctl.store.index import Index, Signature
from mlctl.store.tree import Stamp

READ_ONLY = 0o444
EXECUTABLE = 0o111
UNLINKABLE = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP}
"""How a system says that it makes no hard link here; copying is then the way."""

_NAME = re.compile("[0-9a-f]{64}")
_DAY_S = 86_400
_DAMAGED = {errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.EIO, errno.ENOENT}
"""A folder, a link, a socket or a bad sector where a blob should be, or nothing any more."""


@dataclass(frozen=True, slots=True)
class Written:
    """Content at hand."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Copied:
    """A file that stays as it is."""

    name: str
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that may become a link into the store, if it still is what was hashed."""

    name: str
    path: Path
    size_bytes: int
    stamp: Stamp


Source = Written | Copied | Taken


@dataclass(frozen=True, slots=True)
class Health:
    """What is not as it should be among some blobs.

    Attributes:
        missing: Not there.
        corrupt: Not what their name says, by the place they were moved to.
    """

    missing: frozenset[str]
    corrupt: dict[str, Path | None]

    @property
    def bad(self) -> frozenset[str]:
        """Those that cannot be used."""
        return self.missing | self.corrupt.keys()

    def require(self) -> None:
        """Pass when all is well.

        Raises:
            MissingContent: Something is not there.
            CorruptContent: Something is damaged.
        """
        for name, place in self.corrupt.items():
            raise CorruptContent(Digest(f"{FILE}:{name}"), place)
        for name in self.missing:
            raise MissingContent(f"{FILE}:{name}")


class Blobs:
    """The blobs below one folder. Safe to use from several threads and processes."""

    def __init__(self, root: Path, index: Index, report: Report) -> None:
        """Use the store at an absolute ``root``; remove what dead processes left unfinished."""
        self._root = root
        self._blobs = str(root / "blobs")
        self._index = index
        self._report = report
        self._numbers = itertools.count()
        self._token = secrets.token_hex(4)
        self._clean()

    def path(self, name: str) -> str:
        """Where a blob is, or would be."""
        return f"{self._blobs}/{name[:2]}/{name[2:]}"

    def name_at(self, text: str) -> str | None:
        """The blob that a path names; None when it names none of ours."""
        name = text.removeprefix(self._blobs + "/").replace("/", "", 1)
        return name if _NAME.fullmatch(name) and text == self.path(name) else None

    def names(self) -> list[str]:
        """Every blob there is."""
        try:
            shards = sorted(os.listdir(self._blobs))  # noqa: PTH208  names, not paths, are wanted
        except FileNotFoundError:
            return []
        return [
            shard + rest
            for shard in shards
            for rest in sorted(os.listdir(f"{self._blobs}/{shard}"))  # noqa: PTH208
        ]

    def check(self, names: Collection[str], *, thoroughly: bool = False) -> Health:
        """Look at blobs: one stat each, and a look inside only where that tells a change.

        What turns out to be damaged is moved to the quarantine.

        Args:
            names: The blobs.
            thoroughly: Hash every one, whatever its stat says.

        Raises:
            Unreadable: A blob may not be read.
        """
        known = {} if thoroughly else self._index.blobs(names)
        fresh: dict[str, Signature] = {}
        missing: set[str] = set()
        doubtful: list[str] = []
        for name in names:
            try:
                seen = os.lstat(self.path(name))
            except (FileNotFoundError, NotADirectoryError):
                missing.add(name)
                continue
            now, before = Signature.of(seen), known.get(name)
            if before is None or not stat.S_ISREG(seen.st_mode) or not before.still(now):
                doubtful.append(name)
            elif before != now:
                fresh[name] = now
        corrupt = self._look_inside(doubtful, fresh)
        self._index.put_blobs(fresh)
        return Health(frozenset(missing), corrupt)

    def read(self, name: str) -> bytes:
        """The whole content, checked.

        Raises:
            MissingContent: It is not there.
            CorruptContent: It is damaged.
        """
        try:
            content = Path(self.path(name)).read_bytes()
        except FileNotFoundError as error:
            raise MissingContent(f"{FILE}:{name}") from error
        if hashlib.sha256(content).hexdigest() != name:
            raise self.condemn(name)
        return content

    def condemn(self, name: str) -> CorruptContent:
        """Move a damaged blob away; the error to raise."""
        return CorruptContent(Digest(f"{FILE}:{name}"), self._quarantine(name))

    def record(self, names: Iterable[str]) -> None:
        """Remember the signatures of blobs that are known to be right, after linking them."""
        self._index.put_blobs({name: Signature.of(os.lstat(self.path(name))) for name in names})

    def add(self, sources: Sequence[Source]) -> None:
        """Take in what is not there yet. When this returns, it has survived a power cut.

        Raises:
            StoreFull: The disk is full; nothing was added.
            StoreUnwritable: The store cannot be written.
            SourceMoved: A file is no longer what was hashed.
        """
        wanted = {source.name: source for source in sources}
        lacking = self.check(wanted.keys()).bad
        if not lacking:
            return
        chosen = [source for source in wanted.values() if source.name in lacking]
        needed_bytes = sum(map(_size, chosen))
        with refusals(self._root, needed_bytes):
            Path(self._desk).mkdir(parents=True, exist_ok=True)
            staged: dict[str, str] = {}
            try:
                taken = [s for s in chosen if self._stage(s, staged)]
                sync_all(staged.values(), self._root)
                self._move_in(staged)
            except BaseException:
                _remove(staged.values())
                raise
            for source in taken:
                self._leave_link(source)
            self.record(staged)

    @cached_property
    def links_protect(self) -> bool:
        """True when a read-only file is read-only for this user: not for root."""
        probe = self._new_desk_file()
        try:
            with refusals(self._root):
                Path(self._desk).mkdir(parents=True, exist_ok=True)
                write_new(probe, b"", READ_ONLY)
        except StoreError:
            return False  # nothing can be linked out of a store that cannot be written either
        try:
            os.close(os.open(probe, os.O_WRONLY | os.O_CLOEXEC))
        except PermissionError:
            return True
        finally:
            os.unlink(probe)  # noqa: PTH108
        return False

    @cached_property
    def _desk(self) -> str:
        """This process's own folder for unfinished work; made when first needed."""
        return str(self._root / "tmp" / f"{self._token}.{process.current().label()}")

    def _new_desk_file(self) -> str:
        return f"{self._desk}/{next(self._numbers)}"

    def _look_inside(
        self, names: Sequence[str], fresh: dict[str, Signature]
    ) -> dict[str, Path | None]:
        corrupt: dict[str, Path | None] = {}

        def look(name: str) -> None:
            seen = self._hash(name)
            if seen is None:
                corrupt[name] = self._quarantine(name)
            else:
                fresh[name] = Signature.of(seen)

        on_threads(look, names)
        return corrupt

    def _hash(self, name: str) -> os.stat_result | None:
        """The stat of a blob that is right; None for one that is not."""
        path = self.path(name)
        try:
            for _ in range(TRIES):
                found, seen, steady = hash_once(path, follow=False)
                if found == name:
                    # Right, whoever linked it meanwhile; the older stat finds a later write out.
                    return seen
                if steady:
                    return None
        except OSError as error:
            if error.errno not in _DAMAGED:
                raise Unreadable(Path(path), os.strerror(error.errno or 0)) from error
        return None

    def _quarantine(self, name: str) -> Path | None:
        place = self._root / "quarantine" / f"{name}.{time.time_ns()}"
        try:
            place.parent.mkdir(exist_ok=True)
            os.rename(self.path(name), place)  # noqa: PTH104
        except FileNotFoundError:
            return None  # somebody else was faster
        except OSError as error:
            self._report(f"The blob {name} is damaged and cannot be moved away: {error}.")
            return None
        self._report(f"The blob {name} is damaged and was moved to {place}.")
        return place

    def _stage(self, source: Source, staged: dict[str, str]) -> bool:
        """Have the content on the desk; True when it is the source itself, by another name."""
        desk = self._new_desk_file()
        staged[source.name] = desk
        match source:
            case Written():
                write_new(desk, source.content, READ_ONLY)
                return False
            case Taken() if self._take(source, desk):
                return True
            case Copied() | Taken():
                if not copy_checked(str(source.path), desk, source.name, READ_ONLY):
                    raise SourceMoved(source.path)
                return False

    def _take(self, source: Taken, desk: str) -> bool:
        seen = os.lstat(source.path)
        # A file with a second name, or of another owner, could still be written by somebody.
        if not stat.S_ISREG(seen.st_mode) or seen.st_nlink != 1 or seen.st_uid != os.geteuid():
            return False
        if stamp(seen) != source.stamp:
            raise SourceMoved(source.path)
        try:
            os.link(source.path, desk)
        except OSError as error:
            if error.errno in UNLINKABLE:
                return False
            raise
        os.chmod(desk, READ_ONLY | (seen.st_mode & EXECUTABLE))  # noqa: PTH101
        now = os.lstat(desk)
        if (now.st_size, now.st_mtime_ns) != (seen.st_size, seen.st_mtime_ns):
            raise SourceMoved(source.path)
        return True

    def _move_in(self, staged: dict[str, str]) -> None:
        shards = {name[:2] for name in staged}
        new = [shard for shard in shards if not os.path.isdir(f"{self._blobs}/{shard}")]  # noqa: PTH112
        for shard in new:
            os.makedirs(f"{self._blobs}/{shard}", exist_ok=True)  # noqa: PTH103
        for name, desk in staged.items():
            os.rename(desk, self.path(name))  # noqa: PTH104
        folders = [f"{self._blobs}/{shard}" for shard in shards]
        sync_all([*folders, self._blobs] if new else folders, self._root)

    def _leave_link(self, source: Source) -> None:
        """Put a link to the blob where the file was, so that it can be read, and found, again."""
        assert isinstance(source, Taken)
        link = self._new_desk_file()
        os.symlink(self.path(source.name), link)  # noqa: PTH211
        os.rename(link, source.path)  # noqa: PTH104

    def _clean(self) -> None:
        try:
            desks = list((self._root / "tmp").iterdir())
        except OSError:
            return  # none yet, or not ours to clean
        for desk in desks:
            if _is_abandoned(desk):
                shutil.rmtree(desk, ignore_errors=True)


def _is_abandoned(desk: Path) -> bool:
    owner = process.Process.from_label(desk.name.partition(".")[2])
    if owner is not None and owner.is_gone():
        return True
    try:
        return owner != process.current() and time.time() - desk.stat().st_mtime > _DAY_S
    except FileNotFoundError:
        return False


def _size(source: Source) -> int:
    return len(source.content) if isinstance(source, Written) else source.size_bytes


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        Path(path).unlink(missing_ok=True)
