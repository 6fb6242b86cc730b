"""What a plan may believe of the store, and how damage is found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from mlctl.core.digest import Digest, of_bytes
from mlctl.core.job import Artifact, DataKind
from mlctl.store.errors import CorruptContent
from mlctl.store.local import Damage, LocalStore
from mlctl.store.scan import Scanner

AsPlainUser = Callable[[Callable[[], None]], None]


def keep(store: LocalStore, tmp_path: Path, content: bytes) -> Digest:
    (tmp_path / "source").write_bytes(content)
    return store.ingest(tmp_path / "source", DataKind.FILE).digest


def keep_folder(store: LocalStore, top: Path) -> Artifact:
    (top / "inner").mkdir(parents=True)
    (top / "inner" / "a").write_text("in a folder")
    (top / "b").write_text("beside it")
    return store.ingest(top, DataKind.FOLDER)


def blob_of(store: LocalStore, digest: Digest) -> Path:
    """Where the store's documentation says that a blob is."""
    name = digest.partition(":")[2]
    return store.root / "blobs" / name[:2] / name[2:]


def overwrite(path: Path, content: bytes) -> None:
    """Write as somebody who knows no better, and set the time back as ``rsync -t`` does."""
    seen = path.stat()
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def lacking(root: Path, digests: Iterable[Digest]) -> set[Digest]:
    """What a new process finds missing."""
    opened = LocalStore(root)
    try:
        return opened.present(digests)
    finally:
        opened.close()


def test_what_was_kept_is_there_for_the_next_process(store: LocalStore, tmp_path: Path) -> None:
    file = keep(store, tmp_path, b"one")
    folder = keep_folder(store, tmp_path / "out").digest

    assert lacking(store.root, [file, folder]) == set()


def test_a_deleted_blob_is_missed_by_everything_that_needs_it(
    store: LocalStore, tmp_path: Path
) -> None:
    other = keep(store, tmp_path, b"one")
    folder = keep_folder(store, tmp_path / "out").digest
    blob_of(store, of_bytes(b"in a folder")).unlink()

    assert store.present([other, folder]) == {folder}
    assert lacking(store.root, [other, folder]) == {folder}


def test_a_deleted_manifest_is_missed(store: LocalStore, tmp_path: Path) -> None:
    folder = keep_folder(store, tmp_path / "out").digest
    blob_of(store, folder).unlink()

    assert store.present([folder]) == {folder}
    assert lacking(store.root, [folder]) == {folder}


@pytest.mark.parametrize("content", [b"two", b"another length", b""])
def test_a_blob_that_was_written_to_is_found_and_moved_away(
    content: bytes, tmp_path: Path, notices: list[str]
) -> None:
    store = LocalStore(tmp_path / "store", notices.append)
    digest = keep(store, tmp_path, b"one")
    overwrite(blob_of(store, digest), content)

    assert store.present([digest]) == {digest}
    store.close()

    assert not blob_of(store, digest).exists()
    assert [path.read_bytes() for path in (store.root / "quarantine").iterdir()] == [content]
    assert any("damaged" in notice for notice in notices)


def test_a_blob_that_was_touched_but_not_changed_is_still_there(
    store: LocalStore, tmp_path: Path
) -> None:
    digest = keep(store, tmp_path, b"one")
    os.utime(blob_of(store, digest))
    blob_of(store, digest).chmod(0o644)

    assert store.present([digest]) == set()
    assert blob_of(store, digest).stat().st_mode & 0o777 == 0o444


def test_a_good_blob_that_was_made_writable_through_a_link_is_protected_again(
    shared_folder: Path, as_plain_user: AsPlainUser
) -> None:
    def act() -> None:
        store = LocalStore(shared_folder / "store")
        digest = keep(store, shared_folder, b"one")
        store.materialize(digest, shared_folder / "input")
        (shared_folder / "input").chmod(0o700)
        (shared_folder / "input").unlink()

        store.materialize(digest, shared_folder / "again")

        assert (shared_folder / "again").stat().st_mode & 0o777 == 0o444
        assert blob_of(store, digest).stat().st_mode & 0o777 == 0o444
        assert store.verify() == ()

    as_plain_user(act)


def test_other_files_among_the_blobs_are_none_of_ours(store: LocalStore, tmp_path: Path) -> None:
    digest = keep(store, tmp_path, b"one")
    (store.root / "blobs" / "notes").write_text("x")
    (blob_of(store, digest).parent / ".DS_Store").write_text("x")

    assert store.verify() == ()


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("/etc/hostname")])
def test_something_else_in_the_place_of_a_blob_is_damage(
    make: Callable[[Path], None], store: LocalStore, tmp_path: Path
) -> None:
    digest = keep(store, tmp_path, b"one")
    blob_of(store, digest).unlink()
    make(blob_of(store, digest))

    assert store.present([digest]) == {digest}
    assert keep(store, tmp_path, b"one") == digest
    assert store.present([digest]) == set()


