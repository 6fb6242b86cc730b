"""Outputs where people look for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlctl.core.digest import Digest, of_bytes
from mlctl.core.errors import MissingContent
from mlctl.core.job import DataKind
from mlctl.store.local import LocalStore
from mlctl.store.scan import Scanner


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "outputs" / "pipeline" / "model"


def keep(store: LocalStore, path: Path, text: str) -> Digest:
    path.write_text(text)
    return store.ingest(path, DataKind.FILE).digest


def keep_folder(store: LocalStore, top: Path, text: str) -> Digest:
    top.mkdir()
    (top / "a").write_text(text)
    (top / "b").mkdir()
    return store.ingest(top, DataKind.FOLDER).digest


def test_a_published_file_is_read_only_and_known_again(
    store: LocalStore, tmp_path: Path, place: Path
) -> None:
    digest = keep(store, tmp_path / "f", "one")

    store.publish(digest, place)

    assert place.read_text() == "one"
    assert place.stat().st_mode & 0o222 == 0
    assert store.published_ok(digest, place)


def test_a_published_folder_is_known_again_by_the_next_process(
    store: LocalStore, tmp_path: Path, place: Path
) -> None:
    digest = keep_folder(store, tmp_path / "d", "one")
    store.publish(digest, place)
    store.close()

    again = LocalStore(store.root)

    assert again.published_ok(digest, place)
    assert Scanner().tree(place).digest == digest
    again.close()


def test_what_was_there_is_replaced_whatever_it_was(
    store: LocalStore, tmp_path: Path, place: Path
) -> None:
    file, folder = keep(store, tmp_path / "f", "one"), keep_folder(store, tmp_path / "d", "two")
    place.parent.mkdir(parents=True)
    place.symlink_to("nowhere")

    for digest in (folder, file, folder, keep_folder(store, tmp_path / "e", "three"), file):
        store.publish(digest, place)
        assert store.published_ok(digest, place)

    assert place.read_text() == "one"
    assert list(place.parent.iterdir()) == [place]


def test_replacing_works_where_two_names_cannot_be_swapped(
    store: LocalStore, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlctl.store.publish.exchange", lambda one, other: False)
    file, folder = keep(store, tmp_path / "f", "one"), keep_folder(store, tmp_path / "d", "two")

    for digest in (folder, file, folder):
        store.publish(digest, place)
        assert store.published_ok(digest, place)

    assert list(place.parent.iterdir()) == [place]


def test_a_publication_that_was_touched_but_is_the_same_is_fine(
    store: LocalStore, tmp_path: Path, place: Path
) -> None:
    digest = keep_folder(store, tmp_path / "d", "one")
    store.publish(digest, place)

    os.utime(place / "a")

    assert store.published_ok(digest, place)


def test_a_changed_or_missing_publication_is_noticed(
    store: LocalStore, tmp_path: Path, place: Path
) -> None:
    digest = keep_folder(store, tmp_path / "d", "one")

    assert not store.published_ok(digest, place)

    store.publish(digest, place)
    seen = (place / "a").stat()
    (place / "a").chmod(0o644)
    (place / "a").write_text("two")
    os.utime(place / "a", ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert not store.published_ok(digest, place)

    store.publish(digest, place)
    (place / "more").write_text("x")
    assert not store.published_ok(digest, place)

    store.publish(digest, place)
    (place / "b").rmdir()
    assert not store.published_ok(digest, place)

    store.publish(digest, place)
    assert store.published_ok(digest, place)
    assert not store.published_ok(of_bytes(b"other"), place)


def test_a_link_or_a_pipe_in_the_place_of_a_publication_is_noticed(
    store: LocalStore, tmp_path: Path, place: Path
) -> None:
    digest = keep(store, tmp_path / "f", "one")
    store.publish(digest, place)
    place.unlink()

    place.symlink_to(tmp_path / "f")
    assert not store.published_ok(digest, place)

    place.unlink()
    os.mkfifo(place)
    assert not store.published_ok(digest, place)


def test_what_was_published_stays_when_the_new_content_is_missing(
    store: LocalStore, tmp_path: Path, place: Path
) -> None:
    digest = keep(store, tmp_path / "f", "one")
    store.publish(digest, place)

    with pytest.raises(MissingContent):
        store.publish(of_bytes(b"never seen"), place)

    assert store.published_ok(digest, place)
    assert list(place.parent.iterdir()) == [place]


def test_what_a_killed_process_left_beside_a_publication_is_removed(
    store: LocalStore, tmp_path: Path, place: Path
) -> None:
    digest = keep(store, tmp_path / "f", "one")
    store.close()
    child = os.fork()
    if child == 0:  # it dies while it publishes
        monkey = pytest.MonkeyPatch()
        monkey.setattr(Path, "replace", lambda *_: os._exit(0))
        store.publish(digest, place)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(place.parent.iterdir())) == 1

    LocalStore(store.root).publish(digest, place)

    assert list(place.parent.iterdir()) == [place]
