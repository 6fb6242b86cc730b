"""The store: what goes in comes out, and what is wrong is said."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mlctl.core.digest import Digest, of_bytes
from mlctl.core.errors import MissingContent
from mlctl.core.job import DataKind
from mlctl.core.provider import Artifacts
from mlctl.store.errors import CorruptContent, SourceMoved, Unreadable, Unstorable
from mlctl.store.hashing import CHUNK_BYTES
from mlctl.store.ignore import Ignore
from mlctl.store.local import LocalStore
from mlctl.store.scan import Scanner
from mlctl.store.statcache import StatCache

LARGE = b"x" * (CHUNK_BYTES + 5)
AsPlainUser = Callable[[Callable[[], None]], None]


def make_output(top: Path) -> Path:
    """A folder with everything an output may hold."""
    (top / "checkpoints" / "empty").mkdir(parents=True)
    (top / "model.bin").write_bytes(LARGE)
    (top / "twin.bin").write_bytes(LARGE)
    (top / "run").write_text("#!/bin/sh\n")
    (top / "run").chmod(0o755)
    (top / "tool.bin").write_bytes(LARGE + b"!")
    (top / "tool.bin").chmod(0o755)
    (top / "checkpoints" / "1.txt").write_text("one")
    (top / "latest").symlink_to("checkpoints/1.txt")
    return top


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


def test_a_snapshot_leaves_the_source_as_it_was(store: LocalStore, tmp_path: Path) -> None:
    top = make_output(tmp_path / "data")
    before = {path: path.lstat() for path in sorted(top.rglob("*"))}

    artifact = store.snapshot(top, DataKind.FOLDER)

    assert {path: path.lstat() for path in sorted(top.rglob("*"))} == before
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


def test_what_comes_out_is_read_only_unless_it_is_to_be_written(
    store: LocalStore, tmp_path: Path
) -> None:
    artifact = store.ingest(make_output(tmp_path / "out"), DataKind.FOLDER)

    store.materialize(artifact.digest, tmp_path / "input")
    store.copy_out(artifact.digest, tmp_path / "mine")

    def modes(top: Path) -> set[int]:
        return {p.stat().st_mode & 0o777 for p in top.rglob("*") if p.is_file()}

    assert modes(tmp_path / "input") == {0o444, 0o555}
    assert modes(tmp_path / "mine") == {0o644, 0o755}
    assert (tmp_path / "input" / "checkpoints" / "empty").stat().st_mode & 0o777 == 0o755


def test_modes_do_not_depend_on_the_umask(store: LocalStore, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        artifact = store.ingest(make_output(tmp_path / "out"), DataKind.FOLDER)
        store.materialize(artifact.digest, tmp_path / "input")
    finally:
        os.umask(before)

    assert (tmp_path / "input" / "model.bin").stat().st_mode & 0o777 == 0o444
    assert (tmp_path / "input" / "checkpoints").stat().st_mode & 0o777 == 0o755


def test_nothing_is_put_over_what_is_there(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    artifact = store.ingest(tmp_path / "f", DataKind.FILE)
    folder = store.ingest(make_output(tmp_path / "out"), DataKind.FOLDER)
    (tmp_path / "there").write_text("mine")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "f").write_text("mine")

    with pytest.raises(FileExistsError):
        store.materialize(artifact.digest, tmp_path / "there")
    with pytest.raises(FileExistsError):
        store.materialize(artifact.digest, tmp_path / "link")
    with pytest.raises(FileExistsError):
        store.materialize(folder.digest, tmp_path / "full")

    assert (tmp_path / "there").read_text() == "mine"
    assert (tmp_path / "full" / "f").read_text() == "mine"


def test_content_that_is_not_there_is_said_to_be_missing(store: LocalStore, tmp_path: Path) -> None:
    file, tree = Digest("sha256:" + "0" * 64), Digest("sha256-tree:" + "0" * 64)

    for digest in (file, tree):
        with pytest.raises(MissingContent, match="0000"):
            store.materialize(digest, tmp_path / "out")
        assert not (tmp_path / "out").exists()
    with pytest.raises(MissingContent):
        store.read_bytes(file)
    with pytest.raises(MissingContent):
        store.open_blob(file)
    with pytest.raises(MissingContent):
        store.manifest(tree)
    assert store.present([file, tree]) == {file, tree}


def test_a_folder_that_lacks_a_file_leaves_nothing_half_made(
    store: LocalStore, tmp_path: Path
) -> None:
    artifact = store.ingest(make_output(tmp_path / "out"), DataKind.FOLDER)
    blob_of(store, of_bytes(b"one")).unlink()

    with pytest.raises(MissingContent) as raised:
        store.materialize(artifact.digest, tmp_path / "input")

    assert raised.value.digest == of_bytes(b"one")
    assert not (tmp_path / "input").exists()


def test_odd_names_and_deep_folders_go_in_and_come_out(store: LocalStore, tmp_path: Path) -> None:
    top = tmp_path / "out"
    deepest = top.joinpath(*["d"] * 100)
    deepest.mkdir(parents=True)
    for name in (b"caf\xe9", "日本".encode(), b"a\nb", b"-rf *", b"\xed\xb2\x80", b'"'):
        Path(os.fsdecode(os.fsencode(deepest) + b"/" + name)).write_bytes(name)
    (top / "link").symlink_to(os.fsdecode(b"\xff\xfe"))

    artifact = store.ingest(top, DataKind.FOLDER)
    store.materialize(artifact.digest, tmp_path / "back")

    assert Scanner().tree(tmp_path / "back") == Scanner().tree(top)


def test_a_file_that_has_too_many_names_is_copied(
    tmp_path: Path, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OSError(errno.EMLINK, "Too many links")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "model").write_bytes(LARGE)

    artifact = store.ingest(tmp_path / "model", DataKind.FILE)
    store.materialize(artifact.digest, tmp_path / "back")

    assert (tmp_path / "back").read_bytes() == LARGE
    assert not (tmp_path / "model").is_symlink()


def test_a_user_who_gets_links_gets_a_copy_of_a_file_with_too_many_names(
    shared_folder: Path, as_plain_user: AsPlainUser
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OSError(errno.EMLINK, "Too many links")

    def act() -> None:
        store = LocalStore(shared_folder / "store")
        artifact = store.snapshot(make_output(shared_folder / "out"), DataKind.FOLDER)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "link", refuse)
            store.materialize(artifact.digest, shared_folder / "input")
        assert Scanner().tree(shared_folder / "input").digest == artifact.digest

    as_plain_user(act)


def test_a_file_system_that_can_share_bytes_is_let_do_so(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared: list[int] = []

    def ioctl(target: int, request: int, source: int) -> int:
        """As the kernel's FICLONE: all bytes of the source, at once, whatever was read of it."""
        assert request == 0x40049409
        size_bytes = os.fstat(source).st_size
        os.pwrite(target, os.pread(source, size_bytes, 0), 0)
        shared.append(size_bytes)
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    (tmp_path / "f").write_bytes(LARGE)

    artifact = store.snapshot(tmp_path / "f", DataKind.FILE)
    store.copy_out(artifact.digest, tmp_path / "back")

    assert shared == [len(LARGE)] * 2
    assert (tmp_path / "back").read_bytes() == LARGE
    assert (tmp_path / "back").stat().st_mode & 0o777 == 0o644


