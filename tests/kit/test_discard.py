"""Folders that are taken away: gone from their name at once, from the disk at the end."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlctl.kit import discard
from mlctl.kit.discard import SMALL_BYTES, Discards

PROGRAM = """
import os, signal, sys
from pathlib import Path
from mlctl.kit.discard import Discards

place, count = Path(sys.argv[1]), int(sys.argv[2])
discards = Discards(place)
for number in range(count):
    folder = place / str(number)
    folder.mkdir()
    (folder / "log").write_text("x")
    discards.take(folder)
if sys.argv[3] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


def folder(place: Path, name: str, size_bytes: int = 1) -> Path:
    made = place / name
    (made / "out").mkdir(parents=True)
    (made / "out" / "file").write_bytes(b"x" * size_bytes)
    return made


def run(place: Path, count: int, ending: str) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM, str(place), str(count), ending], check=False)


def held(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]


def test_it_is_gone_from_its_name_at_once(tmp_path: Path) -> None:
    discards = Discards(tmp_path)
    gone = folder(tmp_path, "job")

    discards.take(gone)
    discards.take(tmp_path / "never there")

    assert not gone.exists()


def test_what_is_large_is_given_back_to_the_disk_at_once(tmp_path: Path) -> None:
    Discards(tmp_path).take(folder(tmp_path, "job", SMALL_BYTES + 1))

    assert list(tmp_path.iterdir()) == []


def test_the_same_name_can_be_taken_away_again(tmp_path: Path) -> None:
    discards = Discards(tmp_path)

    for _ in range(3):
        discards.take(folder(tmp_path, "job"))
    discards.empty()

    assert list(tmp_path.iterdir()) == []


def test_no_more_than_some_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discard, "KEPT", 3)
    discards = Discards(tmp_path)

    for number in range(7):
        discards.take(folder(tmp_path, str(number)))

    assert len(held(tmp_path)) == 1


def test_nothing_is_left_when_it_is_needed_no_more(tmp_path: Path) -> None:
    discards = Discards(tmp_path)
    discards.take(folder(tmp_path, "job"))

    del discards

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [3, discard.HANDED_OVER + 1])
def test_nothing_is_left_after_the_process(tmp_path: Path, count: int) -> None:
    run(tmp_path, count, "ends")

    deadline = time.monotonic() + 20
    while any(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(tmp_path.iterdir())


def test_what_a_killed_process_kept_goes_with_the_next_one(tmp_path: Path) -> None:
    run(tmp_path, 3, "killed")
    left = len(held(tmp_path))

    discards = Discards(tmp_path)
    discards.take(folder(tmp_path, "job"))
    discards.empty()

    assert left == 3
    assert list(tmp_path.iterdir()) == []
