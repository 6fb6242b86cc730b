"""From the address of a compute target to the way to run jobs on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlctl.apply.attributes import of_value, opened
from mlctl.apply.ports import KindOf
from mlctl.core.address import Address
from mlctl.core.desired import Evaluation
from mlctl.core.digest import Json
from mlctl.core.errors import MlctlError
from mlctl.core.provider import Attributes, ComputeType, Context, Executor
from mlctl.core.secret import Secret
from mlctl.core.state import State

FACTS = ("os", "arch", "cpus", "memory_bytes", "gpus", "gpu_type", "size", "python_version")
"""Attributes of a target that are recorded with what ran on it."""


@dataclass
class NoTarget(MlctlError):
    """A step names a compute target that steps cannot run on."""

    address: Address
    why: str

    def __str__(self) -> str:
        return f"no step can run on {self.address}: {self.why}"


class ComputeExecutors:
    """An ``Executors`` over what is recorded, what this run makes, and what is declared."""

    def __init__(
        self, state: State, evaluation: Evaluation, kind_of: KindOf, context: Context
    ) -> None:
        self._state = state
        self._evaluation = evaluation
        self._kind_of = kind_of
        self._context = context
        self._made: dict[Address, Attributes] = {}
        self._known: dict[Address, Executor] = {}
        self._attributes: dict[Address, Attributes] = {}

    def get(self, address: Address) -> Executor:
        """The way to run jobs there; the same object each time.

        Raises:
            NoTarget: It is not there, or is nothing that runs jobs.
            MlctlError: Its provider refuses.
        """
        if address not in self._known:
            self._known[address] = self._make(address)
        return self._known[address]

    def made(self, address: Address, attributes: Attributes) -> None:
        """Tell that this run made or changed the target."""
        self._made[address] = attributes
        self._known.pop(address, None)

    def facts(self, address: Address) -> Mapping[str, Json]:
        """What is known of a target's hardware and system."""
        known = self._attributes.get(address, {})
        return {
            name: part
            for name in FACTS
            if (part := known.get(name)) is not None and not isinstance(part, Secret)
        }

    def _make(self, address: Address) -> Executor:
        wanted = self._evaluation.resource(address)
        kind = self._kind_of(address, wanted.kind, wanted.type)
        if not isinstance(kind, ComputeType):
            raise NoTarget(address, f'{wanted.kind} "{wanted.type}" runs no steps')
        attributes = self._made.get(address)
        if attributes is None:
            record = self._state.resources.get(address)
            written = of_value(wanted.attributes, wanted.schema)
            # One that is declared nowhere and used by default is not recorded either.
            attributes = opened(record.attributes, written) if record else written
        self._attributes[address] = attributes
        return kind.executor(attributes, self._context)
