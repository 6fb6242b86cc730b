"""Packages to the text of a ``pylock.toml``: the same packages always give the same text.

The text is mlctl's own and not the resolver's, so that it holds nothing of the machine it was
made on, and a newly locked environment differs from the old one only in what really differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlctl.environments.asked import Asked
from mlctl.environments.packages import FileKind, LockedCommit, LockedFile, LockedPackage

FORMAT = 1
"""Of the table ``[tool.mlctl]``."""


def render(
    python: str, packages: Iterable[LockedPackage], asked: Asked, base: Path | None = None
) -> str:
    """The text of a lock.

    Args:
        python: Version of the interpreter, ``3.11`` or ``3.11.7``.
        packages: In any order.
        asked: What the lock answers.
        base: Given, local files are named by their whole path below it, for a use on this
            machine alone; else as they stand, relative to the lock.
    """
    lines = [
        'lock-version = "1.0"',
        'created-by = "mlctl"',
        f"requires-python = {_text(_requires_python(python))}",
    ]
    ordered = sorted(packages, key=lambda p: (p.name, p.version, p.marker or ""))
    if not ordered:
        lines.append("packages = []")
    for package in ordered:
        lines += ["", *_package(package, base)]
    lines += ["", *_tool(python, asked)]
    return "\n".join(lines) + "\n"


def _requires_python(python: str) -> str:
    return f"=={python}" if python.count(".") >= 2 else f"=={python}.*"


def _package(package: LockedPackage, base: Path | None) -> Iterator[str]:
    yield "[[packages]]"
    yield f"name = {_text(package.name)}"
    if package.version:
        yield f"version = {_text(package.version)}"
    if package.marker is not None:
        yield f"marker = {_text(package.marker)}"
    files = [a for a in package.artifacts if isinstance(a, LockedFile)]
    wheels = [file for file in files if file.kind is FileKind.WHEEL]
    if wheels:
        yield "wheels = ["
        yield from (f"    {_file(wheel, base)}," for wheel in sorted(wheels, key=_file_order))
        yield "]"
    for file in files:
        if file.kind is not FileKind.WHEEL:
            yield f"{file.kind.value} = {_file(file, base)}"
    for artifact in package.artifacts:
        if isinstance(artifact, LockedCommit):
            yield f"vcs = {_commit(artifact)}"


def _file_order(file: LockedFile) -> tuple[str, str]:
    return (file.name, file.sha256)


def _file(file: LockedFile, base: Path | None) -> str:
    path = file.path
    if path is not None and base is not None:
        path = (base / path).resolve().as_posix()
    parts = {
        # An archive has no name of its own in PEP 751.
        "name": None if file.kind is FileKind.ARCHIVE else file.name,
        "url": file.url,
        "path": path,
        "size": file.size_bytes,
        "subdirectory": file.subdirectory,
    }
    fields = [f"{key} = {_text(value)}" for key, value in parts.items() if value is not None]
    fields.append(f"hashes = {{ sha256 = {_text(file.sha256)} }}")
    return "{ " + ", ".join(fields) + " }"


def _commit(commit: LockedCommit) -> str:
    parts = {
        "type": commit.vcs,
        "url": commit.url,
        "commit-id": commit.commit,
        "subdirectory": commit.subdirectory,
    }
    fields = (f"{key} = {_text(value)}" for key, value in parts.items() if value is not None)
    return "{ " + ", ".join(fields) + " }"


def _tool(python: str, asked: Asked) -> Iterator[str]:
    yield "# What mlctl was asked for, so that it notices when this no longer answers."
    yield "[tool.mlctl]"
    yield f"format = {FORMAT}"
    yield f"python = {_text(python)}"
    yield ""
    yield "[tool.mlctl.asked]"
    yield f"digest = {_text(asked.digest)}"
    if asked.python is not None:
        yield f"python = {_text(asked.python)}"
    yield from _list("requirements", asked.requirements)
    yield from _list("constraints", asked.constraints)
    yield from _list("options", asked.options)


def _list(key: str, values: tuple[str, ...]) -> Iterator[str]:
    if values:
        yield f"{key} = ["
        yield from (f"    {_text(value)}," for value in values)
        yield "]"


def _text(value: str | int) -> str:
    """A TOML value. JSON's spelling of a text is TOML's, but for the DEL character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
