"""Content by name: put in so that no half of it is ever seen, trusted only as far as it is known.

Names here are bare SHA-256 hex digits; folders are no concern of this module.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlctl.core.digest import FILE, Digest
from mlctl.core.errors import MissingContent
from mlctl.core.provider import Report
from mlctl.store.desk import Desk
from mlctl.store.errors import CorruptContent, Unreadable
from mlctl.store.files import refusals
from mlctl.store.hashing import TRIES, hash_once, on_threads
from mlctl.store.index import Index, Signature
from mlctl.store.intake import EXECUTABLE, READ_ONLY, Source, size_of, take_in

_NAME = re.compile("[0-9a-f]{64}")
_MODES = {stat.S_IFREG | READ_ONLY, stat.S_IFREG | READ_ONLY | EXECUTABLE}
_DAMAGED = {errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.EIO, errno.ENOENT}
"""A folder, a link, a socket or a bad sector where a blob should be, or nothing any more."""


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
        self._desk = Desk(root)

    def path(self, name: str) -> str:
        """Where a blob is, or would be."""
        return f"{self._blobs}/{name[:2]}/{name[2:]}"

    def name_at(self, text: str) -> str | None:
        """The blob that a path names; None when it names none of ours."""
        name = text.removeprefix(self._blobs + "/").replace("/", "", 1)
        return name if _NAME.fullmatch(name) and text == self.path(name) else None

    def names(self) -> list[str]:
        """Every blob there is, in order; other files, which are not ours, are not named."""
        paths = Path(self._blobs).glob("??/*")
        return sorted(n for path in paths if (n := self.name_at(str(path))) is not None)

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
            if before is None or seen.st_mode not in _MODES or not before.still(now):
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
        fresh: dict[str, Signature] = {}
        for name in names:
            with suppress(FileNotFoundError):  # gone since: the next check says so
                fresh[name] = Signature.of(os.lstat(self.path(name)))
        self._index.put_blobs(fresh)

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
        with refusals(self._root, sum(map(size_of, chosen))):
            take_in(chosen, self._desk, self._root, self.path)
            self.record(source.name for source in chosen)

    @property
    def links_protect(self) -> bool:
        """True when a hard link to a blob is as safe from this user as the blob is."""
        return self._desk.links_protect

    def _look_inside(
        self, names: Sequence[str], fresh: dict[str, Signature]
    ) -> dict[str, Path | None]:
        corrupt: dict[str, Path | None] = {}

        def look(name: str) -> None:
            seen = self._hash(name)
            if seen is None:
                corrupt[name] = self._quarantine(name)
            else:
                fresh[name] = Signature.of(self._protected(name, seen))

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

    def _protected(self, name: str, seen: os.stat_result) -> os.stat_result:
        """Have a good blob read-only again, which somebody made writable through a link to it."""
        if seen.st_mode in _MODES:
            return seen
        with suppress(OSError):  # not ours to change: then it is looked into each time
            os.chmod(self.path(name), READ_ONLY)  # noqa: PTH101
            now = os.lstat(self.path(name))
            # Only the mode may have moved since the blob was read.
            if Signature.of(now)[:3] == Signature.of(seen)[:3]:
                return now
        return seen

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
