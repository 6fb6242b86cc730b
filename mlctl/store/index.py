"""What the stat of a blob, or of a publication, was when its content was last known to be right."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from mlctl.core.digest import Digest
from mlctl.core.provider import Report
from mlctl.store.cachedb import CacheDb, Cell, silent

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS blobs (hex TEXT PRIMARY KEY, inode INTEGER, size INTEGER,"
    " mtime_ns INTEGER, ctime_ns INTEGER, links INTEGER) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS published (path BLOB PRIMARY KEY, digest TEXT, signature TEXT)"
    " WITHOUT ROWID",
)
_VERSION = 1
_AT_ONCE = 500  # SQLite's oldest limit on values in one statement is 999


class Signature(NamedTuple):
    """A stat, as far as it tells whether a blob was written to. A tuple: there may be millions."""

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int
    links: int

    @classmethod
    def of(cls, seen: os.stat_result) -> Signature:
        """The signature of a stat."""
        return cls(seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_nlink)

    def still(self, now: Signature) -> bool:
        """True when nothing was written since.

        Making or removing a hard link moves ctime too, but then the link count moved with it. A
        write moves mtime, unless somebody sets that back on purpose.
        """
        if self == now:
            return True
        return self[:3] == now[:3] and self.links != now.links


class Index:
    """Signatures by blob and by publication. A cache: without it, content is hashed again."""

    def __init__(self, path: Path | None, report: Report = silent) -> None:
        """Open lazily; None: remember nothing."""
        self._db = CacheDb(path, _SCHEMA, _VERSION, report)

    def blobs(self, names: Collection[str]) -> dict[str, Signature]:
        """What is known of these blobs, by the hex of their digest."""
        wanted = list(names)
        found: dict[str, Signature] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"SELECT * FROM blobs WHERE hex IN ({marks})"  # noqa: S608  only "?" goes in
            # A row of another shape equals no stat, and its blob is hashed again.
            found.update(
                (str(name), Signature._make(map(_number, numbers)))
                for name, *numbers in self._db.rows(query, part)
            )
        return found

    def put_blobs(self, signatures: Mapping[str, Signature]) -> None:
        """Remember the signatures of blobs whose content is right."""
        self._db.write(
            "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?, ?)",
            (
                (name, s.inode, s.size, s.mtime_ns, s.ctime_ns, s.links)
                for name, s in signatures.items()
            ),
        )

    def published(self, path: Path) -> tuple[Digest, str] | None:
        """What was published at a path, and the signature it then had."""
        rows = self._db.rows(
            "SELECT digest, signature FROM published WHERE path = ?", (os.fsencode(path),)
        )
        return (Digest(str(rows[0][0])), str(rows[0][1])) if rows else None

    def put_published(self, path: Path, digest: Digest, signature: str) -> None:
        """Remember a publication."""
        row = (os.fsencode(path), digest, signature)
        self._db.write("INSERT OR REPLACE INTO published VALUES (?, ?, ?)", [row])

    def close(self) -> None:
        """Let go of the database; the next use opens it again."""
        self._db.close()


def _number(cell: Cell) -> int:
    return cell if isinstance(cell, int) else -1
