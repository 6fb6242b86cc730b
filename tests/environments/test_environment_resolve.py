"""Resolving, by the real uv, from wheels made on the spot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlctl.environments.catalog import Current, status
from mlctl.environments.conda import load_conda_file
from mlctl.environments.declaration import Declaration
from mlctl.environments.entry import InFile, InList
from mlctl.environments.lockfile import Lock, read_lock, write_lock
from mlctl.environments.markers import target
from mlctl.environments.packages import LockedCommit, LockedFile
from mlctl.environments.requirements import load_requirements_file
from mlctl.environments.resolve import (
    DeclarationInvalid,
    IndexUnreachable,
    Mode,
    ResolutionFailed,
    resolve,
)
from tests.capabilities import need
from tests.environments.wheels import make_sdist, make_source, make_wheel

LINUX = target("linux/x86_64")
AS_IT_IS = Mode()
LOCAL = ("--no-index", "--find-links ./wheels")


@pytest.fixture(autouse=True)
def uv_alone(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv's cache would remember wheels of other tests, and its settings are the machine's."""
    need("uv")
    if request.node.get_closest_marker("network"):
        return  # the machine's settings are what reaches its index
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration's folder with a few wheels."""
    wheels = tmp_path / "project/wheels"
    make_wheel(wheels, "alpha", "1.0", requires=("beta>=1",))
    make_wheel(wheels, "beta", "1.0")
    return tmp_path / "project"


def wants(*requirements: str, python: str | None = "3.11") -> Declaration:
    return Declaration(name="x", python=python, requirements=(*LOCAL, *requirements))


def said_nothing(line: str) -> None:
    raise AssertionError(f"reported without cause: {line}")


def answer(
    asks: Declaration,
    folder: Path,
    previous: Lock | None = None,
    report: Callable[[str], None] = said_nothing,
    mode: Mode = AS_IT_IS,
) -> Lock:
    return resolve(asks, previous, folder=folder, report=report, mode=mode)


def test_a_requirement_is_locked_with_all_it_needs(folder: Path) -> None:
    lock = answer(wants("alpha"), folder)

    assert lock.versions(LINUX) == {"alpha": "1.0", "beta": "1.0"}
    assert lock.python == "3.11"
    assert status(wants("alpha"), lock) == Current(lock)


def test_locking_twice_gives_the_same_text(folder: Path) -> None:
    assert answer(wants("alpha"), folder).text == answer(wants("alpha"), folder).text


def test_a_lock_survives_its_file(folder: Path) -> None:
    lock = answer(wants("alpha"), folder)

    write_lock(folder / "pylock.x.toml", lock)

    assert read_lock(folder / "pylock.x.toml") == lock


def test_a_lock_names_nothing_of_the_machine_it_was_made_on(folder: Path) -> None:
    text = answer(wants("alpha", "beta @ ./wheels/beta-1.0-py3-none-any.whl"), folder).text

    assert str(folder.parent) not in text
    assert "file:" not in text
    assert 'path = "wheels/beta-1.0-py3-none-any.whl"' in text


def test_two_checkouts_get_one_lock(tmp_path: Path) -> None:
    texts = set()
    for name in ("here", "there"):
        make_wheel(tmp_path / name / "wheels", "alpha", "1.0")
        texts.add(answer(wants("alpha"), tmp_path / name).text)

    assert len(texts) == 1


def test_versions_stay_until_an_upgrade_is_asked_for(folder: Path) -> None:
    first = answer(wants("alpha"), folder)
    make_wheel(folder / "wheels", "alpha", "1.1", requires=("beta>=1",))
    make_wheel(folder / "wheels", "beta", "2.0")

    kept = answer(wants("alpha", "beta>=1"), folder, first)
    upgraded = answer(wants("alpha", "beta>=1"), folder, first, mode=Mode(upgrade=True))

    assert kept.versions(LINUX) == {"alpha": "1.0", "beta": "1.0"}
    assert upgraded.versions(LINUX) == {"alpha": "1.1", "beta": "2.0"}


