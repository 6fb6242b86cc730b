"""Why a step will run: one type a reason, recorded where the decision is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlctl.core.address import Address
from mlctl.core.digest import Digest, Json
from mlctl.core.step import InputKey, Interpreter, SoftwareKey


@dataclass(frozen=True, slots=True)
class NeverRan:
    """No finished run of this step is recorded, and no result is kept under its key."""

    kind: ClassVar[str] = "never_ran"


@dataclass(frozen=True, slots=True)
class CodeChanged:
    """The code folder differs.

    Attributes:
        changed: Paths with other content or mode; likewise ``added`` and ``removed``. All empty
            when the older files are not kept any more.
    """

    kind: ClassVar[str] = "code_changed"
    before: Digest | None
    after: Digest | None
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandChanged:
    """The command says something else, with placeholders for paths."""

    kind: ClassVar[str] = "command_changed"
    before: str | tuple[str, ...]
    after: str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InputChanged:
    """An input holds something else; None: it was not, or is not, declared.

    Attributes:
        changed: For data known file by file: the paths that differ.
    """

    kind: ClassVar[str] = "input_changed"
    name: str
    before: InputKey | None
    after: InputKey | None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageChange:
    """A package of the environment; None: absent."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class EnvironmentChanged:
    """The software the step runs in differs.

    Attributes:
        packages: What differs, where both sides are known package by package.
    """

    kind: ClassVar[str] = "environment_changed"
    before: SoftwareKey
    after: SoftwareKey
    packages: tuple[PackageChange, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentPending:
    """The environment is resolved during apply, so its exact packages are known only then.

    Attributes:
        requested: What is asked for now, where it differs from before.
    """

    kind: ClassVar[str] = "environment_pending"
    environment: Address
    requested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InterpreterChanged:
    """The target's own interpreter differs."""

    kind: ClassVar[str] = "interpreter_changed"
    before: Interpreter
    after: Interpreter


@dataclass(frozen=True, slots=True)
class EnvVariableChanged:
    """A declared environment variable holds something else; None: not declared."""

    kind: ClassVar[str] = "env_changed"
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class OutputsChanged:
    """The declared outputs differ: names with their types."""

    kind: ClassVar[str] = "outputs_changed"
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlatformChanged:
    """Another operating system or architecture."""

    kind: ClassVar[str] = "platform_changed"
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """Another part of the key differs: ``instance_count`` or the cache's ``version``."""

    kind: ClassVar[str] = "setting_changed"
    name: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class FormatChanged:
    """The recorded key was written by another version of mlctl and cannot be compared."""

    kind: ClassVar[str] = "format_changed"


@dataclass(frozen=True, slots=True)
class UpstreamPending:
    """Something upstream will run, so part of this step's key is known only after apply.

    Attributes:
        upstream: What it waits for.
        parts: The parts that wait: ``inputs.data``, ``command``, ``env.RATE``.
    """

    kind: ClassVar[str] = "upstream_pending"
    upstream: Address
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValuePending:
    """Part of this step's key is known only after apply, and not because of an object upstream.

    Attributes:
        parts: As in ``UpstreamPending``.
    """

    kind: ClassVar[str] = "value_pending"
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutputMissing:
    """A result is recorded, but the store lacks this output or holds it damaged."""

    kind: ClassVar[str] = "output_missing"
    name: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class ResultNotKept:
    """It ran for this very key, but a source moved meanwhile, so its result does not count."""

    kind: ClassVar[str] = "result_not_kept"


@dataclass(frozen=True, slots=True)
class Forced:
    """It runs because somebody said so: ``--replace``, ``--no-reuse`` or ``deterministic``."""

    kind: ClassVar[str] = "forced"
    by: str


Reason = (
    NeverRan
    | CodeChanged
    | CommandChanged
    | InputChanged
    | EnvironmentChanged
    | EnvironmentPending
    | InterpreterChanged
    | EnvVariableChanged
    | OutputsChanged
    | PlatformChanged
    | SettingChanged
    | FormatChanged
    | UpstreamPending
    | ValuePending
    | OutputMissing
    | ResultNotKept
    | Forced
)
