"""A declaration to a lock, by uv. Called by ``apply`` and ``env lock``, never by ``plan``."""

from __future__ import annotations

import os.path
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlctl.core.errors import MlctlError
from mlctl.environments.declaration import Declaration, asked, read_declaration
from mlctl.environments.entry import Entry, EntryKind, InFile, InList, Origin, Problem
from mlctl.environments.lockfile import Lock, lock_name, make_lock
from mlctl.environments.packages import Artifact, LockedFile, LockedPackage
from mlctl.environments.pylock import PylockInvalid, parse_pylock
from mlctl.environments.render import render
from mlctl.environments.uvtool import Compile, Refusal, compile_lock
from mlctl.environments.wheeltags import fits_python

Report = Callable[[str], None]
"""Says one line of progress."""


@dataclass
class DeclarationInvalid(MlctlError):
    """Lines of the declaration cannot be used; ``validate`` finds the same ones."""

    environment: str
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        lines = (f"\n  {problem.text}: {problem.why}" for problem in self.problems)
        return f"The environment {self.environment} cannot be resolved:{''.join(lines)}"


@dataclass
class ResolutionFailed(MlctlError):
    """No set of packages answers the declaration.

    Attributes:
        words: The resolver's own.
        origin: The line they are about; None: it cannot be told.
    """

    environment: str
    words: str
    origin: Origin | None = None

    @property
    def requirement(self) -> int | None:
        """The index in ``requirements`` they are about; None: it is about none of them."""
        return self.origin.index if isinstance(self.origin, InList) else None

    def __str__(self) -> str:
        where = f" ({self.origin})" if isinstance(self.origin, InFile) else ""
        return f"The environment {self.environment} cannot be resolved{where}.\n{self.words}"


@dataclass
class IndexUnreachable(ResolutionFailed):
    """The packages cannot be looked up: no network, or an index that does not answer."""

    def __post_init__(self) -> None:
        self.hint = (
            f"Run `mlctl env lock {self.environment}` on a machine that reaches the index and "
            f"bring its {lock_name(self.environment)} beside the configuration."
        )

    def __str__(self) -> str:
        return (
            f"The packages of environment {self.environment} cannot be looked up: an index does "
            f"not answer.\n{self.words}"
        )


@dataclass(frozen=True, slots=True)
class Mode:
    """How to resolve.

    Attributes:
        upgrade: Let go of the versions that the previous lock holds.
        offline: Use only what uv has in its cache and what lies on this machine.
    """

    upgrade: bool = False
    offline: bool = False


def resolve(
    declaration: Declaration,
    previous: Lock | None,
    *,
    folder: Path,
    report: Report,
    mode: Mode = Mode(),
) -> Lock:
    """Find the packages that answer a declaration.

    May run the build code of packages that have no wheel; each is named to ``report`` first.

    Args:
        declaration: What is asked.
        previous: Its versions are kept where they still answer.
        folder: The configuration's; relative paths start here, and the lock will stand here.
        report: Says one line of progress.
        mode: How.

    Raises:
        DeclarationInvalid: The declaration has problems.
        ResolutionFailed: There is no answer.
        IndexUnreachable: It could not be looked for.
    """
    reading = read_declaration(declaration)
    if reading.problems:
        raise DeclarationInvalid(declaration.name, reading.problems)
    kept = None if mode.upgrade else previous
    python = declaration.wanted_python or (kept.python if kept else _running_python())
    # A temporary folder may be reached by a link, which relative paths would not survive.
    with tempfile.TemporaryDirectory(prefix="mlctl-lock-") as name:
        scratch = Path(name).resolve()
        question = _question(reading.entries, scratch, folder, python)
        question = replace(question, offline=mode.offline)
        if kept is not None:
            text = render(kept.python, kept.packages, kept.asked, folder)
            question.output.write_text(text, encoding="utf-8")
        _ask(question, declaration.name, reading.entries, report)
        packages = _answer(question, declaration.name)
    for line in _notices(packages):
        report(line)
    return make_lock(python, packages, asked(declaration))


