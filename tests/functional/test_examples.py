"""Every example is planned, applied and planned again by the installed command, as a user would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.capabilities import need

EXAMPLES = Path(__file__).parents[2] / "examples"
NO_CHANGES, CHANGES = 0, 2

NEEDS_PACKAGES = {"digits"}
"""Examples whose environment is built from a package index."""

pytestmark = [pytest.mark.functional, pytest.mark.network, pytest.mark.timeout(300)]


def mlctl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command that belongs to this interpreter, in ``folder``."""
    command = shutil.which("mlctl", path=Path(sys.executable).parent)
    assert command is not None, "mlctl is not installed beside this Python"
    return subprocess.run(
        [command, f"--chdir={folder}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "NO_COLOR": "1"},
    )


def succeed(folder: Path, *arguments: str) -> str:
    done = mlctl(folder, *arguments)
    assert done.returncode == 0, f"mlctl {arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def copy_of(example: str, tmp_path: Path) -> Path:
    """The example as a clone has it, without what earlier runs left beside it."""
    left_by_runs = shutil.ignore_patterns(".mlctl", "mlctl.state.json*", "__pycache__")
    return Path(shutil.copytree(EXAMPLES / example, tmp_path / example, ignore=left_by_runs))


def output(folder: Path, name: str) -> object:
    value: object = json.loads(succeed(folder, "output", "-json"))[name]["value"]
    return value


def steps_run_by_apply(folder: Path, *options: str) -> set[str]:
    """Apply, and return the addresses of the steps that were started for it."""
    lines = succeed(folder, "apply", "--auto-approve", "--json", *options).splitlines()
    events = [json.loads(line) for line in lines]
    return {event["address"] for event in events if event["type"] == "step_start"}


@pytest.mark.parametrize("example", sorted(p.name for p in EXAMPLES.iterdir() if p.is_dir()))
def test_an_example_is_planned_and_applied_and_then_nothing_is_left_to_do(
    example: str, tmp_path: Path
) -> None:
    need("uv", *(["network"] if example in NEEDS_PACKAGES else []))
    folder = copy_of(example, tmp_path)

    first = mlctl(folder, "plan", "--detailed-exitcode")
    applied = succeed(folder, "apply", "--auto-approve")
    second = mlctl(folder, "plan", "--detailed-exitcode")

    assert first.returncode == CHANGES, first.stdout + first.stderr
    assert "Apply complete!" in applied
    assert second.returncode == NO_CHANGES, second.stdout + second.stderr
    assert "No changes." in second.stdout


def test_the_digits_example_recognises_more_than_nine_in_ten_and_shows_where_it_fails(
    tmp_path: Path,
) -> None:
    need("uv", "network")
    folder = copy_of("digits", tmp_path)

    succeed(folder, "apply", "--auto-approve")

    accuracy = output(folder, "accuracy")
    assert isinstance(accuracy, float)
    assert 0.9 < accuracy <= 1
    picture, model = (folder / str(output(folder, name)) for name in ("confusion", "model"))
    assert picture.read_bytes().startswith(b"\x89PNG\r\n")
    assert model.stat().st_size > 0


def test_the_quickstart_counts_every_word_of_its_text(tmp_path: Path) -> None:
    folder = copy_of("quickstart", tmp_path)

    succeed(folder, "apply", "--auto-approve")

    words = (folder / "data/text.txt").read_text(encoding="utf-8").split()
    assert output(folder, "total") == len(words)
    assert len((folder / str(output(folder, "report"))).read_text().splitlines()) == 10


@pytest.mark.parametrize(
    ("file", "before", "after", "options", "runs"),
    [
        pytest.param("src/split/split.py", "import", "# why\nimport", [], ["split"], id="comment"),
        pytest.param(
            "data/text.txt", "secret", "story", [], ["split", 'count["second"]', "merge"], id="text"
        ),
        pytest.param("main.hcl", "", "", ["--var", "top=3"], ["merge"], id="parameter"),
        pytest.param("main.hcl", "Split, count, merge.", "Words.", [], [], id="description"),
        pytest.param(
            "main.hcl",
            'step "split" {',
            'step "split" {\n    timeout = "10m"',
            [],
            [],
            id="timeout",
        ),
    ],
)
def test_an_edit_of_the_quickstart_runs_what_its_readme_says_and_undoing_it_runs_nothing(
    tmp_path: Path, file: str, before: str, after: str, options: list[str], runs: list[str]
) -> None:
    folder = copy_of("quickstart", tmp_path)
    succeed(folder, "apply", "--auto-approve")
    edited = folder / file
    original = edited.read_text(encoding="utf-8")

    edited.write_text(original.replace(before, after, 1), encoding="utf-8")
    ran = steps_run_by_apply(folder, *options)
    edited.write_text(original, encoding="utf-8")
    ran_after_undo = steps_run_by_apply(folder)

    assert ran == {f"pipeline.words.step.{step}" for step in runs}
    assert ran_after_undo == set()


def test_adding_a_text_to_word_stats_runs_its_count_and_the_merge_alone(tmp_path: Path) -> None:
    folder = copy_of("word-stats", tmp_path)
    succeed(folder, "apply", "--auto-approve")

    (folder / "texts/river.txt").write_text("The river runs.\n", encoding="utf-8")
    ran = steps_run_by_apply(folder)

    count, merge = 'step.count["texts/river.txt"]', "step.merge"
    assert ran == {f"pipeline.word_stats.{count}", f"pipeline.word_stats.{merge}"}
    sizes = output(folder, "sizes")
    assert isinstance(sizes, dict)
    assert sizes["river.txt"] == 3
    assert len(sizes) == 4


def test_renaming_a_text_of_word_stats_counts_nothing_anew(tmp_path: Path) -> None:
    folder = copy_of("word-stats", tmp_path)
    succeed(folder, "apply", "--auto-approve")

    (folder / "texts/orchard.txt").rename(folder / "texts/trees.txt")

    assert steps_run_by_apply(folder) == {"pipeline.word_stats.step.merge"}


def test_deleting_a_text_of_word_stats_and_putting_it_back_counts_nothing_anew(
    tmp_path: Path,
) -> None:
    folder = copy_of("word-stats", tmp_path)
    succeed(folder, "apply", "--auto-approve")
    text = folder / "texts/library.txt"
    content = text.read_bytes()

    text.unlink()
    ran = steps_run_by_apply(folder)
    text.write_bytes(content)
    ran_after_undo = steps_run_by_apply(folder)

    assert ran == {"pipeline.word_stats.step.merge"}
    assert ran_after_undo == set()


def test_touching_every_text_of_word_stats_leaves_nothing_to_do(tmp_path: Path) -> None:
    folder = copy_of("word-stats", tmp_path)
    succeed(folder, "apply", "--auto-approve")

    for text in (folder / "texts").iterdir():
        text.touch()

    assert mlctl(folder, "plan", "--detailed-exitcode").returncode == NO_CHANGES


def test_the_quickstart_copied_with_its_store_runs_nothing(tmp_path: Path) -> None:
    folder = copy_of("quickstart", tmp_path)
    succeed(folder, "apply", "--auto-approve")

    copy = Path(shutil.copytree(folder, tmp_path / "elsewhere", symlinks=True))

    assert steps_run_by_apply(copy) == set()


@pytest.mark.parametrize(
    ("before", "after", "options", "said"),
    [
        pytest.param("    svm    =", "    tree   = {}\n    svm    =", [], "forest, svm", id="enum"),
        pytest.param("", "", ["--var", "test_fraction=0.5"], "maximum 0.4", id="max"),
    ],
)
def test_the_digits_example_refuses_what_its_readme_says(
    tmp_path: Path, before: str, after: str, options: list[str], said: str
) -> None:
    folder = copy_of("digits", tmp_path)
    main = folder / "main.hcl"
    main.write_text(main.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")

    refused = mlctl(folder, "plan", *options)

    assert refused.returncode == 1
    assert said in refused.stderr