def test_content_that_was_damaged_can_be_put_in_again(store: LocalStore, tmp_path: Path) -> None:
    digest = keep(store, tmp_path, b"one")
    overwrite(blob_of(store, digest), b"two")

    assert keep(store, tmp_path, b"one") == digest
    assert store.read_bytes(digest) == b"one"
    assert store.present([digest]) == set()


def test_reading_damaged_content_says_so(store: LocalStore, tmp_path: Path) -> None:
    folder = keep_folder(store, tmp_path / "out").digest
    file = keep(store, tmp_path, b"one")
    for digest in (folder, file):
        overwrite(blob_of(store, digest), b"two")

    with pytest.raises(CorruptContent, match="damaged"):
        store.read_bytes(file)
    with pytest.raises(CorruptContent):
        store.manifest(folder)
    other = keep(store, tmp_path, b"three")
    overwrite(blob_of(store, other), b"eerht")
    with pytest.raises(CorruptContent):
        store.open_blob(other)


def test_without_its_index_the_store_looks_again_and_finds_the_same(
    store: LocalStore, tmp_path: Path
) -> None:
    good, bad = keep(store, tmp_path, b"one"), keep(store, tmp_path, b"two")
    folder = keep_folder(store, tmp_path / "out").digest
    store.close()
    overwrite(blob_of(store, bad), b"owt")
    for path in store.root.glob("index.db*"):
        path.unlink()

    assert lacking(store.root, [good, bad, folder]) == {bad}


def test_a_damaged_index_does_not_stop_work(tmp_path: Path, notices: list[str]) -> None:
    first = LocalStore(tmp_path / "store")
    digest = keep(first, tmp_path, b"one")
    first.close()
    (tmp_path / "store" / "index.db").write_bytes(b"no database at all, but long enough" * 50)

    store = LocalStore(tmp_path / "store", notices.append)
    assert store.present([digest]) == set()
    assert keep(store, tmp_path, b"two") == of_bytes(b"two")
    store.close()

    assert len(notices) == 1


def test_verify_finds_even_a_write_that_no_stat_tells(store: LocalStore, tmp_path: Path) -> None:
    # Here the index itself is made to believe the damaged blob: linked out, written to through
    # the link, its time set back, the link removed.
    digest = keep(store, tmp_path, b"one")
    blob, link = blob_of(store, digest), tmp_path / "link"
    link.hardlink_to(blob)
    store.present([digest])
    overwrite(link, b"two")
    link.unlink()

    assert store.present([digest]) == set()
    (finding,) = store.verify()
    assert (finding.blob, finding.damage) == (digest, Damage.CORRUPT)
    assert finding.quarantined is not None
    assert store.present([digest]) == {digest}


def test_verify_says_which_content_lacks_what(store: LocalStore, tmp_path: Path) -> None:
    folder = keep_folder(store, tmp_path / "out").digest
    alone = keep(store, tmp_path, b"in a folder")
    other = keep(store, tmp_path, b"one")
    blob_of(store, alone).unlink()
    overwrite(blob_of(store, other), b"two")

    findings = {finding.blob: finding for finding in store.verify([folder, alone, other])}

    assert findings[alone].damage is Damage.MISSING
    assert set(findings[alone].needed_by) == {folder, alone}
    assert findings[other].damage is Damage.CORRUPT
    assert len(findings) == 2
    assert store.verify([of_bytes(b"beside it")]) == ()


def test_verify_of_a_folder_without_its_manifest_names_the_manifest(
    store: LocalStore, tmp_path: Path
) -> None:
    folder = keep_folder(store, tmp_path / "out").digest
    blob_of(store, folder).unlink()

    (finding,) = store.verify([folder])

    assert finding.damage is Damage.MISSING
    assert finding.blob.partition(":")[2] == folder.partition(":")[2]


def test_links_made_and_removed_do_not_make_the_store_look_inside_again(
    shared_folder: Path, as_plain_user: AsPlainUser
) -> None:
    def act() -> None:
        store = LocalStore(shared_folder / "store")
        digest = keep(store, shared_folder, b"x" * 3_000_000)
        for number in range(3):
            store.materialize(digest, shared_folder / f"input{number}")
        (shared_folder / "input1").unlink()
        # Damage that only a look inside would show, under the same stat.
        assert store.present([digest]) == set()
        assert Scanner().file(shared_folder / "input0").digest == digest

    as_plain_user(act)
