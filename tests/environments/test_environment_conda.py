"""Conda environments as Python packages: what is translated, and what the plan is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.environments.conda import CondaFile, load_conda_file
from mlctl.environments.declaration import Declaration, asked, read_declaration
from mlctl.environments.entry import InField, InFile


@pytest.fixture(autouse=True)
def yaml_there() -> None:
    pytest.importorskip("yaml")


def load(folder: Path, text: str) -> CondaFile:
    (folder / "environment.yml").write_text(text, encoding="utf-8")
    return load_conda_file(folder, "environment.yml")


def dependencies(*specs: str) -> str:
    return "dependencies:\n" + "".join(f"  - {spec}\n" for spec in specs)


def test_a_whole_environment_is_translated(tmp_path: Path) -> None:
    file = load(
        tmp_path,
        "name: sk\nchannels: [conda-forge, defaults]\nvariables: {A: b}\ndependencies:\n"
        "  - python=3.11\n  - numpy=1.26\n  - conda-forge::pytorch>=2,<3\n  - gcc_linux-64\n"
        "  - pip\n  - pip:\n    - mlflow==2.9  # tracking\n    - --extra-index-url https://x.example\n",
    )

    found = asked(Declaration(name="x", conda_file=file))

    assert found.python == "3.11"
    assert found.requirements == ("mlflow==2.9", "numpy==1.26.*", "torch<3,>=2")
    assert found.options == ("--extra-index-url https://x.example",)
    assert file.problems == ()
    assert file.differences == (
        "Packages come from the Python index, not from conda-forge, defaults.",
        '"variables" is not taken over; declare them in "env".',
        "pytorch is called torch on the Python index.",
        "gcc_linux-64 is left out: it is no Python package.",
    )


@pytest.mark.parametrize(
    ("conda", "python"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy==1.26.*"),
        ("numpy=1.26.*", "numpy==1.26.*"),
        ("numpy=1.26.4=py311h64a7726_0", "numpy==1.26.4"),
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy==1.26.4=py311h64a7726_0", "numpy==1.26.4"),
        ("numpy 1.26.4", "numpy==1.26.4"),
        ("numpy 1.26.*", "numpy==1.26.*"),
        ("numpy 1.26.4 py311h64a7726_0", "numpy==1.26.4"),
        ("numpy >=1.20, <2", "numpy<2,>=1.20"),
        ("numpy>=1.20", "numpy>=1.20"),
        ("numpy!=1.25", "numpy!=1.25"),
        ("numpy *", "numpy"),
        ("Scikit-Learn", "scikit-learn"),
    ],
)
def test_versions_mean_what_conda_means_by_them(tmp_path: Path, conda: str, python: str) -> None:
    file = load(tmp_path, dependencies(f'"{conda}"'))

    assert [entry.normal for entry in file.entries] == [python]


def test_the_declared_python_goes_before_the_files(tmp_path: Path) -> None:
    file = load(tmp_path, dependencies("python=3.10"))

    assert asked(Declaration(name="x", python="3.11", conda_file=file)).python == "3.11"


def test_a_range_of_pythons_pins_none_and_says_so(tmp_path: Path) -> None:
    file = load(tmp_path, dependencies("python>=3.9"))

    assert file.python is None
    assert file.differences == ('"python>=3.9" pins no Python; say which in "python".',)


@pytest.mark.parametrize("spec", ["numpy=1.25|1.26", "numpy[version=1.26]", "num py numpy ="])
def test_what_cannot_be_said_of_a_python_package_is_a_problem_with_its_line(
    tmp_path: Path, spec: str
) -> None:
    file = load(tmp_path, dependencies("pandas", f"'{spec}'"))

    problems = read_declaration(Declaration(name="x", conda_file=file)).problems

    assert [(p.origin, p.text) for p in problems] == [(InFile("environment.yml", 3), spec)]


def test_a_problem_in_the_pip_section_names_its_line(tmp_path: Path) -> None:
    file = load(tmp_path, dependencies("pip") + "  - pip:\n    - -r more.txt\n    - -e .\n")

    assert [p.origin for p in file.problems] == [
        InFile("environment.yml", 4),
        InFile("environment.yml", 5),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be a mapping"),
        ("- numpy\n", "must be a mapping, line 1"),
        ("name: x\n", "no dependencies"),
        ("dependencies: numpy\n", "must be a list, line 1"),
        ("dependencies:\n- pip: mlflow\n", '"pip" must be a list, line 2'),
        ("dependencies:\n- [numpy]\n", "must be a mapping, line 2"),
        ("dependencies: [\n", "no YAML"),
    ],
)
def test_a_file_of_another_shape_is_a_problem_of_the_attribute(
    tmp_path: Path, text: str, said: str
) -> None:
    (problem,) = load(tmp_path, text).problems

    assert problem.origin == InField("conda_file")
    assert said in problem.why


def test_a_missing_file_is_a_problem_of_the_attribute(tmp_path: Path) -> None:
    (problem,) = load_conda_file(tmp_path, "absent.yml").problems

    assert problem.why == "absent.yml cannot be read: No such file or directory."
