"""Results by fingerprint: the memory that lets a step not run.

One file a record, written whole and with its own checksum: a damaged one costs one step. Knows
nothing of blobs; whether a result's outputs are still there is the store's to say.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mlctl.core.digest import FILE, Digest, hex_of
from mlctl.core.provider import Report
from mlctl.core.result import OtherRun, ResultRecord
from mlctl.store.cachedb import silent
from mlctl.store.copying import write_all
from mlctl.store.files import refusals, sync_file
from mlctl.store.record_codec import decode_record, encode_record

_NAME = re.compile("[0-9a-f]{64}")
KEPT_OTHERS = 16
"""Other outputs of one fingerprint that are remembered; the oldest go first."""

_READ_BYTES = 1 << 15
"""Holds nearly every record; a buffer of a megabyte would take longer than all else together."""


class Results:
    """The result records below one store. Safe to use from several threads and processes."""

    def __init__(self, root: Path, report: Report = silent) -> None:
        """Use the store at ``root``, which need not be there yet.

        Args:
            root: The store's folder.
            report: Where notices go: a record that is damaged.
        """
        self._folder = Path(os.path.abspath(root)) / "results"  # noqa: PTH100
        self._report = report

    def find(self, fingerprint: Digest) -> ResultRecord | None:
        """The result of a step, if it is known. A damaged record counts as none, and is reported.

        Raises:
            PermissionError: It may not be read.
        """
        content = _read(self._path(fingerprint))
        if content is None:
            return None
        try:
            return decode_record(content, fingerprint)
        except ValueError as error:
            self._report(f"The result record {self._path(fingerprint)} is not used: {error}.")
            return None

    def find_many(self, fingerprints: Iterable[Digest]) -> dict[Digest, ResultRecord]:
        """The results that are known, by fingerprint."""
        found = ((fingerprint, self.find(fingerprint)) for fingerprint in set(fingerprints))
        return {fingerprint: record for fingerprint, record in found if record is not None}

    def put(self, record: ResultRecord, *, refresh: bool = False) -> ResultRecord:
        """Keep a result; when this returns, it has survived a power cut.

        The first one stays, and what is returned is what stays. If another run gave other
        outputs, these are remembered beside it.

        Args:
            record: The result; its ``also`` is added to what is known.
            refresh: Let this one take the place of what was there.

        Raises:
            StoreFull: The disk is full; what was there is still there.
            StoreUnwritable: The store cannot be written.
        """
        with refusals(self._folder), self._locked(record.fingerprint):
            kept = self.find(record.fingerprint)
            if kept is None:
                result = record
            elif refresh:
                result = _joined(record, kept)
            else:
                result = _joined(kept, record)
            if result != kept:
                self._write(result)
        return result

    def remove(self, fingerprint: Digest) -> None:
        """Forget a result; forgetting what is not there succeeds.

        Raises:
            StoreUnwritable: The store cannot be written.
        """
        with refusals(self._folder):
            Path(self._path(fingerprint)).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[ResultRecord]:
        """Every result that can be read, in the order of their fingerprints."""
        for path in sorted(self._folder.glob("??/*.json")):
            name = path.parent.name + path.stem
            record = self.find(Digest(f"{FILE}:{name}")) if _NAME.fullmatch(name) else None
            if record is not None:
                yield record

    def _path(self, fingerprint: Digest) -> str:
        name = hex_of(fingerprint)
        return f"{self._folder}/{name[:2]}/{name[2:]}.json"

    @contextmanager
    def _locked(self, fingerprint: Digest) -> Iterator[None]:
        """One writer at a time in each sixteenth of all; the lock dies with its process."""
        path = self._path(fingerprint)
        folder = os.path.dirname(path)  # noqa: PTH120
        if not os.path.isdir(folder):  # noqa: PTH112
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            sync_file(self._folder)
        lock = f"{self._folder}/.lock-{hex_of(fingerprint)[0]}"
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, record: ResultRecord) -> None:
        path = self._path(record.fingerprint)
        beside = f"{path}.{secrets.token_hex(4)}.new"
        try:
            _write_durably(beside, encode_record(record))
            os.replace(beside, path)  # noqa: PTH105
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
        sync_file(os.path.dirname(path))  # noqa: PTH120


def _joined(kept: ResultRecord, other: ResultRecord) -> ResultRecord:
    """The kept one, which also remembers every other's outputs that are not its own."""
    seen = [dict(kept.output_digests)]
    others: list[OtherRun] = []
    for run in (*kept.also, *other.also, OtherRun(other.run_id, other.output_digests)):
        if dict(run.outputs) not in seen:
            seen.append(dict(run.outputs))
            others.append(run)
    return replace(kept, also=tuple(others[-KEPT_OTHERS:]))


def _write_durably(path: str, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        write_all(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: str) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        content = os.read(handle, _READ_BYTES)
        while more := os.read(handle, _READ_BYTES) if len(content) >= _READ_BYTES else b"":
            content += more
        return content
    finally:
        os.close(handle)
