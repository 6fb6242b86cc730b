"""Scanning: what changes a digest, what does not, and what is read for it."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlctl.core.digest import of_bytes
from mlctl.store.errors import SourceMoved, Unstorable
from mlctl.store.hashing import CHUNK_BYTES
from mlctl.store.scan import MAX_DEPTH, Scanner
from mlctl.store.statcache import StatCache
from mlctl.store.tree import EntryKind, diff_trees

SETTLED_S = 0.1
"""Longer than a local file system's clock may be coarse."""

opened: list[str] | None = None


def note_open(event: str, args: tuple[object, ...]) -> None:
    if event == "open" and opened is not None and isinstance(args[0], str):
        opened.append(args[0])


sys.addaudithook(note_open)


@contextmanager
def files_read() -> Iterator[list[str]]:
    """The files that are opened meanwhile, by name."""
    global opened  # an audit hook cannot be taken back, only told to rest
    opened = []
    try:
        yield opened
    finally:
        opened = None


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[StatCache]:
    made = StatCache(tmp_path / "stat.db")
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small data set, settled."""
    top = tmp_path / "data"
    (top / "train").mkdir(parents=True)
    (top / "train" / "a.csv").write_text("1,2,3")
    (top / "train" / "b.csv").write_text("4,5,6")
    (top / "large.bin").write_bytes(b"x" * (CHUNK_BYTES + 1))
    (top / "README").write_text("words")
    time.sleep(SETTLED_S)
    return top


def test_a_file_has_the_digest_that_sha256sum_prints(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"hello\n")

    found = Scanner().file(tmp_path / "f")

    assert found.digest == "sha256:" + hashlib.sha256(b"hello\n").hexdigest()
    assert found.size_bytes == 6


def test_a_second_scan_of_an_unchanged_folder_reads_no_file(folder: Path, cache: StatCache) -> None:
    first = Scanner(cache).tree(folder)

    with files_read() as read:
        second = Scanner(cache).tree(folder)

    assert second == first
    assert {"a.csv", "b.csv", "README", str(folder / "large.bin")}.isdisjoint(read)


def test_a_second_look_at_an_unchanged_file_does_not_read_it(
    folder: Path, cache: StatCache
) -> None:
    first = Scanner(cache).file(folder / "README")

    with files_read() as read:
        second = Scanner(cache).file(folder / "README")

    assert second == first
    assert str(folder / "README") not in read


def test_only_the_file_that_changed_is_read_again(folder: Path, cache: StatCache) -> None:
    before = Scanner(cache).tree(folder)
    (folder / "train" / "a.csv").write_text("9,9,9")

    with files_read() as read:
        after = Scanner(cache).tree(folder)

    assert after.digest != before.digest
    assert "a.csv" in read
    assert {"b.csv", "README"}.isdisjoint(read)


def test_a_file_hashed_right_after_it_was_written_is_hashed_again_next_time(
    tmp_path: Path, cache: StatCache
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("one")
    Scanner(cache).tree(tmp_path / "d")

    with files_read() as read:
        Scanner(cache).tree(tmp_path / "d")

    assert "f" in read


def test_a_rewrite_of_the_same_size_with_its_mtime_set_back_is_seen(
    folder: Path, cache: StatCache
) -> None:
    victim = folder / "train" / "a.csv"
    before, seen = Scanner(cache).tree(folder), victim.stat()

    with victim.open("r+") as file:
        file.write("7,8,9")
    os.utime(victim, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    assert victim.stat().st_mtime_ns == seen.st_mtime_ns
    assert Scanner(cache).tree(folder).digest != before.digest


def test_a_file_replaced_by_an_older_one_is_seen(folder: Path, cache: StatCache) -> None:
    old = folder.parent / "old.csv"
    old.write_text("0,0,0")
    os.utime(old, (1_000_000_000, 1_000_000_000))
    before = Scanner(cache).tree(folder)

    old.rename(folder / "train" / "a.csv")

    assert Scanner(cache).tree(folder).digest != before.digest


def test_a_touch_changes_nothing(folder: Path, cache: StatCache) -> None:
    before = Scanner(cache).tree(folder)

    os.utime(folder / "train" / "a.csv")
    os.utime(folder)

    assert Scanner(cache).tree(folder).digest == before.digest


def test_a_copy_of_a_folder_has_its_digest_whatever_its_times_and_modes(folder: Path) -> None:
    copy = folder.parent / "elsewhere" / "copy"
    shutil.copytree(folder, copy)
    (copy / "README").chmod(0o600)
    (copy / "train").chmod(0o700)

    assert Scanner().tree(copy) == Scanner().tree(folder)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda top: (top / "README").chmod(0o755), id="made executable"),
        pytest.param(lambda top: (top / "empty").mkdir(), id="an empty folder added"),
        pytest.param(lambda top: (top / "README").rename(top / "readme"), id="renamed"),
        pytest.param(lambda top: (top / "README").unlink(), id="removed"),
        pytest.param(lambda top: (top / "link").symlink_to("README"), id="a link added"),
        pytest.param(lambda top: (top / "train/a.csv").write_text("1,2,4"), id="deep inside"),
        pytest.param(
            lambda top: (top / "train/a.csv").rename(top / "a.csv"), id="moved to another folder"
        ),
    ],
)
def test_a_folder_gets_another_digest_when_it_is(
    change: Callable[[Path], object], folder: Path, cache: StatCache
) -> None:
    before = Scanner(cache).tree(folder)

    change(folder)

    assert Scanner(cache).tree(folder).digest != before.digest


def test_a_link_counts_by_its_text_and_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("one")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "link").symlink_to("../outside")
    (tmp_path / "d" / "broken").symlink_to("/nowhere")
    (tmp_path / "d" / "round").symlink_to(".")
    before = Scanner().tree(tmp_path / "d")

    (tmp_path / "outside").write_text("two")

    assert Scanner().tree(tmp_path / "d") == before
    assert before.file_count == 0
    assert before.listing()["link"].target == "../outside"
    assert before.listing()["link"].kind is EntryKind.LINK


def test_a_link_as_the_very_path_is_followed(folder: Path) -> None:
    (folder.parent / "current").symlink_to(folder)
    (folder.parent / "current.csv").symlink_to(folder / "README")

    assert Scanner().tree(folder.parent / "current") == Scanner().tree(folder)
    assert Scanner().file(folder.parent / "current.csv").digest == of_bytes(b"words")


def test_names_that_are_not_text_are_kept_and_told_apart(tmp_path: Path) -> None:
    names = [b"caf\xe9", "café".encode(), "cafe\u0301".encode(), b"a\nb", b"-rf *", b"\xed\xb2\x80"]
    top = tmp_path / "odd"
    top.mkdir()
    for name in names:
        Path(os.fsdecode(os.fsencode(top) + b"/" + name)).write_bytes(name)

    listing = Scanner().tree(top).listing()

    assert {os.fsencode(name): entry.digest for name, entry in listing.items()} == {
        name: of_bytes(name) for name in names
    }


def test_folders_a_hundred_deep_are_scanned(tmp_path: Path) -> None:
    deepest = tmp_path.joinpath("deep", *["d"] * 100)
    deepest.mkdir(parents=True)
    (deepest / "f").write_text("down here")

    found = Scanner().tree(tmp_path / "deep")

    assert found.file_count == 1
    assert list(found.listing()) == ["d/" * 100 + "f"]


def test_folders_deeper_than_the_limit_are_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("deep", *["d"] * (MAX_DEPTH + 1)).mkdir(parents=True)

    with pytest.raises(Unstorable, match="deep"):
        Scanner().tree(tmp_path / "deep")


def test_a_socket_or_a_pipe_is_refused_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "d" / "queue")

    with pytest.raises(Unstorable, match=r"d/queue cannot be stored: it is a pipe"):
        Scanner().tree(tmp_path / "d")

    with socket.socket(socket.AF_UNIX) as made:
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        made.bind("s")
        with pytest.raises(Unstorable, match="it is a socket"):
            Scanner().file(tmp_path / "s")


def test_a_file_that_is_written_to_all_the_while_is_refused(tmp_path: Path) -> None:
    busy = tmp_path / "busy"
    busy.write_bytes(b"x" * (32 << 20))
    done = threading.Event()

    def write() -> None:
        with busy.open("r+b", buffering=0) as file:
            while not done.is_set():
                file.seek(0)
                file.write(b"y")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(SourceMoved, match="busy changed while it was being read"):
            Scanner().file(busy)
    finally:
        done.set()
        writer.join()


def test_what_is_not_there_or_is_the_other_kind_is_said_as_such(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Scanner().tree(folder / "nothing")
    with pytest.raises(NotADirectoryError):
        Scanner().tree(folder / "README")
    with pytest.raises(IsADirectoryError):
        Scanner().file(folder / "train")
    with pytest.raises(FileNotFoundError):
        Scanner().file(folder / "nothing")


def test_a_damaged_cache_is_made_anew_and_said_so(
    folder: Path, tmp_path: Path, notices: list[str]
) -> None:
    expected = Scanner().tree(folder)
    (tmp_path / "stat.db").write_bytes(b"this is no database, but it is long enough" * 100)

    cache = StatCache(tmp_path / "stat.db", notices.append)
    assert Scanner(cache).tree(folder) == expected
    with files_read() as read:
        Scanner(cache).tree(folder)
    cache.close()

    assert "README" not in read
    assert len(notices) == 1
    assert "made anew" in notices[0]


def test_a_locked_cache_is_done_without(folder: Path, tmp_path: Path, notices: list[str]) -> None:
    warm = StatCache(tmp_path / "stat.db")
    Scanner(warm).tree(folder)
    warm.close()
    (folder / "README").write_text("changed")
    other = sqlite3.connect(tmp_path / "stat.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    cache = StatCache(tmp_path / "stat.db", notices.append)
    time.sleep(SETTLED_S)
    found = Scanner(cache).tree(folder)
    cache.close()
    other.close()

    assert found == Scanner().tree(folder)
    assert any("locked" in notice for notice in notices)


def test_a_cache_in_a_folder_that_cannot_be_made_is_done_without(
    folder: Path, tmp_path: Path, notices: list[str]
) -> None:
    (tmp_path / "file").write_text("in the way")

    cache = StatCache(tmp_path / "file" / "stat.db", notices.append)

    assert Scanner(cache).tree(folder) == Scanner().tree(folder)
    assert len(notices) == 1


def test_a_diff_names_what_was_added_removed_and_changed(folder: Path) -> None:
    before = Scanner().tree(folder)
    (folder / "train" / "a.csv").write_text("new")
    (folder / "train" / "b.csv").chmod(0o755)
    (folder / "README").unlink()
    (folder / "README").mkdir()
    (folder / "README" / "part").write_text("1")
    (folder / "empty").mkdir()
    (folder / "large.bin").unlink()
    after = Scanner().tree(folder)
    manifests = {**before.folders, **after.folders}

    found = diff_trees(before.digest, after.digest, manifests.__getitem__)

    assert found.added == ("README/part", "empty/")
    assert found.removed == ("README", "large.bin")
    assert found.changed == ("train/a.csv", "train/b.csv")
    assert not diff_trees(after.digest, after.digest, manifests.__getitem__)
