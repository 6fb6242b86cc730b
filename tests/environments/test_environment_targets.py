"""Which wheels and markers belong on a target."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mlctl.environments.markers import MarkerInvalid, holds, target
from mlctl.environments.wheeltags import fits_platform, fits_python


@pytest.mark.parametrize(
    ("tag", "fits"),
    [
        ("py3-none-any", True),
        ("py2.py3-none-any", True),
        ("py2-none-any", False),
        ("py310-none-any", True),
        ("py312-none-any", False),
        ("cp311-cp311-linux_x86_64", True),
        ("cp310-cp310-linux_x86_64", False),
        ("cp312-cp312-linux_x86_64", False),
        ("cp37-abi3-linux_x86_64", True),
        ("cp312-abi3-linux_x86_64", False),
        ("graalpy311-native-any", True),
    ],
)
def test_a_wheel_fits_the_pythons_its_name_says(tag: str, fits: bool) -> None:
    assert fits_python(f"thing-1.0-{tag}.whl", "3.11") is fits
    assert fits_python(f"thing-1.0-1build-{tag}.whl", "3.11.7") is fits


@pytest.mark.parametrize(
    ("platform", "fitting"),
    [
        ("linux/x86_64", {"any", "manylinux_2_17_x86_64", "musllinux_1_2_x86_64", "linux_x86_64"}),
        ("Linux/arm64", {"any", "manylinux2014_aarch64"}),
        ("darwin/arm64", {"any", "macosx_11_0_arm64", "macosx_10_9_universal2"}),
        ("darwin/x86_64", {"any", "macosx_10_9_universal2", "macosx_10_9_x86_64"}),
        ("windows/AMD64", {"any", "win_amd64"}),
        ("windows/x86", {"any", "win32"}),
        ("freebsd/amd64", {"any"}),
    ],
)
def test_a_wheel_fits_the_platforms_its_name_says(platform: str, fitting: set[str]) -> None:
    tags = {
        *("any", "manylinux_2_17_x86_64", "musllinux_1_2_x86_64", "linux_x86_64", "win32"),
        *("manylinux2014_aarch64", "macosx_11_0_arm64", "macosx_10_9_x86_64", "win_amd64"),
        "macosx_10_9_universal2",
    }
    on = target(platform)

    found = {t for t in tags if fits_platform(f"a-1-py3-none-{t}.whl", on.system, on.machine)}

    assert found == fitting


@pytest.mark.parametrize("name", ["thing-1.0.tar.gz", "odd.whl", "a-1-py3-none-plan9_mips.whl"])
def test_what_is_not_understood_is_kept(name: str) -> None:
    assert fits_python(name, "3.11")
    assert fits_platform(name, "linux", "x86_64")


@pytest.mark.parametrize(
    ("marker", "where"),
    [
        (None, {"linux/x86_64", "darwin/aarch64", "windows/x86_64"}),
        ("sys_platform == 'linux'", {"linux/x86_64"}),
        ("os_name == 'nt'", {"windows/x86_64"}),
        ("platform_system == 'Darwin' and platform_machine == 'arm64'", {"darwin/aarch64"}),
        ("platform_machine == 'AMD64' or platform_machine == 'x86_64'",
         {"linux/x86_64", "windows/x86_64"}),
        ("platform_python_implementation == 'PyPy'", set()),
        ("python_version >= '3.12'", set()),
    ],
)  # fmt: skip
def test_a_marker_holds_where_it_says(marker: str | None, where: set[str]) -> None:
    platforms = ("linux/x86_64", "darwin/aarch64", "windows/x86_64")

    assert {p for p in platforms if holds(marker, target(p), "3.11")} == where


@pytest.mark.parametrize("marker", ["sys_platform", "colour == 'red'", "python_version ~= 'x'"])
def test_what_is_no_marker_is_told_as_such(marker: str) -> None:
    with pytest.raises(MarkerInvalid):
        holds(marker, target("linux/x86_64"), "3.11")


@pytest.mark.parametrize("platform", ["linux", "/x86_64", "linux/", ""])
def test_what_is_no_platform_is_told_as_such(platform: str) -> None:
    with pytest.raises(ValueError, match="system/architecture"):
        target(platform)


def test_reading_locks_loads_nothing_heavy_until_it_is_needed() -> None:
    code = (
        "import sys, mlctl.environments.lockfile, mlctl.environments.catalog\n"
        "print(sorted({'packaging', 'yaml', 'uv', 'subprocess', 'socket'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )

    assert done.stdout.strip() == "[]"