def test_a_version_that_no_longer_answers_moves_alone(folder: Path) -> None:
    first = answer(wants("alpha"), folder)
    make_wheel(folder / "wheels", "alpha", "1.1", requires=("beta>=1",))
    make_wheel(folder / "wheels", "beta", "2.0")

    second = answer(wants("alpha", "beta>=2"), folder, first)

    assert second.versions(LINUX) == {"alpha": "1.0", "beta": "2.0"}


def test_without_a_declared_python_the_running_one_counts_and_then_stays(folder: Path) -> None:
    asks = wants("beta", python=None)

    first = answer(asks, folder)
    other = answer(wants("beta", python="3.12"), folder)
    elsewhere = answer(asks, folder, other)

    assert first.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert elsewhere.python == "3.12"


def test_a_lock_answers_for_every_platform_and_one_python(folder: Path) -> None:
    make_wheel(folder / "wheels", "wide", "1.0", ("beta; sys_platform == 'win32'",))
    for tag in ("cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-win_amd64", "cp312-cp312-win32"):
        make_wheel(folder / "wheels", "fast", "1.0", tag=tag)

    lock = answer(wants("wide", "fast"), folder)

    assert lock.versions(LINUX) == {"fast": "1.0", "wide": "1.0"}
    assert lock.versions(target("windows/x86_64")) == {"beta": "1.0", "fast": "1.0", "wide": "1.0"}
    files = [a.name for p in lock.packages for a in p.artifacts if isinstance(a, LockedFile)]
    assert [name for name in files if "cp312" in name] == []


def test_what_has_no_wheel_is_resolved_from_source_and_named(folder: Path) -> None:
    make_sdist(folder / "wheels", "oldie", "0.1")
    reported: list[str] = []

    lock = answer(wants("alpha", "oldie"), folder, report=reported.append)

    assert lock.versions(LINUX) == {"alpha": "1.0", "beta": "1.0", "oldie": "0.1"}
    assert reported == [
        "oldie has no wheel: its build code runs here to learn what it needs.",
        "oldie 0.1 is built from source on every target.",
    ]


def test_a_commit_is_locked_by_its_id(folder: Path) -> None:
    need("git")
    source = make_source(folder / "mine", "mine", "0.3")
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "first")):
        subprocess.run(["git", "-C", str(source), *command], check=True, timeout=30)
    head = ["git", "-C", str(source), "rev-parse", "HEAD"]
    commit = subprocess.run(head, check=True, capture_output=True, text=True, timeout=30).stdout
    reported: list[str] = []

    lock = answer(wants(f"mine @ git+file://{source}"), folder, report=reported.append)

    assert [p.version for p in lock.packages] == ["0.3"]
    (found,) = lock.packages[0].artifacts
    assert isinstance(found, LockedCommit)
    assert found.commit == commit.strip()
    assert "mine is given as source: its build code runs here" in reported[0]


def test_a_folder_cannot_be_locked(folder: Path) -> None:
    source = make_source(folder / "mine", "mine", "0.3")

    with pytest.raises(ResolutionFailed, match="folder, whose content no lock can pin"):
        answer(wants(f"mine @ file://{source}"), folder, report=lambda line: None)


def test_a_wheel_goes_before_a_newer_source(folder: Path) -> None:
    make_sdist(folder / "wheels", "beta", "9.0")

    assert answer(wants("alpha"), folder).versions(LINUX)["beta"] == "1.0"


def test_a_wheel_outside_the_configuration_is_locked_and_named(folder: Path) -> None:
    make_wheel(folder.parent / "elsewhere", "gamma", "1.0")
    asks = Declaration(
        name="x", python="3.11", requirements=("--no-index", "-f ../elsewhere", "gamma")
    )
    reported: list[str] = []

    lock = answer(asks, folder, report=reported.append)

    assert 'path = "../elsewhere/gamma-1.0-py3-none-any.whl"' in lock.text
    assert "gamma 1.0 comes from a folder outside" in reported[0]


def test_files_are_resolved_with_their_includes_and_constraints(folder: Path) -> None:
    make_wheel(folder / "wheels", "beta", "2.0")
    (folder / "more").mkdir()
    (folder / "more/limits.txt").write_text("beta<2\n")
    (folder / "more/base.txt").write_text("--no-index\n-f ../wheels\n-c limits.txt\nalpha\n")
    (folder / "requirements.txt").write_text("-r more/base.txt  # all\n")
    file = load_requirements_file(folder, "requirements.txt")

    lock = answer(Declaration(name="x", python="3.11", requirements_file=file), folder)

    assert lock.versions(LINUX) == {"alpha": "1.0", "beta": "1.0"}


