"""What a declaration means: equal for two ways of asking for the same."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.environments.declaration import (
    Declaration,
    asked,
    declared_digest,
    read_declaration,
)
from mlctl.environments.entry import InField, InFile, InList
from mlctl.environments.requirements import load_requirements_file

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}([-_.][a-z0-9]{1,4}){0,2}", fullmatch=True)
SPECIFIERS = st.sampled_from(["", "==1.0", ">=1,<2", "~=2.1", "!=3.0", ">=1 ; python_version<'4'"])
REQUIREMENTS = st.lists(st.tuples(NAMES, SPECIFIERS).map("".join), max_size=6)


def declared(*requirements: str, python: str | None = None) -> Declaration:
    return Declaration(name="x", python=python, requirements=requirements)


def from_file(folder: Path, text: str) -> Declaration:
    (folder / "requirements.txt").write_text(text)
    file = load_requirements_file(folder, "requirements.txt")
    return Declaration(name="x", requirements_file=file)


@given(REQUIREMENTS, st.randoms())
def test_the_order_of_requirements_means_nothing(texts: list[str], chance: Random) -> None:
    shuffled = list(texts)
    chance.shuffle(shuffled)

    assert declared_digest(declared(*shuffled)) == declared_digest(declared(*texts))


@given(REQUIREMENTS)
def test_the_spelling_of_a_name_and_a_comment_mean_nothing(texts: list[str]) -> None:
    loud = [text.split(";")[0].upper().replace("-", "_") + "  # why" for text in texts]
    plain = [text.split(";")[0] for text in texts]

    assert declared_digest(declared(*loud)) == declared_digest(declared(*plain))


@given(REQUIREMENTS, REQUIREMENTS)
def test_asking_for_something_else_has_another_digest(one: list[str], other: list[str]) -> None:
    same = asked(declared(*one)) == asked(declared(*other))

    assert (declared_digest(declared(*one)) == declared_digest(declared(*other))) is same


def test_the_environments_name_is_not_part_of_what_it_asks() -> None:
    one = Declaration(name="one", requirements=("numpy",))
    two = Declaration(name="two", requirements=("numpy",))

    assert declared_digest(one) == declared_digest(two)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("numpy<2",), ("numpy<3",)),
        (("numpy",), ("numpy[test]",)),
        (("numpy",), ("numpy; sys_platform == 'linux'",)),
        (("-i https://a.example/s", "--extra-index-url https://b.example/s"), ("numpy",)),
        (("--find-links a", "--find-links b"), ("--find-links b", "--find-links a")),
        (("numpy @ https://a.example/n-1-py3-none-any.whl",), ("numpy",)),
        (("numpy --hash=sha256:aa",), ("numpy",)),
    ],
)
def test_what_changes_the_answer_changes_the_digest(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    assert declared_digest(declared(*one)) != declared_digest(declared(*other))


def test_the_python_version_is_part_of_what_is_asked() -> None:
    assert declared_digest(declared(python="3.11")) != declared_digest(declared(python="3.12"))
    assert declared_digest(declared(python="3.11")) != declared_digest(declared())


def test_a_password_in_an_index_is_neither_kept_nor_part_of_the_digest() -> None:
    before = declared("--extra-index-url https://me:old@pypi.example/simple", "numpy")
    after = declared("--extra-index-url=https://me:new@pypi.example/simple", "numpy")

    assert asked(before).options == ("--extra-index-url https://pypi.example/simple",)
    assert declared_digest(before) == declared_digest(after)


def test_a_requirements_file_means_what_the_same_list_means(tmp_path: Path) -> None:
    file = from_file(
        tmp_path,
        "# the models\nScikit_Learn >= 1.4   # fits\n\n--find-links wheels\npandas \\\n    <3\n",
    )

    listed = declared("--find-links=wheels", "pandas<3", "scikit-learn>=1.4")

    assert declared_digest(file) == declared_digest(listed)


def test_included_files_count_by_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/base.txt").write_text("numpy\n-c limits.txt\n./local-1.0-py3-none-any.whl\n")
    (tmp_path / "more/limits.txt").write_text("scipy<2\n")

    found = asked(from_file(tmp_path, "-r more/base.txt\npandas\n"))

    assert found.requirements == ("./more/local-1.0-py3-none-any.whl", "numpy", "pandas")
    assert found.constraints == ("scipy<2",)


def test_a_constraint_is_not_a_requirement(tmp_path: Path) -> None:
    (tmp_path / "limits.txt").write_text("numpy<2\n")

    constrained = from_file(tmp_path, "pandas\n-climits.txt\n")

    assert declared_digest(constrained) != declared_digest(declared("pandas", "numpy<2"))


def test_options_that_are_always_on_mean_nothing() -> None:
    assert declared_digest(declared("--require-hashes", "--prefer-binary", "numpy")) == (
        declared_digest(declared("numpy"))
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("numpy >=> 2", "not a requirement"),
        ("-e ./mylib", "Build a wheel"),
        ("./mylib", "Build a wheel"),
        ("git+https://host.example/thing.git", "NAME @ git+https"),
        ("./mylib-1.0.tar.gz", "NAME @"),
        ("-r base.txt", "requirements_file"),
        ("--use-feature fast", "does not know the option --use-feature"),
        ("--index-url", "needs a value"),
        ("--no-index yes", "takes no value"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_its_place_and_why(
    written: str, said: str
) -> None:
    reading = read_declaration(declared("numpy", written))

    assert [(p.origin, p.text) for p in reading.problems] == [(InList(1), written)]
    assert said in reading.problems[0].why
    assert [entry.name for entry in reading.entries] == ["numpy"]


@pytest.mark.parametrize("python", ["3", "2.7", "3.x", ">=3.11", "3.11.7.1", "python3.11"])
def test_a_python_version_that_is_none_is_a_problem(python: str) -> None:
    problems = read_declaration(declared(python=python)).problems

    assert [problem.origin for problem in problems] == [InField("python")]


def test_problems_in_a_file_name_the_file_and_the_line(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("numpy\n\nwhat is this\n")

    problems = read_declaration(from_file(tmp_path, "-r base.txt\n-r absent.txt\n")).problems

    assert [p.origin for p in problems] == [InFile("base.txt", 3), InFile("requirements.txt", 2)]
    assert "absent.txt cannot be read: No such file" in problems[1].why


def test_a_file_that_includes_itself_is_a_problem_and_not_a_hang(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("-r requirements.txt\n")

    problems = read_declaration(from_file(tmp_path, "-r base.txt\n")).problems

    assert "requirements.txt -> base.txt -> requirements.txt" in problems[0].why


def test_a_missing_or_binary_requirements_file_is_a_problem_of_the_attribute(
    tmp_path: Path,
) -> None:
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")

    for path in ("absent.txt", "binary.txt"):
        problems = load_requirements_file(tmp_path, path).problems
        assert [p.origin for p in problems] == [InField("requirements_file")]
