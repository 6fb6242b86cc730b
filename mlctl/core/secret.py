"""Secrets: values that may be used but never shown."""

from __future__ import annotations

from dataclasses import dataclass, field

MASK = "(sensitive value)"
"""What stands in place of a secret wherever text is made."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that prints as ``(sensitive value)`` whatever is done to it.

    Deliberately not a ``str``: joining or formatting a subclass of ``str`` hands back a plain
    ``str`` and the mask is lost. Here the only way to the text is to ask for it.
    """

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """The text itself. Call it at the last moment, where the bytes leave the process."""
        return self._text

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)