def test_a_conda_file_is_resolved_as_python_packages(folder: Path) -> None:
    (folder / "env.yml").write_text(
        "dependencies:\n- python=3.11\n- alpha=1\n- pip:\n  - --no-index\n  - -f ./wheels\n"
    )
    conda = load_conda_file(folder, "env.yml")

    lock = answer(Declaration(name="x", conda_file=conda), folder)

    assert lock.python == "3.11"
    assert lock.versions(LINUX) == {"alpha": "1.0", "beta": "1.0"}


def test_nothing_asked_is_an_empty_lock(folder: Path) -> None:
    lock = answer(wants(), folder)

    write_lock(folder / "pylock.x.toml", lock)

    assert lock.packages == ()
    assert read_lock(folder / "pylock.x.toml") == lock


def test_a_prerelease_is_taken_when_it_is_allowed(folder: Path) -> None:
    make_wheel(folder / "wheels", "beta", "2.0rc1")

    assert answer(wants("beta"), folder).versions(LINUX) == {"beta": "1.0"}
    assert answer(wants("beta", "--pre"), folder).versions(LINUX) == {"beta": "2.0rc1"}


@pytest.mark.parametrize(
    ("requirements", "index", "said"),
    [
        (("beta", "alpha==9"), 3, "no version of alpha==9"),
        (("beta", "No_Such.Package"), 3, "no-such-package was not found"),
        (("alpha", "beta<1"), 2, "you require beta<1"),
    ],
)
def test_a_failure_shows_the_resolvers_words_and_points_at_a_requirement(
    folder: Path, requirements: tuple[str, ...], index: int, said: str
) -> None:
    with pytest.raises(ResolutionFailed) as caught:
        answer(wants(*requirements), folder)

    assert caught.value.requirement == index
    assert said in str(caught.value)
    assert not isinstance(caught.value, IndexUnreachable)


def test_a_failure_of_a_line_in_a_file_names_the_line(folder: Path) -> None:
    (folder / "requirements.txt").write_text("--no-index\n-f wheels\n\nalpha==9\n")
    file = load_requirements_file(folder, "requirements.txt")

    with pytest.raises(ResolutionFailed) as caught:
        answer(Declaration(name="x", python="3.11", requirements_file=file), folder)

    assert caught.value.origin == InFile("requirements.txt", 4)
    assert caught.value.requirement is None
    assert "(requirements.txt, line 4)" in str(caught.value)


def test_a_declaration_with_problems_is_not_resolved(folder: Path) -> None:
    with pytest.raises(DeclarationInvalid) as caught:
        answer(wants("what is this"), folder)

    assert [problem.origin for problem in caught.value.problems] == [InList(2)]
    assert "what is this" in str(caught.value)


def test_offline_without_a_cache_says_that_the_lock_can_be_made_elsewhere(folder: Path) -> None:
    asks = Declaration(name="x", python="3.11", requirements=("alpha",))

    with pytest.raises(IndexUnreachable) as caught:
        answer(asks, folder, mode=Mode(offline=True))

    assert "network was disabled" in str(caught.value)
    assert "bring its pylock.x.toml" in caught.value.hint


def test_an_index_that_does_not_answer_is_told_with_its_cause_and_no_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    index = "--index-url http://me:secret@127.0.0.1:9/simple"

    with pytest.raises(IndexUnreachable) as caught:
        answer(Declaration(name="x", python="3.11", requirements=(index, "alpha")), folder)

    assert "Connection refused" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(180)
def test_a_package_of_the_real_index_is_locked_by_hash_and_url(tmp_path: Path) -> None:
    need("network")

    lock = answer(Declaration(name="x", python="3.11", requirements=("six==1.16.0",)), tmp_path)

    (package,) = lock.packages
    (file,) = package.artifacts
    assert isinstance(file, LockedFile)
    assert file.name == "six-1.16.0-py2.py3-none-any.whl"
    # As the Python Package Index publishes it.
    assert file.sha256 == "8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"
    assert file.url is not None
