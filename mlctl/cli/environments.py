"""The environments of a configuration, with what each asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from mlctl.cli.errors import NotSound
from mlctl.cli.recorded import as_recorded
from mlctl.config.evaluation import ConfigurationValues
from mlctl.config.frames import ModuleFrame, Repetition
from mlctl.config.ports import Requested
from mlctl.config.software import Softwares
from mlctl.core.address import Address
from mlctl.core.diagnostic import has_errors
from mlctl.core.state import State
from mlctl.environments.catalog import Current, Missing, Stale, status
from mlctl.environments.lockfile import read_lock
from mlctl.outside.locks import LockFiles
from mlctl.outside.session import Session

KIND = "environment"


@dataclass(frozen=True, slots=True)
class Found:
    """One environment.

    Attributes:
        requested: What it asks for; None when it is the target's own interpreter.
        file: Its lock file; empty without one.
    """

    address: Address
    requested: Requested | None
    file: str = ""

    def lock_status(self, locks: LockFiles) -> str:
        """Whether its lock answers what it asks for, in words."""
        if self.requested is None:
            return "not managed"
        found = status(locks.declaration(self.requested), read_lock(locks.path(self.requested)))
        match found:
            case Current():
                return "current"
            case Missing():
                return "not locked"
            case Stale(changes=changes):
                return f"stale: {', '.join(changes)}"
            case _:
                assert_never(found)


def environments(session: Session, state: State) -> tuple[Found, ...]:
    """Every environment, in the order of the graph.

    Raises:
        NotSound: The configuration has errors.
    """
    evaluation = as_recorded(session, state)
    found = tuple(_all(session, evaluation))
    problems = [*session.loaded.found, *evaluation.found]
    if has_errors(problems):
        raise NotSound(problems)
    return found


def _all(session: Session, evaluation: ConfigurationValues) -> Iterator[Found]:
    evaluator = evaluation.evaluator
    locks = LockFiles(session.invocation.root)
    softwares = Softwares(evaluator, locks)
    for node in session.loaded.graph.order:
        if node.kind == KIND:
            for address in evaluation.instances(node):
                frame, repetition = _place(evaluation, address)
                requested = softwares.requested(frame, address, repetition)
                file = locks.path(requested).name if requested is not None else ""
                yield Found(address, requested, file)


def _place(evaluation: ConfigurationValues, address: Address) -> tuple[ModuleFrame, Repetition]:
    path = tuple(part.name for part in address.module)
    frames = evaluation.evaluator.frames(path)
    frame = next(f for f in frames if f.parts == address.module)
    declared = frame.module.objects[KIND, address.name]
    return frame, evaluation.evaluator.instances(frame, declared).by_key[address.key]
