"""What a snapshot of code leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.store.ignore import Ignore
from mlctl.store.scan import Scanner
from mlctl.store.statcache import StatCache


@pytest.fixture
def project(tmp_path: Path) -> Path:
    top = tmp_path / "project"
    for path in (
        "src/train.py",
        "src/util/io.py",
        "src/util/notes.log",
        "src/data/big.csv",
        "src/data/keep.csv",
        "src/__pycache__/train.pyc",
        "src/old.pyc",
        "src/.git/HEAD",
        "src/.mlctl/store/x",
        "src/mlctl.state.json",
        "src/mlctl.state.json.backup",
    ):
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(path)
    return top


def kept(project: Path) -> list[str]:
    return list(Scanner().tree(project / "src", Ignore.load(project / "src", project)).listing())


def test_own_files_git_and_compiled_python_are_always_left_out(project: Path) -> None:
    assert kept(project) == [
        "data/big.csv",
        "data/keep.csv",
        "train.py",
        "util/io.py",
        "util/notes.log",
    ]


def test_data_scanned_without_rules_is_taken_whole(project: Path) -> None:
    assert "__pycache__/train.pyc" in Scanner().tree(project / "src").listing()


def test_patterns_mean_what_they_mean_to_git(project: Path) -> None:
    (project / "src" / ".mlctlignore").write_text(
        "# a comment\n\n*.log\n/data/*\n!/data/keep.csv\nnothing/\n"
    )

    assert kept(project) == ["data/keep.csv", "train.py", "util/io.py"]


def test_a_folder_that_is_left_out_cannot_be_entered_again(project: Path) -> None:
    (project / "src" / ".mlctlignore").write_text("data/\n!data/keep.csv\n")

    assert not any(path.startswith("data") for path in kept(project))


def test_patterns_above_the_folder_are_read_from_where_they_are(project: Path) -> None:
    (project / ".gitignore").write_text("/src/data\n/util\n*.log\n")

    assert kept(project) == ["train.py", "util/io.py"]


def test_an_ignore_file_beyond_the_stop_folder_is_not_used(project: Path) -> None:
    (project.parent / ".mlctlignore").write_text("*\n")

    assert "train.py" in kept(project)


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ({"src/.gitignore": "*.log", ".mlctlignore": "*.csv"}, {"notes.log"}),
        ({"src/.gitignore": "*.csv", "src/.amlignore": "*.log"}, {"big.csv", "keep.csv"}),
        ({"src/.mlctlignore": "*.log", ".mlctlignore": "*.csv"}, {"big.csv", "keep.csv"}),
    ],
    ids=["the first kind wins from above", "aml before git", "the nearest of a kind wins"],
)
def test_one_ignore_file_is_used_and(files: dict[str, str], left: set[str], project: Path) -> None:
    for path, text in files.items():
        (project / path).write_text(text)

    names = {path.rpartition("/")[2] for path in kept(project)}

    assert names - {"train.py", "io.py"} == left


def test_an_ignore_file_counts_by_its_effect_only(project: Path) -> None:
    def digest() -> str:
        rules = Ignore.load(project / "src", project)
        return Scanner().tree(project / "src", rules).digest

    (project / "src" / ".mlctlignore").write_text("*.log\n")
    before = digest()

    (project / "src" / ".mlctlignore").write_text("# why\n*.log\n*.never\n")
    (project / "src" / ".gitignore").write_text("*.tmp\n")

    assert digest() == before


def test_the_same_folder_with_and_without_rules_shares_what_is_known(
    project: Path, tmp_path: Path
) -> None:
    (project / ".mlctlignore").write_text("*.csv\n")
    cache = StatCache(tmp_path / "stat.db")
    rules = Ignore.load(project / "src", project)

    for _ in range(2):
        whole = Scanner(cache).tree(project / "src")
        code = Scanner(cache).tree(project / "src", rules)
    cache.close()

    assert whole == Scanner().tree(project / "src")
    assert code == Scanner().tree(project / "src", rules)


def test_a_pattern_that_is_no_text_and_a_name_that_is_none_match(project: Path) -> None:
    (project / "src" / ".mlctlignore").write_bytes(b"caf\xe9*\n")
    (project / "src" / "caf\udce9.txt").write_text("x")

    assert "caf\udce9.txt" not in kept(project)


def test_a_folder_in_which_all_is_left_out_is_left_out_but_an_empty_one_counts(
    project: Path,
) -> None:
    (project / "src" / "gone" / "deeper" / "__pycache__").mkdir(parents=True)
    (project / "src" / "empty").mkdir()

    assert "empty/" in kept(project)
    assert not any(path.startswith("gone") for path in kept(project))
