"""A full disk, a read-only folder, a killed process, two processes at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlctl.core.digest import of_bytes
from mlctl.core.job import Artifact, DataKind
from mlctl.core.result import OutputRecord, ResultRecord
from mlctl.store.errors import StoreFull, StoreUnwritable
from mlctl.store.lease import Leases
from mlctl.store.local import LocalStore
from mlctl.store.results import Results
from mlctl.store.scan import Scanner
from tests.capabilities import need

ROOM_BYTES = 4 << 20
AsPlainUser = Callable[[Callable[[], None]], None]

INGEST = """
import sys
from pathlib import Path
from mlctl.core.job import DataKind
from mlctl.store.local import LocalStore

store = LocalStore(Path(sys.argv[1]))
print("open", flush=True)
print(store.ingest(Path(sys.argv[2]), DataKind.FOLDER).digest, flush=True)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 4 MiB."""
    need("tmpfs")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES}", "tmpfs", str(place)], check=True
    )
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def make_tree(top: Path, files: int, size_bytes: int) -> Path:
    for number in range(files):
        path = top / f"{number % 7}" / f"{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(number.to_bytes(4) * (size_bytes // 4))
    return top


def record(note: str = "") -> ResultRecord:
    return ResultRecord(
        fingerprint=of_bytes(b"key"),
        key={},
        run_id="run-1",
        address="pipeline.p.step.s",
        outputs={"o": OutputRecord(Artifact(of_bytes(note.encode()), 1), "uri_file")},
        values={"note": note},
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:00:00Z",
        duration_s=1.0,
        compute="compute.local.here",
    )


@pytest.mark.parametrize("size_bytes", [4096, 2 << 20], ids=["small files", "large files"])
def test_a_full_disk_is_named_and_what_was_kept_stays(
    size_bytes: int, small_disk: Path, tmp_path: Path
) -> None:
    store = LocalStore(small_disk / "store")
    first = store.ingest(make_tree(tmp_path / "first", 10, 4096), DataKind.FOLDER)
    count = (ROOM_BYTES + (1 << 20)) // size_bytes
    large = make_tree(tmp_path / "large", count, size_bytes)
    expected = Scanner().tree(large)

    with pytest.raises(StoreFull) as raised:
        store.ingest(large, DataKind.FOLDER)

    assert raised.value.mount == small_disk
    assert raised.value.needed_bytes is not None
    assert raised.value.needed_bytes > ROOM_BYTES
    assert str(small_disk) in str(raised.value)
    assert store.present([first.digest, expected.digest]) == {expected.digest}
    assert store.verify() == ()
    assert Scanner().tree(large) == expected
    store.close()

    after = LocalStore(small_disk / "store")
    assert after.ingest(make_tree(tmp_path / "next", 20, 4096), DataKind.FOLDER).digest
    assert after.verify() == ()
    after.close()


def test_a_full_disk_at_the_destination_leaves_nothing_half_made(
    small_disk: Path, tmp_path: Path
) -> None:
    store = LocalStore(tmp_path / "store")
    artifact = store.ingest(make_tree(tmp_path / "large", 3, 2 << 20), DataKind.FOLDER)

    with pytest.raises(StoreFull) as raised:
        store.materialize(artifact.digest, small_disk / "out")

    assert raised.value.mount == small_disk
    assert list(small_disk.iterdir()) == []
    store.close()


def test_a_small_file_on_a_full_disk_leaves_nothing_either(
    small_disk: Path, tmp_path: Path
) -> None:
    store = LocalStore(tmp_path / "store")
    (tmp_path / "f").write_bytes(b"x" * 500_000)
    artifact = store.ingest(tmp_path / "f", DataKind.FILE)
    (small_disk / "filler").write_bytes(b"x" * (ROOM_BYTES - 100_000))

    with pytest.raises(StoreFull):
        store.copy_out(artifact.digest, small_disk / "out")
    with pytest.raises(StoreFull):
        store.publish(artifact.digest, small_disk / "out")

    assert [path.name for path in small_disk.iterdir()] == ["filler"]
    store.close()


def test_a_full_disk_leaves_the_old_result(small_disk: Path) -> None:
    results = Results(small_disk)
    results.put(record())

    with pytest.raises(StoreFull):
        results.put(record("x" * (2 * ROOM_BYTES)), refresh=True)

    assert results.find(record().fingerprint) == record()
    assert [path.suffix for path in small_disk.glob("results/??/*")].count(".new") == 0


def test_a_store_that_cannot_be_written_can_be_read_and_says_what_it_refuses(
    shared_folder: Path, as_plain_user: AsPlainUser, tmp_path: Path
) -> None:
    store = LocalStore(shared_folder / "store")
    artifact = store.ingest(make_tree(shared_folder / "out", 5, 4096), DataKind.FOLDER)
    Results(store.root).put(record())
    store.close()
    for path in [store.root, *store.root.rglob("*")]:
        if path.is_dir():
            path.chmod(0o555)
    (shared_folder / "more").write_text("more")

    def act() -> None:
        notices: list[str] = []
        reader = LocalStore(shared_folder / "store", notices.append)
        assert reader.present([artifact.digest]) == set()
        reader.materialize(artifact.digest, shared_folder / "back")
        assert Scanner().tree(shared_folder / "back").digest == artifact.digest
        assert Results(reader.root).find(record().fingerprint) == record()
        assert reader.scanner.tree(shared_folder / "back").digest == artifact.digest
        assert all("stat.db is not used" in notice for notice in notices)
        with pytest.raises(StoreUnwritable, match="cannot be written"):
            reader.ingest(shared_folder / "more", DataKind.FILE)
        with pytest.raises(StoreUnwritable):
            Results(reader.root).put(record("other"))
        with pytest.raises(StoreUnwritable):
            Leases(reader.root).acquire(record().fingerprint, "me", 60)

    try:
        as_plain_user(act)
    finally:
        for path in [store.root, *store.root.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)


def run_ingest(store: Path, source: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", INGEST, str(store), str(source)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4])
def test_a_kill_while_taking_in_leaves_a_whole_store_and_a_source_to_take_in_again(
    delay_s: float, tmp_path: Path
) -> None:
    source = make_tree(tmp_path / "source", 800, 2048)
    make_tree(source / "large", 8, 2 << 20)
    (source / "large" / "0" / "0").chmod(0o755)
    expected = Scanner().tree(source)

    with run_ingest(tmp_path / "store", source) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(delay_s)
        child.send_signal(signal.SIGKILL)

    store = LocalStore(tmp_path / "store")
    assert store.verify() == ()
    assert list((tmp_path / "store").glob("tmp/*/*")) == []
    assert store.ingest(source, DataKind.FOLDER).digest == expected.digest
    assert store.present([expected.digest]) == set()
    store.materialize(expected.digest, tmp_path / "back")
    assert Scanner().tree(tmp_path / "back") == expected
    store.close()


def test_two_processes_take_in_the_same_at_once(tmp_path: Path) -> None:
    sources = [make_tree(tmp_path / name, 300, 2048) for name in ("one", "two")]
    for source in sources:
        make_tree(source / "large", 3, 2 << 20)
    expected = Scanner().tree(sources[0])

    children = [run_ingest(tmp_path / "store", source) for source in sources]
    answers = [child.communicate()[0].split() for child in children]

    assert answers == [["open", expected.digest]] * 2
    store = LocalStore(tmp_path / "store")
    assert store.present([expected.digest]) == set()
    assert store.verify() == ()
    store.close()


def test_many_processes_open_a_new_store_at_once_and_all_use_its_caches(tmp_path: Path) -> None:
    source = make_tree(tmp_path / "source", 5, 64)
    script = INGEST.replace("Path(sys.argv[1])", "Path(sys.argv[1]), print")

    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "store"), str(source)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(6)
    ]
    answers = {child.communicate()[0] for child in children}

    assert answers == {f"open\n{Scanner().tree(source).digest}\n"}


def test_the_unfinished_work_of_the_living_is_left_alone(tmp_path: Path) -> None:
    living = LocalStore(tmp_path / "store")
    (tmp_path / "f").write_text("x")
    living.ingest(tmp_path / "f", DataKind.FILE)
    (desk,) = (tmp_path / "store" / "tmp").iterdir()
    (desk / "unfinished").write_text("x")
    foreign = desk.with_name("0000.1.2.other-boot.other-machine")
    foreign.mkdir()
    old = desk.with_name("0001.1.2.other-boot.other-machine")
    old.mkdir()
    os.utime(old, (1_000_000_000, 1_000_000_000))

    LocalStore(tmp_path / "store").close()

    assert (desk / "unfinished").exists()
    assert foreign.exists()
    assert not old.exists()
    living.close()
