"""The store: what goes in comes out, and what is wrong is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlctl.core.digest import of_bytes
from mlctl.core.job import DataKind
from mlctl.core.provider import Artifacts
from mlctl.store.errors import SourceMoved, Unstorable
from mlctl.store.ignore import Ignore
from mlctl.store.local import LocalStore
from mlctl.store.scan import Scanner
from mlctl.store.statcache import StatCache
from tests.store.samples import LARGE, make_output


def test_it_is_what_executors_ask_for(store: LocalStore) -> None:
    artifacts: Artifacts = store

    assert artifacts is store


def test_opening_a_store_makes_nothing(tmp_path: Path) -> None:
    LocalStore(tmp_path / "none" / "yet").close()

    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("content", [b"", b"small", LARGE], ids=["empty", "small", "large"])
def test_a_file_that_was_taken_in_comes_out_again(
    content: bytes, store: LocalStore, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(content)

    artifact = store.ingest(tmp_path / "f", DataKind.FILE)
    store.materialize(artifact.digest, tmp_path / "some" / "where")

    assert artifact.digest == of_bytes(content)
    assert artifact.size_bytes == len(content)
    assert (tmp_path / "some" / "where").read_bytes() == content
    assert store.read_bytes(artifact.digest) == content
    with store.open_blob(artifact.digest) as file:
        assert file.read() == content


def test_a_folder_that_was_taken_in_comes_out_the_same(store: LocalStore, tmp_path: Path) -> None:
    top = make_output(tmp_path / "out")
    expected = Scanner().tree(top)

    artifact = store.ingest(top, DataKind.FOLDER)
    store.materialize(artifact.digest, tmp_path / "back")

    assert artifact.digest == expected.digest
    assert artifact.size_bytes == expected.size_bytes
    assert Scanner().tree(tmp_path / "back") == expected
    assert store.listing(artifact.digest) == expected.listing()


def test_taking_an_output_in_twice_gives_the_same_and_it_stays_readable(
    store: LocalStore, tmp_path: Path
) -> None:
    top = make_output(tmp_path / "out")
    first = store.ingest(top, DataKind.FOLDER)

    assert (top / "model.bin").read_bytes() == LARGE
    assert os.access(top / "tool.bin", os.X_OK)
    assert store.ingest(top, DataKind.FOLDER) == first


def test_taking_a_large_file_in_twice_gives_the_same(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(LARGE)
    first = store.ingest(tmp_path / "model", DataKind.FILE)

    assert (tmp_path / "model").read_bytes() == LARGE
    assert store.ingest(tmp_path / "model", DataKind.FILE) == first


def test_a_large_output_is_not_copied(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(LARGE)
    inode = (tmp_path / "model").stat().st_ino

    artifact = store.ingest(tmp_path / "model", DataKind.FILE)

    with store.open_blob(artifact.digest) as blob:
        assert os.fstat(blob.fileno()).st_ino == inode


def test_a_large_output_that_has_another_name_stays_its_owners(
    store: LocalStore, tmp_path: Path
) -> None:
    (tmp_path / "model").write_bytes(LARGE)
    (tmp_path / "also").hardlink_to(tmp_path / "model")

    artifact = store.ingest(tmp_path / "model", DataKind.FILE)
    (tmp_path / "also").write_bytes(b"overwritten")

    assert store.present([artifact.digest]) == set()
    assert store.read_bytes(artifact.digest) == LARGE


def test_a_link_to_a_file_elsewhere_is_taken_by_its_content_and_left(
    store: LocalStore, tmp_path: Path
) -> None:
    (tmp_path / "theirs").write_bytes(LARGE)
    (tmp_path / "model").symlink_to("theirs")

    artifact = store.ingest(tmp_path / "model", DataKind.FILE)

    assert artifact.digest == of_bytes(LARGE)
    assert not (tmp_path / "theirs").is_symlink()
    assert os.access(tmp_path / "theirs", os.W_OK)


def _unread(path: Path) -> tuple[int, ...]:
    """What a reader does not change: all but the time of the last access."""
    seen = path.lstat()
    return (seen.st_ino, seen.st_mode, seen.st_nlink, seen.st_size, seen.st_mtime_ns)


def test_a_snapshot_leaves_the_source_as_it_was(store: LocalStore, tmp_path: Path) -> None:
    top = make_output(tmp_path / "data")
    before = {path: _unread(path) for path in sorted(top.rglob("*"))}

    artifact = store.snapshot(top, DataKind.FOLDER)

    assert {path: _unread(path) for path in sorted(top.rglob("*"))} == before
    assert artifact.digest == Scanner().tree(top).digest
    assert store.present([artifact.digest]) == set()


def test_a_snapshot_of_code_leaves_out_what_the_rules_say(
    store: LocalStore, tmp_path: Path
) -> None:
    make_output(tmp_path / "code")

    artifact = store.snapshot(tmp_path / "code", DataKind.FOLDER, Ignore(("*.bin",)))

    assert set(store.listing(artifact.digest)) == {
        "checkpoints/1.txt",
        "checkpoints/empty/",
        "latest",
        "run",
    }


def test_a_source_that_changed_unseen_is_not_taken_for_what_it_was(
    store: LocalStore, tmp_path: Path
) -> None:
    # The scan trusts what it remembers; what is copied is hashed again. A stat that lies is made
    # here by remembering, for the new stat, the old digest.
    source = tmp_path / "f"
    source.write_text("new")
    seen = source.stat()
    stamp = (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_mode)
    store.scanner.file(source)
    lie = StatCache(store.root / "stat.db")
    lie.put_file(str(source), (stamp, of_bytes(b"old").partition(":")[2]))
    lie.close()

    with pytest.raises(SourceMoved):
        store.snapshot(source, DataKind.FILE)
    assert store.present([of_bytes(b"old")]) == {of_bytes(b"old")}


def test_what_is_not_there_or_is_the_other_kind_is_said_as_such(
    store: LocalStore, tmp_path: Path
) -> None:
    (tmp_path / "f").write_text("x")
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "queue")
    (tmp_path / "broken").symlink_to("nowhere")

    with pytest.raises(FileNotFoundError):
        store.ingest(tmp_path / "none", DataKind.FILE)
    with pytest.raises(FileNotFoundError):
        store.ingest(tmp_path / "none", DataKind.FOLDER)
    with pytest.raises(FileNotFoundError):
        store.ingest(tmp_path / "broken", DataKind.FILE)
    with pytest.raises(NotADirectoryError):
        store.ingest(tmp_path / "f", DataKind.FOLDER)
    with pytest.raises(IsADirectoryError):
        store.ingest(tmp_path / "d", DataKind.FILE)
    with pytest.raises(Unstorable):
        store.ingest(tmp_path / "queue", DataKind.FILE)