def _running_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _question(entries: tuple[Entry, ...], scratch: Path, folder: Path, python: str) -> Compile:
    constraints = [e.text for e in entries if e.kind is EntryKind.CONSTRAINT]
    constraints_file = scratch / "constraints.txt"
    if constraints:
        constraints_file.write_text("\n".join(constraints) + "\n", encoding="utf-8")
    options = [e.text for e in entries if e.kind is EntryKind.OPTION]
    requirements = [e.text for e in entries if e.kind is EntryKind.REQUIREMENT]
    return Compile(
        lines=[*(text for text in dict.fromkeys(options) if text != "--pre"), *requirements],
        constraints=constraints_file if constraints else None,
        output=scratch / "pylock.toml",
        folder=folder,
        python=python,
        interpreter=sys.executable,
        from_source=[e.name for e in entries if e.is_source and e.name],
        prereleases="--pre" in options,
    )


def _ask(question: Compile, name: str, entries: tuple[Entry, ...], report: Report) -> None:
    """Resolve from wheels; allow source one package at a time, where nothing else exists."""
    for package in question.from_source:
        report(f"{package} is given as source: its build code runs here to learn what it needs.")
    while (refusal := compile_lock(question)) is not None:
        new = [p for p in refusal.needs_build if p not in question.from_source]
        if not new:
            raise _failure(refusal, name, entries)
        for package in new:
            report(f"{package} has no wheel: its build code runs here to learn what it needs.")
        question = replace(question, from_source=[*question.from_source, *new])


def _failure(refusal: Refusal, name: str, entries: Iterable[Entry]) -> ResolutionFailed:
    kind = IndexUnreachable if refusal.network else ResolutionFailed
    return kind(name, refusal.words, _origin(refusal.words, entries))


def _origin(words: str, entries: Iterable[Entry]) -> Origin | None:
    """The declared line that the resolver's words are about.

    A line named in "you require …" goes before one that is only mentioned.
    """
    # uv breaks lines where it likes.
    normal = " ".join(re.sub(r"[-_.]+", "-", words).lower().split())
    named = [e for e in entries if e.kind is EntryKind.REQUIREMENT and e.name]
    for before in (r"you require ", r"(?<![\w-])"):
        for entry in named:
            if re.search(rf"{before}{re.escape(entry.name or '')}(?![\w-])", normal):
                return entry.origin
    return None


def _answer(question: Compile, name: str) -> tuple[LockedPackage, ...]:
    try:
        found = parse_pylock(question.output.read_text(encoding="utf-8"))
    except PylockInvalid as error:
        raise ResolutionFailed(name, f"It cannot be locked: {error.why}") from error
    return tuple(_settled(package, question) for package in found.packages)


def _settled(package: LockedPackage, question: Compile) -> LockedPackage:
    """The package without what other Pythons use and what only this machine could find."""
    fitting = [a for a in package.artifacts if _fits(a, question.python)]
    artifacts = tuple(_relative(a, question) for a in fitting)
    return replace(package, artifacts=artifacts)


def _fits(artifact: Artifact, python: str) -> bool:
    return not isinstance(artifact, LockedFile) or fits_python(artifact.name, python)


def _relative(artifact: Artifact, question: Compile) -> Artifact:
    if not isinstance(artifact, LockedFile):
        return artifact
    if artifact.path is not None:
        here = question.output.parent / artifact.path
    elif artifact.url is not None and artifact.url.startswith("file:"):
        here = Path(unquote(urlsplit(artifact.url).path))
    else:
        return artifact
    path = os.path.relpath(here, question.folder.resolve())
    return replace(artifact, url=None, path=Path(path).as_posix())


def _notices(packages: Iterable[LockedPackage]) -> Iterator[str]:
    for package in packages:
        outside = [
            a.name
            for a in package.artifacts
            if isinstance(a, LockedFile) and a.path is not None and a.path.startswith("../")
        ]
        if outside:
            yield (
                f"{package.name} {package.version} comes from a folder outside the "
                f"configuration's: only machines with {outside[0]} in the same place can build it."
            )
        if package.is_built:
            yield f"{package.name} {package.version} is built from source on every target."
