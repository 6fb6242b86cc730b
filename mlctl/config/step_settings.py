"""A step's settings: what may be written in the step or in its component, the step winning."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlctl.config.arguments import Arguments, unsuitable
from mlctl.config.decode import Decoded, not_allowed
from mlctl.config.units import duration_s, size_bytes
from mlctl.core.address import Address
from mlctl.core.desired import Retry
from mlctl.core.job import Limits
from mlctl.core.provenance import origins_of

FAILURES = ("unreachable", "preempted", "lost", "timeout")
"""What ``retry.on`` may name besides exit codes."""

_SETTINGS = ("timeout", "deterministic", "retry", "resources")

_EXIT = re.compile(r"exit:\d{1,3}")


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

    def rest_on(self) -> frozenset[Address]:
        """The objects whose values the settings are worked out from."""
        found: set[Address] = set()
        for name in _SETTINGS:
            where, body = self._where(name)
            written = body.one(name) if name in body.blocks else body
            names = (name,) if written is body else tuple(written.arguments if written else ())
            for argument in names:
                if written is not None and argument in written.arguments:
                    found |= origins_of(where.value(written, argument))
        return frozenset(found)

    def deterministic(self) -> bool:
        """False: a kept result is never taken. What decides that must be known to a plan."""
        where, body = self._where("deterministic")
        expr = body.expr("deterministic")
        if expr is not None and not where.value(body, "deterministic").is_known:
            why = ValueError("it rests on a value that is known only after apply")
            where.evaluator.say(unsuitable("deterministic", why, expr, body.header))
        return where.flag(body, "deterministic", default=True)

    def timeout_s(self) -> float | None:
        """The longest it may take."""
        where, body = self._where("timeout")
        timeout_s = where.unit(body, "timeout", duration_s)
        if timeout_s is not None and timeout_s <= 0:
            _refuse(where, body, "timeout", "a time longer than nothing is required")
        return timeout_s

    def retry(self) -> Retry:
        """When a failed attempt is followed by another."""
        where, body = self._where("retry")
        block = body.one("retry")
        if block is None:
            return Retry()
        return Retry(
            attempts=_whole(where, block, "attempts", least=1) or 1,
            backoff_s=where.unit(block, "backoff", duration_s) or 0.0,
            on=_failures(where, block),
        )

    def limits(self) -> Limits:
        """What it asks of its target."""
        where, body = self._where("resources")
        block = body.one("resources")
        if block is None:
            return Limits()
        return Limits(
            cpus=_positive(where, block, "cpus"),
            memory_bytes=where.unit(block, "memory", size_bytes),
            gpus=_whole(where, block, "gpus", least=0) or 0,
            shm_size_bytes=where.unit(block, "shm_size", size_bytes),
            instance_count=_whole(where, block, "instance_count", least=1) or 1,
        )


def _whole(where: Arguments, block: Decoded, name: str, *, least: int) -> int | None:
    number = where.number(block, name)
    if number is None:
        return None
    if number != int(number) or number < least:
        _refuse(where, block, name, f"a whole number from {least} on is required")
    return int(number)


def _positive(where: Arguments, block: Decoded, name: str) -> float | None:
    number = where.number(block, name)
    if number is not None and number <= 0:
        _refuse(where, block, name, "a number above 0 is required")
    return number


def _failures(where: Arguments, block: Decoded) -> tuple[str, ...]:
    listed = where.value(block, "on").unmark_deep()[0]
    if listed.is_null or not listed.is_wholly_known:
        return ()
    named = tuple(one.as_string() for one in listed.elements() if not one.is_null)
    expr = block.expr("on")
    for text in named:
        if text not in FAILURES and not _EXIT.fullmatch(text):
            assert expr is not None
            allowed = (*FAILURES, "exit:N")
            where.evaluator.say(not_allowed("on", text, allowed, expr.span(), block.header))
    return named


def _refuse(where: Arguments, block: Decoded, name: str, why: str) -> None:
    expr = block.expr(name)
    assert expr is not None
    where.evaluator.say(unsuitable(name, ValueError(why), expr, block.header))
