"""What the world refused: exceptions that carry objects and make their text themselves."""

from __future__ import annotations

from dataclasses import dataclass


class MlctlError(Exception):
    """The root of everything mlctl raises on purpose. ``str`` is for people, whole sentences."""

    exit_code = 1
    """What the command line returns when this ends it; see the list in the command reference."""

    hint = ""
    """How to go on, where the text does not say so already."""


class ProviderError(MlctlError):
    """Something a provider was asked for did not happen."""


@dataclass
class Unreachable(ProviderError):
    """The target did not answer. Its state is unknown; asking again may help."""

    target: str
    why: str

    def __str__(self) -> str:
        return f"{self.target} cannot be reached: {self.why}"


@dataclass
class NoCapacity(ProviderError):
    """The place has no room now; another may."""

    place: str
    why: str

    def __str__(self) -> str:
        return f"{self.place} has no capacity: {self.why}"


@dataclass
class Rejected(ProviderError):
    """The request itself is wrong: the user's to mend, never retried."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what} was refused: {self.why}"


@dataclass
class MissingContent(MlctlError):
    """The store does not have some content, or had to give up on it. Making it again helps."""

    digest: str

    def __str__(self) -> str:
        return f"the store does not have {self.digest}"
