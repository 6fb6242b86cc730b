"""A conda ``environment.yml`` translated to Python packages, and what the translation changes.

The translation is by name: most conda packages of Python projects are called as on the Python
index, a few are known here to be called otherwise, and what is no Python package is left out.
Every such step is listed, for the plan to show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname

from mlctl.environments.entry import (
    Entry,
    Include,
    InField,
    InFile,
    Origin,
    Place,
    Problem,
    parse_entry,
)
from mlctl.environments.sourcefile import SourceUnreadable, read_source

_SPEC = re.compile(r"(?:\S+::)?(?P<name>[\w.-]+)\s*(?P<version>(?:[=<>!~ ].*)?)")
_EXACT = re.compile(r"[\w.+!]+")
_PYTHON = re.compile(r"==?(3\.\d+(?:\.\d+)?)(?:\.\*)?")

_OTHER_NAMES = {
    "dask-core": "dask",
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "opencv": "opencv-python",
    "py-opencv": "opencv-python",
    "py-xgboost": "xgboost",
    "pytables": "tables",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
}
_PIP = "pip"
_NOT_PYTHON = "This cannot be said of a Python package."
_NO_PYTHON_PACKAGE = re.compile(
    r"_.*|blas|ca-certificates|compilers|cuda.*|cudnn|cxx-compiler|c-compiler|ffmpeg|g(?:cc|xx).*"
    r"|git|lib.*|make|nodejs|nomkl|openjdk|openssl|pytorch-cuda|pytorch-mutex|r-.*|sysroot_.*"
)


@dataclass(frozen=True, slots=True)
class CondaFile:
    """A conda environment as requirements.

    Attributes:
        path: As the configuration names it.
        python: The version it pins; None: it pins none.
        entries: The Python packages, with those of its ``pip`` section.
        problems: What cannot be translated, and why the file cannot be read.
        differences: What the translation changes, as whole sentences.
    """

    path: str
    python: str | None = None
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Python:
    version: str


@dataclass(frozen=True, slots=True)
class _Difference:
    sentence: str


_Item = Entry | Problem | _Python | _Difference


def load_conda_file(root: Path, path: str) -> CondaFile:
    """Read and translate a conda environment.

    Args:
        root: The configuration's folder; ``path`` is relative to it.
        path: As the configuration names it.
    """
    items = list(_translate(root, path))
    pythons = [item.version for item in items if isinstance(item, _Python)]
    return CondaFile(
        path,
        pythons[0] if pythons else None,
        tuple(item for item in items if isinstance(item, Entry)),
        tuple(item for item in items if isinstance(item, Problem)),
        tuple(item.sentence for item in items if isinstance(item, _Difference)),
    )


def _translate(root: Path, path: str) -> Iterator[_Item]:
    try:
        # Only those who bring a conda file should wait for PyYAML to load.
        from mlctl.environments.condayaml import CondaTextInvalid, parse_conda_text
    except ImportError:
        yield _unreadable(
            path, "A conda file needs PyYAML, which is not installed: pip install PyYAML."
        )
        return
    try:
        found = parse_conda_text(read_source(root, path))
    except (SourceUnreadable, CondaTextInvalid) as error:
        yield _unreadable(path, str(error))
        return
    yield from _not_taken_over(found.channels, found.has_variables)
    for text, line in found.dependencies:
        yield from _conda_package(text, InFile(path, line))
    for text, line in found.pip:
        yield from _pip_line(text, Place(InFile(path, line), folder=dirname(path)))


def _not_taken_over(channels: tuple[str, ...], has_variables: bool) -> Iterator[_Difference]:
    if channels:
        yield _Difference(f"Packages come from the Python index, not from {', '.join(channels)}.")
    if has_variables:
        yield _Difference('"variables" is not taken over; declare them in "env".')


def _unreadable(path: str, why: str) -> Problem:
    return Problem(InField("conda_file"), path, why)


def _pip_line(text: str, place: Place) -> Iterator[_Item]:
    parsed = parse_entry(text, place)
    if isinstance(parsed, Include):
        yield Problem(place.origin, text, "A file of requirements is named by requirements_file.")
    elif parsed is not None:
        yield parsed


def _conda_package(text: str, origin: Origin) -> Iterator[_Item]:
    spec = _SPEC.fullmatch(text.strip())
    version = None if spec is None else _version(spec["version"].strip())
    if spec is None or version is None:
        yield Problem(origin, text, _NOT_PYTHON)
        return
    name = spec["name"].lower()
    if name == "python":
        yield from _python(text, version)
    elif name == _PIP:
        return
    elif _NO_PYTHON_PACKAGE.fullmatch(name):
        yield _Difference(f"{text} is left out: it is no Python package.")
    else:
        yield from _python_package(name, version, Place(origin), text)


def _python_package(name: str, version: str, place: Place, text: str) -> Iterator[_Item]:
    other = _OTHER_NAMES.get(name, name)
    if other != name:
        yield _Difference(f"{name} is called {other} on the Python index.")
    parsed = parse_entry(f"{other}{version}", place)
    yield parsed if isinstance(parsed, Entry) else Problem(place.origin, text, _NOT_PYTHON)


def _python(text: str, version: str) -> Iterator[_Item]:
    exact = _PYTHON.fullmatch(version)
    if exact is not None:
        yield _Python(exact[1])
    elif version:
        yield _Difference(f'"{text}" pins no Python; say which in "python".')


def _version(conda: str) -> str | None:
    """A conda version as PEP 440 says it; None when it cannot. The build string is dropped.

    ``=1.2`` is fuzzy in conda, and a version alone, after a blank, is exact.
    """
    if not conda or conda == "*":
        return ""
    if "|" in conda or "[" in conda:
        return None
    if conda.startswith("=") and not conda.startswith("=="):
        # With a build string the version is exact, as `conda env export` writes it.
        first, _, build = conda[1:].partition("=")
        return f"=={first}" if build else _fuzzy(first.split()[0])
    if conda[0] in "=<>!~":
        first, _, build = conda.removeprefix("==").partition("=")
        return f"=={first}" if conda.startswith("==") and build else conda.replace(" ", "")
    first = conda.split()[0]
    return _fuzzy(first) if first.endswith("*") else f"=={first}"


def _fuzzy(version: str) -> str | None:
    digits = version.removesuffix("*").rstrip(".")
    if not digits:
        return ""
    return f"=={digits}.*" if _EXACT.fullmatch(digits) else None
