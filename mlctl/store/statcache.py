"""Digests of files remembered by their stat, so that an unchanged file is not read again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from mlctl.core.provider import Report
from mlctl.store.cachedb import CacheDb, silent
from mlctl.store.tree import Stamp

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS folders (path BLOB PRIMARY KEY, rows TEXT) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, row TEXT) WITHOUT ROWID",
)
_VERSION = 1

Known = tuple[Stamp, str]
"""A file's stamp and the SHA-256 in hex of the content it then had."""


class StatCache:
    """Stamps and digests by path.

    One row holds a whole folder: for 100,000 files reading that is ten times faster than a row a
    file, and only folders in which something changed are written.
    """

    def __init__(self, path: Path | None, report: Report = silent) -> None:
        """Open the cache lazily.

        Args:
            path: The database; None: remember nothing.
            report: Where notices go.
        """
        self._db = CacheDb(path, _SCHEMA, _VERSION, report)

    def folder(self, path: str) -> dict[str, Known]:
        """What is known of the files in a folder, by name."""
        found = self._db.rows("SELECT rows FROM folders WHERE path = ?", (os.fsencode(path),))
        return _decode(found[0][0]) if found else {}

    def put_folders(self, folders: Mapping[str, Mapping[str, Known]]) -> None:
        """Replace what is known of these folders, in one transaction."""
        self._db.write(
            "INSERT OR REPLACE INTO folders VALUES (?, ?)",
            ((os.fsencode(path), json.dumps(rows)) for path, rows in folders.items()),
        )

    def file(self, path: str) -> Known | None:
        """What is known of a file that was asked for by itself."""
        found = self._db.rows("SELECT row FROM files WHERE path = ?", (os.fsencode(path),))
        return _decode(found[0][0]).get("") if found else None

    def put_file(self, path: str, known: Known) -> None:
        """Remember a file that was asked for by itself."""
        row = (os.fsencode(path), json.dumps({"": known}))
        self._db.write("INSERT OR REPLACE INTO files VALUES (?, ?)", [row])

    def close(self) -> None:
        """Let go of the database; the next use opens it again."""
        self._db.close()


def _decode(text: object) -> dict[str, Known]:
    """Read a row; a damaged one costs one reading of its folder, no more.

    Only its shape is looked at, not each number: a wrong one equals no stamp.
    """
    try:
        raw = json.loads(str(text))
        return {name: (tuple(numbers), digest) for name, (numbers, digest) in raw.items()}
    except (ValueError, TypeError, AttributeError):
        return {}