def test_a_file_that_may_not_be_read_is_named(
    shared_folder: Path, as_plain_user: AsPlainUser
) -> None:
    (shared_folder / "d").mkdir()
    (shared_folder / "d" / "private").write_text("x")
    (shared_folder / "d" / "private").chmod(0)

    def act() -> None:
        store = LocalStore(shared_folder / "store")
        for take in (store.ingest, store.snapshot):
            with pytest.raises(Unreadable, match="d/private cannot be read"):
                take(shared_folder / "d", DataKind.FOLDER)

    as_plain_user(act)


def test_a_destination_on_another_file_system_gets_a_copy(
    store: LocalStore, tmp_path: Path
) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to write to")
    artifact = store.ingest(make_output(tmp_path / "out"), DataKind.FOLDER)
    place = other / f"mlctl-test-{os.getpid()}"
    try:
        store.materialize(artifact.digest, place)
        assert Scanner().tree(place).digest == artifact.digest
        assert store.ingest(place, DataKind.FOLDER) == artifact
    finally:
        shutil.rmtree(place)


def test_an_ordinary_user_gets_links_and_cannot_write_through_them(
    shared_folder: Path, as_plain_user: AsPlainUser
) -> None:
    def act() -> None:
        store = LocalStore(shared_folder / "store")
        artifact = store.ingest(make_output(shared_folder / "out"), DataKind.FOLDER)
        store.materialize(artifact.digest, shared_folder / "input")
        given = shared_folder / "input" / "model.bin"
        with store.open_blob(of_bytes(LARGE)) as blob:
            assert os.fstat(blob.fileno()).st_ino == given.stat().st_ino
        with pytest.raises(PermissionError):
            given.write_bytes(b"spoilt")
        assert (shared_folder / "input" / "run").stat().st_mode & 0o777 == 0o555
        assert Scanner().tree(shared_folder / "input").digest == artifact.digest

        store.copy_out(artifact.digest, shared_folder / "mine")
        (shared_folder / "mine" / "model.bin").write_bytes(b"changed")
        assert store.verify([artifact.digest]) == ()

    as_plain_user(act)


def test_root_may_write_to_what_it_was_given_without_reaching_the_store(
    store: LocalStore, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can write to a read-only file")
    artifact = store.ingest(make_output(tmp_path / "out"), DataKind.FOLDER)
    store.materialize(artifact.digest, tmp_path / "input")

    for path in (tmp_path / "input").rglob("*"):
        if path.is_file():
            path.write_bytes(b"spoilt")

    assert store.present([artifact.digest]) == set()
    assert store.verify() == ()


def test_a_copy_is_checked_while_it_is_made(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(LARGE)
    artifact = store.snapshot(tmp_path / "f", DataKind.FILE)
    blob = blob_of(store, artifact.digest)
    blob.chmod(0o644)
    blob.write_bytes(b"y" * len(LARGE))

    with pytest.raises(CorruptContent) as raised:
        store.materialize(artifact.digest, tmp_path / "back")

    assert raised.value.quarantined is not None
    assert raised.value.quarantined.read_bytes() == b"y" * len(LARGE)
    assert not (tmp_path / "back").exists()
    assert store.present([artifact.digest]) == {artifact.digest}


def blob_of(store: LocalStore, digest: Digest) -> Path:
    """Where the store's documentation says that a blob is."""
    name = digest.partition(":")[2]
    return store.root / "blobs" / name[:2] / name[2:]
