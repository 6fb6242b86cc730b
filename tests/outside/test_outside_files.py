"""The files that functions read, and content looked at for plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.digest import of_bytes
from mlctl.core.job import DataKind
from mlctl.outside.files import ConfigurationFiles
from mlctl.outside.sources import PresentSources


def test_paths_start_at_the_configuration_and_what_is_read_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    files = ConfigurationFiles(tmp_path)

    assert files.read_bytes("./a.txt") == b"a"
    assert files.read == {"./a.txt": of_bytes(b"a")}
    assert files.absolute("x/../a.txt") == str(tmp_path / "a.txt")
    assert files.absolute("~") == files.home()


def test_only_regular_files_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    files = ConfigurationFiles(tmp_path)

    assert files.exists("a.txt")
    assert not files.exists("b.txt")
    with pytest.raises(IsADirectoryError, match="is a directory"):
        files.exists(".")
    with pytest.raises(OSError, match="not a regular file"):
        files.exists("/dev/null")
    with pytest.raises(FileNotFoundError):
        files.read_bytes("b.txt")


def test_files_below_a_folder_are_listed_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.txt", "a/b/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "gone").symlink_to("nowhere")

    assert ConfigurationFiles(tmp_path).files_below(".") == ["a/b/d.txt", "a/c.txt", "b.txt"]


def test_presence_is_looked_at_without_reading(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    sources = PresentSources()

    assert sources.data(tmp_path / "f") == (DataKind.FILE, None)
    assert sources.data(tmp_path) == (DataKind.FOLDER, None)
    assert sources.code(tmp_path) is None
    with pytest.raises(FileNotFoundError):
        sources.data(tmp_path / "no")
    with pytest.raises(NotADirectoryError):
        sources.code(tmp_path / "f")
