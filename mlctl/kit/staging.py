"""A job's folder made ready on this machine: code, inputs, outputs, the supervisor's files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mlctl.core.errors import Rejected
from mlctl.core.job import Artifact, DataKind, JobSpec
from mlctl.core.provider import Artifacts
from mlctl.kit import jobdir, trees
from mlctl.kit.jobdir import Place


def stage_folder(job: JobSpec, folder: Path, place: Place, artifacts: Artifacts) -> None:
    """Make ``folder`` for a job that will see it as ``place.folder``.

    It appears whole or not at all. A folder whose job was started is left as it is; one that was
    only staged is made anew, since what is not in the job's id (a timeout) may have changed.

    Raises:
        Rejected: A name or a variable of the job cannot be used.
        MissingContent: The store lacks something the job needs.
    """
    if was_started(folder):
        return
    for half in trees.leftovers(folder):
        trees.remove(half)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with trees.built_beside(folder) as new:
        _fill(new, job, place, artifacts)
        if os.path.lexists(folder):
            trees.remove_whole(folder)
        trees.put(new, folder)


def was_started(folder: Path) -> bool:
    """True when a supervisor has claimed the job."""
    return os.path.exists(f"{folder}/{jobdir.CLAIM}")  # noqa: PTH110 - asked several times a job


def _fill(folder: Path, job: JobSpec, place: Place, artifacts: Artifacts) -> None:
    here = str(folder)  # Path costs more than the files themselves, and this runs once a job
    for name, content, mode in jobdir.control_files(job, place):
        _write(f"{here}/{name}", content, mode)
    # On a busy disk a folder costs as much as a process, so none is made for nothing.
    inputs = (jobdir.INPUTS,) if job.inputs else ()
    for name in (*inputs, jobdir.OUTPUTS, jobdir.TEMPORARY):
        os.mkdir(f"{here}/{name}")  # noqa: PTH102
    _stage_code(folder / jobdir.CODE, job, artifacts)
    for name, given in job.inputs.items():
        _stage_input(folder / jobdir.INPUTS / entry(name), given, artifacts)
    for name, kind in job.outputs.items():
        _expect(folder / jobdir.OUTPUTS / entry(name), kind)


def entry(name: str) -> str:
    """``name`` as one entry of a folder.

    Raises:
        Rejected: It is not one.
    """
    if not name or name in {".", ".."} or "/" in name or "\0" in name:
        raise Rejected(f"the name {name!r}", "an input or output needs the name of a file")
    return name


def _write(path: str, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


def _stage_code(destination: Path, job: JobSpec, artifacts: Artifacts) -> None:
    if job.code is None:
        destination.mkdir()
    else:
        artifacts.materialize(job.code, destination, writable=True)


def _stage_input(
    destination: Path, given: Artifact | Mapping[str, Artifact], artifacts: Artifacts
) -> None:
    if isinstance(given, Artifact):
        artifacts.materialize(given.digest, destination)
        return
    destination.mkdir()
    for member, artifact in given.items():
        artifacts.materialize(artifact.digest, destination / entry(member))


def _expect(path: Path, kind: DataKind) -> None:
    """A folder is there to be filled; a file is there once it was written."""
    match kind:
        case DataKind.FOLDER:
            path.mkdir()
        case DataKind.FILE:
            return
