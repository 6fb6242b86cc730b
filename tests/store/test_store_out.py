"""The store: content comes out whole, private and with the modes it had."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from pathlib import Path

import pytest

from mlctl.core.digest import Digest, of_bytes
from mlctl.core.errors import MissingContent
from mlctl.core.job import DataKind
from mlctl.store.errors import CorruptContent, Unreadable
from mlctl.store.local import LocalStore
from mlctl.store.scan import Scanner
from tests.store.samples import LARGE, AsPlainUser, make_output


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
