"""A step's settings: what may be written in the step or in its component, the step winning."""

from __future__ import annotations

from dataclasses import dataclass

from mlctl.config.arguments import Arguments
from mlctl.config.decode import Decoded
from mlctl.config.units import duration_s, size_bytes
from mlctl.core.desired import Retry
from mlctl.core.job import Limits


@dataclass(frozen=True, slots=True)
class StepSettings:
    """Reads settings.

    Attributes:
        here: Evaluates the step's own arguments.
        there: Evaluates its definition's.
    """

    own: Decoded
    definition: Decoded
    here: Arguments
    there: Arguments

    def _where(self, name: str) -> tuple[Arguments, Decoded]:
        """The step's own argument or block if it is written, else the definition's."""
        own = self.own
        written = name in own.arguments or name in own.blocks
        return (self.here, own) if written else (self.there, self.definition)

    def flag(self, name: str, *, default: bool) -> bool:
        """A bool argument."""
        where, body = self._where(name)
        return where.flag(body, name, default)

    def timeout_s(self) -> float | None:
        """The longest it may take."""
        where, body = self._where("timeout")
        return where.unit(body, "timeout", duration_s)

    def retry(self) -> Retry:
        """When a failed attempt is followed by another."""
        where, body = self._where("retry")
        block = body.one("retry")
        if block is None:
            return Retry()
        on = where.value(block, "on").unmark_deep()[0]
        return Retry(
            attempts=int(where.number(block, "attempts") or 1),
            backoff_s=where.unit(block, "backoff", duration_s) or 0.0,
            on=tuple(e.as_string() for e in on.elements()) if on.raw and on.is_known else (),
        )

    def limits(self) -> Limits:
        """What it asks of its target."""
        where, body = self._where("resources")
        block = body.one("resources")
        if block is None:
            return Limits()
        return Limits(
            cpus=where.number(block, "cpus"),
            memory_bytes=where.unit(block, "memory", size_bytes),
            gpus=int(where.number(block, "gpus") or 0),
            shm_size_bytes=where.unit(block, "shm_size", size_bytes),
            instance_count=int(where.number(block, "instance_count") or 1),
        )
