"""The starter configurations: where they are, and how one gets into a folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import mlctl
from mlctl.cli.errors import Refused
from mlctl.core.suggest import did_you_mean

_PACKAGE = Path(mlctl.__file__).parent
_PLACES = (_PACKAGE / "examples_data", _PACKAGE.parent / "examples")
"""In an installed package, and in a source tree."""

_LEFT_BY_RUNS = (".mlctl", "__pycache__")
_STATE = "mlctl.state.json"


def names() -> tuple[str, ...]:
    """The examples there are."""
    return tuple(sorted(_folders()))


def write(name: str, folder: Path) -> tuple[list[Path], list[Path]]:
    """Write an example's files where there are none.

    Args:
        name: Of the example.
        folder: Where to.

    Returns:
        The files that were written, and those that were there and are other ones; relative.

    Raises:
        Refused: There is no such example, or another configuration is there already.
    """
    source = _folders().get(name)
    if source is None:
        raise Refused(f'There is no example "{name}"', _instead(name))
    files = _files(source)
    _refuse_to_mix(files, folder)
    written, kept = [], []
    for relative, file in files.items():
        target = folder / relative
        if not target.exists() and not target.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
            written.append(relative)
        elif not target.is_file() or target.read_bytes() != file.read_bytes():
            kept.append(relative)
    return written, kept


def _instead(name: str) -> str:
    known = names()
    if not known:
        return "This installation is incomplete: it has no examples. Install mlctl again."
    return did_you_mean(name, known) or f"There are: {', '.join(known)}."


def _folders() -> Mapping[str, Path]:
    return {
        folder.name: folder
        for place in reversed(_PLACES)
        if place.is_dir()
        for folder in place.iterdir()
        if any(folder.glob("*.hcl"))
    }


def _files(source: Path) -> Mapping[Path, Path]:
    found = {file.relative_to(source): file for file in sorted(source.rglob("*")) if file.is_file()}
    return {
        relative: file
        for relative, file in found.items()
        if not any(part in _LEFT_BY_RUNS for part in relative.parts)
        and not relative.name.startswith(_STATE)
    }


def _refuse_to_mix(files: Mapping[Path, Path], folder: Path) -> None:
    for there in sorted(folder.glob("*.hcl")):
        ours = files.get(there.relative_to(folder))
        if ours is None or ours.read_bytes() != there.read_bytes():
            raise Refused(
                f"There is another configuration here already: {there.name}",
                "Write the example into an empty folder: "
                "mkdir DIR && mlctl --chdir DIR init --example NAME",
            )
