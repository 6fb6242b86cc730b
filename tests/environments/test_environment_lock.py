"""Locks: what they mean, and what is said of files that are none."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.reason import PackageChange
from mlctl.environments.asked import Asked
from mlctl.environments.catalog import Current, Missing, Stale, status
from mlctl.environments.declaration import Declaration, asked
from mlctl.environments.lockfile import (
    Lock,
    LockUnreadable,
    lock_name,
    make_lock,
    package_diff,
    parse_lock,
    read_lock,
    write_lock,
)
from mlctl.environments.markers import target
from mlctl.environments.packages import FileKind, LockedCommit, LockedFile, LockedPackage

LINUX = target("linux/x86_64")
NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta"])


def wheel(
    name: str, version: str = "1.0", tag: str = "py3-none-any", sha256: str = "a" * 64
) -> LockedFile:
    file = f"{name}-{version}-{tag}.whl"
    return LockedFile(FileKind.WHEEL, file, sha256, url=f"https://files.example/{file}")


def package(
    name: str, version: str = "1.0", marker: str | None = None, *files: LockedFile | LockedCommit
) -> LockedPackage:
    return LockedPackage(name, version, marker, files or (wheel(name, version),))


def lock(*packages: LockedPackage, python: str = "3.11") -> Lock:
    return make_lock(python, packages, Asked(python, tuple(p.name for p in packages)))


PACKAGES = st.lists(
    st.builds(package, NAMES, st.sampled_from(["1.0", "2.0"])), unique_by=lambda p: p.name
)


@given(PACKAGES, st.randoms())
def test_the_order_of_packages_means_nothing(packages: list[LockedPackage], chance: Random) -> None:
    shuffled = list(packages)
    chance.shuffle(shuffled)

    assert lock(*packages).software(LINUX).digest == lock(*shuffled).software(LINUX).digest
    assert make_lock("3.11", tuple(packages), Asked()).text == (
        make_lock("3.11", tuple(shuffled), Asked()).text
    )


@given(PACKAGES, PACKAGES)
def test_equal_digests_are_equal_packages(
    one: list[LockedPackage], other: list[LockedPackage]
) -> None:
    same = lock(*one).on(LINUX) == lock(*other).on(LINUX)

    digests = {lock(*one).software(LINUX).digest, lock(*other).software(LINUX).digest}

    assert (len(digests) == 1) is same


@given(PACKAGES)
def test_a_lock_reads_back_as_it_was_made(packages: list[LockedPackage]) -> None:
    made = lock(*sorted(packages, key=lambda p: p.name))

    assert parse_lock(made.text, "pylock.x.toml") == made


def test_every_kind_of_source_reads_back_as_it_was_made() -> None:
    sdist = LockedFile(FileKind.SDIST, "a-1.tar.gz", "b" * 64, path="../a-1.tar.gz", size_bytes=7)
    archive = LockedFile(
        FileKind.ARCHIVE, "b.zip", "c" * 64, url="https://h.example/b.zip", subdirectory="py"
    )
    commit = LockedCommit("git", "https://h.example/c.git", "d" * 40, "sub")
    odd = wheel("odd", '1!2.0+cü\x7f"\\')
    made = lock(
        package("a", "1", "sys_platform == 'linux'", sdist),
        package("b", "", None, archive),
        package("c", "3", None, commit),
        package("odd", "1", None, odd),
    )

    assert parse_lock(made.text, "pylock.x.toml") == made


def test_comments_and_layout_mean_nothing(tmp_path: Path) -> None:
    made = lock(package("alpha"), package("beta"))
    edited = "# mine\n" + made.text.replace("[[packages]]", "[[packages]]  # one\n\n")

    digest = parse_lock(edited, "pylock.x.toml").software(LINUX).digest

    assert digest == made.software(LINUX).digest


def test_the_mirror_a_file_came_from_means_nothing() -> None:
    here = package("alpha", "1.0", None, replace(wheel("alpha"), url="https://mirror.example/a"))

    assert lock(here).software(LINUX).digest == lock(package("alpha")).software(LINUX).digest


@pytest.mark.parametrize(
    "other",
    [
        lock(package("alpha", "1.1")),
        lock(package("alpha", "1.0", None, wheel("alpha", sha256="b" * 64))),
        lock(package("beta")),
        lock(package("alpha"), package("beta")),
        lock(package("alpha"), python="3.12"),
        lock(package("alpha"), python="3.11.7"),
        lock(package("alpha", "1.0", "sys_platform == 'win32'")),
        lock(package("alpha", "1.0", None, LockedCommit("git", "https://h.example", "a" * 40))),
    ],
)
def test_what_is_installed_decides_the_digest(other: Lock) -> None:
    assert other.software(LINUX).digest != lock(package("alpha")).software(LINUX).digest


def test_only_what_a_target_installs_is_in_its_digest() -> None:
    plain = lock(package("alpha"))
    more = lock(
        package("alpha", "1.0", None, wheel("alpha"), wheel("alpha", tag="cp311-cp311-win_amd64")),
        package("colorama", "0.4", "sys_platform == 'win32'"),
    )
    windows = target("windows/AMD64")

    assert more.software(LINUX).digest == plain.software(LINUX).digest
    assert more.software(windows).digest != plain.software(windows).digest
    assert more.versions(windows) == {"alpha": "1.0", "colorama": "0.4"}
    assert more.versions(LINUX) == {"alpha": "1.0"}


def test_a_package_that_some_patches_of_a_minor_python_need_counts() -> None:
    made = lock(package("backport", "1.0", "python_full_version < '3.11.3'"))
    exact = lock(package("backport", "1.0", "python_full_version < '3.11.3'"), python="3.11.7")

    assert made.versions(LINUX) == {"backport": "1.0"}
    assert exact.versions(LINUX) == {}


def test_two_versions_for_two_patches_are_shown_together() -> None:
    made = lock(
        package("alpha", "1.0", "python_full_version < '3.11.3'"),
        package("alpha", "2.0", "python_full_version >= '3.11.3'"),
    )

    assert made.versions(LINUX) == {"alpha": "1.0, 2.0"}


def test_a_package_without_a_file_for_a_target_is_told_before_anything_is_built() -> None:
    made = lock(package("alpha", "1.0", None, wheel("alpha", tag="cp311-cp311-win_amd64")))

    assert made.without_files(LINUX) == ("alpha",)
    assert made.without_files(target("windows/x86_64")) == ()


def test_local_files_are_named_by_whole_paths_only_for_a_build_on_this_machine(
    tmp_path: Path,
) -> None:
    file = LockedFile(
        FileKind.WHEEL, "a-1-py3-none-any.whl", "a" * 64, path="w/a-1-py3-none-any.whl"
    )
    made = lock(package("a", "1", None, file))

    here = made.software(LINUX, tmp_path)

    assert f'path = "{tmp_path.resolve().as_posix()}/w/a-1' in here.text
    assert str(tmp_path) not in made.software(LINUX).text
    assert here.digest == made.software(LINUX).digest


def test_there_is_no_lock_where_no_file_is(tmp_path: Path) -> None:
    assert read_lock(tmp_path / lock_name("x")) is None


def test_a_written_lock_reads_back_and_leaves_nothing_else(tmp_path: Path) -> None:
    made = lock(package("alpha"))
    path = tmp_path / lock_name("x")

    write_lock(path, lock(package("beta")))
    write_lock(path, made)

    assert read_lock(path) == made
    assert [file.name for file in tmp_path.iterdir()] == ["pylock.x.toml"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_lock_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "pylock.x.toml").mkdir()

    with pytest.raises(OSError, match="directory"):
        write_lock(tmp_path / "pylock.x.toml", lock(package("alpha")))

    assert [file.name for file in tmp_path.iterdir()] == ["pylock.x.toml"]


GOOD = lock(package("alpha"), package("beta", "1.0", "sys_platform == 'linux'")).text


@pytest.mark.parametrize(
    ("damage", "line", "said"),
    [
        (("version = ", "version = = "), 1, "Invalid value"),
        (('[[packages]]\nname = "beta"', '<<<<<<< mine\n[[packages]]\nname = "beta"'), 12, "merge"),
        (("lock-version", "lock_version"), None, '"lock-version" must be a text, but is missing'),
        (('"1.0"\ncreated', '"2.0"\ncreated'), 1, "reads 1.x"),
        (('name = "alpha"', "name = 3"), 5, '"name" must be a text'),
        (("a" * 64, "short"), 5, "Package alpha: The sha256 of alpha-1.0-py3-none-any.whl"),
        (("sys_platform == 'linux'", "sys_platform is it"), 12, "Package beta: The marker"),
        (("url = ", "link = "), 5, 'neither "url" nor "path"'),
        (("wheels = [", "directory = { path = '.' }\nother = ["), 5, "is a folder"),
        (("wheels = [", "wheels = ['x',"), 5, '"wheels" must be a list of tables'),
        (("wheels = [", "others = ["), 5, "names no file"),
        (("[tool.mlctl.asked]", "[tool.mlctl.told]"), 21, '"asked" must be a table'),
        (("format = 1", "format = 2"), 21, "format 2"),
        (('python = "3.11"\n\n', 'python = "three"\n\n'), 21, "no Python version"),
        (("sha256:", "md5:"), 21, "no valid digest"),
    ],
)
def test_a_damaged_lock_is_told_with_its_path_its_line_and_how_to_mend_it(
    tmp_path: Path, damage: tuple[str, str], line: int | None, said: str
) -> None:
    path = tmp_path / "pylock.x.toml"
    path.write_text(GOOD.replace(*damage, 1), encoding="utf-8")

    with pytest.raises(LockUnreadable) as caught:
        read_lock(path)

    assert caught.value.line == line
    assert str(path) in str(caught.value)
    assert said in str(caught.value)
    assert "mlctl env lock" in caught.value.hint


def test_a_lock_that_another_tool_made_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "pylock.x.toml"
    path.write_text('lock-version = "1.0"\ncreated-by = "uv"\npackages = []\n')

    with pytest.raises(LockUnreadable, match="mlctl did not make it"):
        read_lock(path)


def test_what_is_no_text_or_no_file_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "pylock.x.toml").write_bytes(b"\xff\xff")

    with pytest.raises(LockUnreadable, match="not a text"):
        read_lock(tmp_path / "pylock.x.toml")
    with pytest.raises(LockUnreadable, match="directory"):
        read_lock(tmp_path)


def declaration(*requirements: str, python: str | None = None) -> Declaration:
    return Declaration(name="x", python=python, requirements=requirements)


def locked(asks: Declaration) -> Lock:
    return make_lock("3.11", (package("numpy"),), asked(asks))


def test_a_lock_is_current_for_every_way_of_asking_for_the_same() -> None:
    made = locked(declaration("numpy>=1,<2", "pandas"))

    assert status(declaration("Pandas", "numpy <2,>=1"), made) == Current(made)


def test_a_stale_lock_says_what_is_asked_now_and_what_was() -> None:
    made = parse_lock(locked(declaration("numpy<2", "pandas")).text, "pylock.x.toml")

    found = status(declaration("numpy<3", "pandas", python="3.12"), made)

    assert found == Stale(made, ("python any -> 3.12", "- numpy<2", "+ numpy<3"))


def test_another_order_of_indexes_makes_a_lock_stale() -> None:
    one, two = "--extra-index-url https://a.example", "--extra-index-url https://b.example"

    found = status(declaration(two, one, "numpy"), locked(declaration(one, two, "numpy")))

    assert isinstance(found, Stale)
    assert found.changes == ("the order of the options",)


def test_a_lock_whose_record_was_edited_is_stale() -> None:
    asks = declaration("numpy")
    made = locked(asks)
    edited = made.text.replace(made.declared_digest, "sha256:" + "0" * 64)

    found = status(asks, parse_lock(edited, "pylock.x.toml"))

    assert isinstance(found, Stale)
    assert found.changes == ("the lock's record of what was asked",)


def test_no_lock_is_missing() -> None:
    assert status(declaration("numpy"), None) == Missing()


def test_differences_name_what_came_went_and_changed() -> None:
    before = {"numpy": "1.26.4", "pandas": "2.2", "six": "1.16"}
    after = {"numpy": "2.1.0", "pandas": "2.2", "pytz": "2025.1"}

    assert package_diff(before, after) == (
        PackageChange("numpy", "1.26.4", "2.1.0"),
        PackageChange("pytz", None, "2025.1"),
        PackageChange("six", "1.16", None),
    )


@given(st.dictionaries(NAMES, st.text()), st.dictionaries(NAMES, st.text()))
def test_differences_lead_from_one_side_to_the_other(
    before: dict[str, str], after: dict[str, str]
) -> None:
    changes = package_diff(before, after)
    gone = {change.name for change in changes}
    there = {change.name: change.after for change in changes if change.after is not None}

    assert {**{n: v for n, v in before.items() if n not in gone}, **there} == after
    assert package_diff(before, before) == ()
