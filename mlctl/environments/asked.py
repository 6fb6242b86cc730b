"""What was asked for, in normal form: kept in the lock, so that a stale lock is noticed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlctl.core.digest import Digest, digest

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What a declaration means to a resolver.

    Attributes:
        python: As declared; None: whatever Python runs mlctl when it is first resolved.
        requirements: Normal forms, sorted.
        constraints: Normal forms, sorted.
        options: Normal forms in their order, because indexes are tried in turn.
    """

    python: str | None = None
    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def digest(self) -> Digest:
        """Equal for declarations that ask for the same."""
        return digest(
            "mlctl.environment.asked",
            {
                "format": _FORMAT,
                "python": self.python,
                "requirements": self.requirements,
                "constraints": self.constraints,
                "options": self.options,
            },
        )


def asked_diff(before: Asked, after: Asked) -> tuple[str, ...]:
    """The differences as short statements: ``+ numpy<2``, ``- numpy``, ``python 3.11 -> 3.12``."""
    changes: list[str] = []
    if before.python != after.python:
        changes.append(f"python {before.python or 'any'} -> {after.python or 'any'}")
    changes += _lines(before.requirements, after.requirements)
    changes += (f"{line} (constraint)" for line in _lines(before.constraints, after.constraints))
    changes += _lines(before.options, after.options)
    if before.options != after.options and sorted(before.options) == sorted(after.options):
        changes.append("the order of the options")
    return tuple(changes)


def _lines(before: Iterable[str], after: Iterable[str]) -> Iterator[str]:
    old, new = set(before), set(after)
    yield from (f"- {line}" for line in sorted(old - new))
    yield from (f"+ {line}" for line in sorted(new - old))
