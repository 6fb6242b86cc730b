"""The command line once more: for the history, and for whoever wants to go on."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence

HIDDEN = "..."
"""Stands for a value that must not be written down."""


def typed_command(words: Sequence[str], may_be_told: Collection[str]) -> str:
    """The command as it was typed, without the values of other variables than these.

    It is written into the history and onto screens that others read.
    """
    return shlex.join(["mlctl", *_told(words, may_be_told)])


def _told(words: Sequence[str], may_be_told: Collection[str]) -> Iterator[str]:
    is_value = False
    for word in words:
        if is_value:
            yield _hidden(word, may_be_told)
        elif word.startswith("--var="):
            yield "--var=" + _hidden(word.removeprefix("--var="), may_be_told)
        else:
            yield word
        is_value = word == "--var" and not is_value


def _hidden(text: str, may_be_told: Collection[str]) -> str:
    name, equals, _ = text.partition("=")
    return text if not equals or name.strip() in may_be_told else f"{name}={HIDDEN}"
