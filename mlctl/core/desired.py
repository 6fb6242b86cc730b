"""What the configuration wants of one object, evaluated as far as values are known.

The seam between evaluation (mlctl.config), the planner and apply: the planner asks for every
object once, with unknowns where only apply will tell; apply asks again when they are settled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.digest import Json
from mlctl.core.errors import MlctlError
from mlctl.core.job import Artifact, DataKind, Layout, Limits, SoftwareLock
from mlctl.core.schema import BlockSchema
from mlctl.core.secret import Secret
from mlctl.core.state import StepRecord
from mlctl.core.step import InputKey, Pending, StepKey
from mlctl.core.value import Value


@dataclass(frozen=True, slots=True)
class Located:
    """Content that lies at a path outside the store.

    Attributes:
        code: It is a code folder, so ignore rules apply to it.
    """

    path: Path
    kind: DataKind
    artifact: Artifact
    code: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """Content that the store holds."""

    artifact: Artifact


Content = Located | Stored


@dataclass(frozen=True, slots=True)
class Retry:
    """When and how often a failed attempt is followed by another.

    Attributes:
        attempts: In all, the first included.
        backoff_s: Before the second attempt; doubled before each further one.
        on: ``unreachable``, ``preempted``, ``lost``, ``timeout``, ``exit:N``; empty: any failure.
    """

    attempts: int = 1
    backoff_s: float = 0.0
    on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """The ``lifecycle`` block of something that is made."""

    prevent_destroy: bool = False
    create_before_destroy: bool = False
    ignore_changes: tuple[str, ...] = ()
    ignore_all: bool = False
    replace_triggered_by: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredResource:
    """An object that should be there.

    Attributes:
        attributes: An object value. Computed attributes that nobody wrote are absent.
        schema: Of its kind and type.
        provider: Who makes it; empty for what mlctl keeps itself.
        needs: The objects its attributes and meta-arguments refer to.
    """

    address: Address
    kind: str
    type: str
    attributes: Value
    schema: BlockSchema
    provider: str = ""
    needs: tuple[Address, ...] = ()
    lifecycle: Lifecycle = Lifecycle()


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredStep:
    """A step that should have a result.

    Attributes:
        key: Perhaps with pending parts.
        compute: The target's address.
        code: The code folder; None without one, or while its place is unknown.
        inputs: Data inputs whose content is known; the members of a fan-in by name.
        outputs: Declared type by name.
        env: Declared variables, in clear or as secrets, without mlctl's own.
        literals: Literal inputs in clear as text, for ``MLCTL_INPUT_<NAME>``.
        software: The environment; None: the target's own interpreter.
        command: The script or the argv for real paths. Raises EvaluationFailed.
        command_with: The command as it stands in a key, with some literal inputs replaced; tells
            whether another command comes from other inputs alone.
        deterministic: False: a kept result is never taken.
        needs: The objects whose values or presence it waits for.
        carries_on: Its pipeline goes on with other branches when it fails.
    """

    address: Address
    key: StepKey
    compute: Address
    command: Callable[[Layout], str | tuple[str, ...]]
    command_with: Callable[[Mapping[str, InputKey]], str | tuple[str, ...] | Pending]
    code: Located | None = None
    inputs: Mapping[str, Content | Mapping[str, Content]] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str | Secret] = field(default_factory=dict)
    literals: Mapping[str, str | Secret] = field(default_factory=dict)
    software: SoftwareLock | None = None
    limits: Limits = field(default_factory=Limits)
    timeout_s: float | None = None
    retry: Retry = Retry()
    deterministic: bool = True
    needs: tuple[Address, ...] = ()
    carries_on: bool = False


class EvaluationFailed(MlctlError):
    """The configuration does not make sense with the values now known."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return "; ".join(f"{d.summary}: {d.detail}" for d in self.diagnostics)


class Evaluation(Protocol):
    """The configuration as a function of what is known so far.

    Not safe for several threads: apply asks from its one writing thread.
    """

    def resource(self, address: Address) -> DesiredResource:
        """What is wanted of one object.

        Raises:
            EvaluationFailed: Its attributes do not evaluate or do not fit.
        """

    def step(self, address: Address) -> DesiredStep:
        """What is wanted of one step.

        Raises:
            EvaluationFailed: Its arguments do not evaluate or do not fit.
        """

    def pipeline_output(self, address: Address) -> Value:
        """The value of a pipeline's output.

        Raises:
            EvaluationFailed: It does not evaluate.
        """

    def output(self, name: str) -> Value:
        """The value of a root output.

        Raises:
            EvaluationFailed: It does not evaluate.
        """

    def settle_resource(self, address: Address, attributes: Mapping[str, Json | Secret]) -> None:
        """Tell that an object now has these attributes."""

    def settle_step(self, address: Address, record: StepRecord) -> None:
        """Tell that a step now has this result."""
