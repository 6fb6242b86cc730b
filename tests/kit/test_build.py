"""Environments are built from their locks, once, whole, and say why when they cannot be."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from mlctl.core.digest import digest
from mlctl.core.job import SoftwareLock
from mlctl.kit import build, interpreters
from mlctl.kit.build import EnvironmentBuildFailed
from mlctl.kit.interpreters import InterpreterNotFound

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def silent(_line: str) -> None:
    """A report nobody reads."""


def wheel(folder: Path, name: str, source: str) -> Path:
    """A wheel of one module and one program, as small as the format allows."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name}-say = {name}:main\n",
    }
    record = "".join(f"{path},{_record(text)},{len(text)}\n" for path, text in files.items())
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in files.items():
            archive.writestr(inner, text)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return path


def _record(text: str) -> str:
    hashed = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    return f"sha256={hashed.decode()}"


def lock_of(*wheels: Path, python: str = PYTHON, sha256: str | None = None) -> SoftwareLock:
    """A lock that names wheels of this machine."""
    lines = ['lock-version = "1.0"', 'created-by = "test"', f'requires-python = ">={PYTHON}"']
    for path in wheels:
        hashed = sha256 or hashlib.sha256(path.read_bytes()).hexdigest()
        lines += [
            "[[packages]]",
            f'name = "{path.name.partition("-")[0]}"',
            'version = "1.0"',
            f'wheels = [{{ url = "{path.as_uri()}", hashes = {{ sha256 = "{hashed}" }} }}]',
        ]
    if not wheels:
        lines.append("packages = []")
    text = "\n".join(lines) + "\n"
    return SoftwareLock(digest("lock", [text, python]), python, text)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return wheel(tmp_path, "tinypack", "VALUE = 42\ndef main(): print('said')\n")


def output(path: Path, *argv: str) -> str:
    return subprocess.run(
        [path / "bin" / argv[0], *argv[1:]], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_what_the_lock_names_can_be_imported_and_run(tmp_path: Path, tiny: Path) -> None:
    path = build.build(lock_of(tiny), tmp_path / "root", silent)

    assert output(path, "python", "-c", "import tinypack; print(tinypack.VALUE)") == "42"
    assert output(path, "tinypack-say") == "said"


def test_bytecode_is_compiled_already(tmp_path: Path, tiny: Path) -> None:
    path = build.build(lock_of(tiny), tmp_path / "root", silent)

    assert list(path.rglob("tinypack.*.pyc"))


def test_an_environment_is_built_once(tmp_path: Path, tiny: Path) -> None:
    lock, root = lock_of(tiny), tmp_path / "root"
    said: list[str] = []

    paths = {build.build(lock, root, said.append) for _ in range(3)}

    assert paths == {build.environment_path(lock, root)}
    assert len([line for line in said if "building" in line]) == 1


def test_threads_that_need_the_same_one_wait_for_one_build(tmp_path: Path, tiny: Path) -> None:
    lock, root = lock_of(tiny), tmp_path / "root"
    said: list[str] = []
    threads = [
        threading.Thread(target=build.build, args=(lock, root, said.append)) for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([line for line in said if "building" in line]) == 1
    assert output(build.environment_path(lock, root), "tinypack-say") == "said"


def test_half_of_an_environment_is_made_anew(tmp_path: Path, tiny: Path) -> None:
    lock, root = lock_of(tiny), tmp_path / "root"
    half = build.environment_path(lock, root)
    (half / "bin").mkdir(parents=True)
    (half / "bin" / "python").write_text("half written")

    assert output(build.build(lock, root, silent), "tinypack-say") == "said"


def test_an_environment_of_nothing_is_one(tmp_path: Path) -> None:
    path = build.build(lock_of(), tmp_path / "root", silent)

    assert output(path, "python", "-c", "print(1)") == "1"


def test_what_is_not_what_was_locked_is_not_installed(tmp_path: Path, tiny: Path) -> None:
    lock, root = lock_of(tiny, sha256="0" * 64), tmp_path / "root"

    with pytest.raises(EnvironmentBuildFailed, match=r"(?s)tinypack.*hash|Hash.*tinypack"):
        build.build(lock, root, silent)

    assert list(build.list_environments(root)) == []


def test_a_build_that_fails_says_what_uv_said(tmp_path: Path) -> None:
    lock = SoftwareLock(digest("lock", "broken"), PYTHON, "this is no lock")

    with pytest.raises(EnvironmentBuildFailed) as failed:
        build.build(lock, tmp_path, silent)

    assert "installing its packages" in str(failed.value)
    assert "TOML" in failed.value.words


def test_a_python_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InterpreterNotFound) as missing:
        build.build(lock_of(python="3.99"), tmp_path, silent)

    assert "3.99" in str(missing.value)
    assert ".".join(map(str, sys.version_info[:3])) in str(missing.value)
    assert "3.99" in missing.value.hint


def test_interpreters_are_found_by_part_of_their_version_or_all_of_it() -> None:
    whole = ".".join(map(str, sys.version_info[:3]))

    for version in (PYTHON, whole):
        assert interpreters.inspect(interpreters.find(version)).version == whole


def test_environments_are_listed_and_pruned(tmp_path: Path, tiny: Path) -> None:
    root = tmp_path / "root"
    kept, dropped = (build.build(lock, root, silent) for lock in (lock_of(tiny), lock_of()))
    (root / "envs" / "half").mkdir()
    listed = list(build.list_environments(root))

    removed = build.prune(root, keep={kept.name})

    assert {found.name for found in listed} == {kept.name, dropped.name}
    assert all(time.time() - found.used_at < 60 for found in listed)
    assert set(removed) == {dropped.name, "half"}
    assert [found.name for found in build.list_environments(root)] == [kept.name]
    assert not dropped.exists()


def test_what_was_used_lately_is_not_pruned(tmp_path: Path) -> None:
    path = build.build(lock_of(), tmp_path, silent)

    assert build.prune(tmp_path, keep=(), unused_for_s=3600) == []
    assert path.exists()
