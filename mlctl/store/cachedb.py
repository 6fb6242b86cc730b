"""A database that may be lost: whatever is wrong with it, work goes on without it."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from mlctl.core.provider import Report

Cell = str | int | bytes | None
Row = tuple[Cell, ...]

_BUSY_S = 2.0


def silent(_: str) -> None:
    """A report that nobody reads."""


class CacheDb:
    """One SQLite file of a cache, for several threads and processes.

    A damaged file, or one of another format, is made anew. One that is locked for long or cannot
    be opened is done without for the life of this object, which is reported once. In a folder
    that cannot be written the file is read as it is.
    """

    def __init__(
        self, path: Path | None, schema: Sequence[str], version: int, report: Report = silent
    ) -> None:
        """Nothing is opened yet.

        Args:
            path: The file; None: remember nothing.
            schema: Statements that make the tables.
            version: Of the schema.
            report: Where notices go.
        """
        self._path = path
        self._schema = schema
        self._version = version
        self._report = report
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._read_only = False
        self._given_up = path is None

    def rows(self, query: str, values: Sequence[Cell] = ()) -> list[Row]:
        """What a query finds; nothing when the cache cannot be used."""
        return self._attempt(lambda db: db.execute(query, values).fetchall()) or []

    def write(self, statement: str, rows: Iterable[Row]) -> None:
        """Run a statement for each row, in one transaction; or forget about it."""
        wanted = list(rows)
        if not wanted:
            return

        def store(db: sqlite3.Connection) -> list[Row]:
            if not self._read_only:
                with db:
                    db.executemany(statement, wanted)
            return []

        self._attempt(store)

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _attempt(self, work: Callable[[sqlite3.Connection], list[Row]]) -> list[Row] | None:
        with self._lock:
            if self._given_up:
                return None
            try:
                return work(self._open())
            except sqlite3.OperationalError as error:
                self._give_up(str(error))
                return None
            except sqlite3.DatabaseError as error:
                return self._begin_anew(work, error)

    def _begin_anew(
        self, work: Callable[[sqlite3.Connection], list[Row]], error: sqlite3.Error
    ) -> list[Row] | None:
        self._report(f"The cache {self._path} is damaged ({error}) and is made anew.")
        try:
            self._remove()
            return work(self._open())
        except (sqlite3.Error, OSError) as second:
            self._give_up(str(second))
            return None

    def _give_up(self, why: str) -> None:
        self._given_up = True
        self._close()
        self._report(f"The cache {self._path} is not used: {why}.")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            assert self._path is not None
            self._make_folder(self._path.parent)
            self._read_only = not os.access(self._path.parent, os.W_OK)
            self._connection = self._connect(self._path)
            if not self._read_only:
                self._prepare(self._connection)
        return self._connection

    def _make_folder(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise sqlite3.OperationalError(str(error)) from error

    def _connect(self, path: Path) -> sqlite3.Connection:
        # In a read-only folder SQLite cannot make the files it coordinates with, unless it is told
        # that nobody writes. If somebody does, a stale row is found out by the stat it carries.
        mode = "mode=ro&immutable=1" if self._read_only else "mode=rwc"
        return sqlite3.connect(
            f"file:{quote(os.fsencode(path))}?{mode}",
            uri=True,
            timeout=_BUSY_S,
            check_same_thread=False,
        )

    def _prepare(self, db: sqlite3.Connection) -> None:
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found == self._version:
            db.execute("PRAGMA synchronous = NORMAL")
            return
        if found != 0:
            raise sqlite3.DatabaseError(f"format {found} instead of {self._version}")
        self._use_wal(db)
        db.execute("PRAGMA synchronous = NORMAL")
        with db:
            for statement in self._schema:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {self._version:d}")

    def _use_wal(self, db: sqlite3.Connection) -> None:
        """Only for this SQLite does not wait by itself while another process does the same."""
        give_up_at = time.monotonic() + _BUSY_S
        while True:
            try:
                db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                    raise
                time.sleep(0.02)
            else:
                return

    def _remove(self) -> None:
        self._close()
        assert self._path is not None
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
