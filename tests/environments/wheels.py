"""Minimal wheels, source distributions and locks, made on the spot."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path


def make_wheel(
    folder: Path, name: str, version: str, requires: tuple[str, ...] = (), tag: str = "py3-none-any"
) -> Path:
    """A wheel with one module of the package's name, holding its version."""
    info = f"{name}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"]
    metadata += [f"Requires-Dist: {requirement}\n" for requirement in requires]
    files = {
        f"{name}.py": f'VERSION = "{version}"\n',
        f"{info}/METADATA": "".join(metadata),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{path},{_record(text)}\n" for path, text in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            # A fixed date, so that the same wheel has the same hash in every test.
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
    return wheel


def make_sdist(folder: Path, name: str, version: str) -> Path:
    """A source distribution whose build back end lies inside it and needs nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    sdist = folder / f"{name}-{version}.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        for path, text in _source(name, version).items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return sdist


def make_source(folder: Path, name: str, version: str) -> Path:
    """A folder with the same content as the source distribution."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in _source(name, version).items():
        (folder / path).write_text(text)
    return folder


def _source(name: str, version: str) -> dict[str, str]:
    return {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": _BUILD_SYSTEM,
        "backend.py": _BACKEND.format(name=name, version=version),
    }


_BUILD_SYSTEM = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
_BACKEND = """
from pathlib import Path

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = Path(folder) / "{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    return info.name

def build_wheel(folder, config_settings=None, metadata_directory=None):
    raise SystemExit("resolving must not need the whole wheel")
"""


def _record(text: str) -> str:
    hashed = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return f"sha256={hashed.rstrip(b'=').decode()},{len(text.encode())}"
