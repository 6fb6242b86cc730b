"""What is known of a value that is not known yet: its refinement.

A small part of cty's: never null, how a string begins, where a number lies, how many elements a
collection has. It is what lets ``known_later == null`` be decided at plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from mlctl.core.value_number import Number


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range of numbers."""

    number: Number
    inclusive: bool = True


@dataclass(frozen=True, slots=True)
class Refinement:
    """What is known of an unknown value; the default says nothing at all.

    Attributes:
        not_null: It will not be null.
        prefix: It will be a string that begins so.
        lower: It will be a number not below this.
        upper: It will be a number not above this.
        min_length: It will be a collection of at least so many elements.
        max_length: It will be a collection of at most so many elements; None for no limit.
    """

    not_null: bool = False
    prefix: str = ""
    lower: Bound | None = None
    upper: Bound | None = None
    min_length: int = 0
    max_length: int | None = None

    def also(self, other: Refinement) -> Refinement:
        """Both at once, the narrower of each pair."""
        return Refinement(
            not_null=self.not_null or other.not_null,
            prefix=max(self.prefix, other.prefix, key=len),
            lower=_higher(self.lower, other.lower),
            upper=_lower(self.upper, other.upper),
            min_length=max(self.min_length, other.min_length),
            max_length=_smaller(self.max_length, other.max_length),
        )

    def either(self, other: Refinement) -> Refinement:
        """What holds whichever of the two is meant, as for the arms of a conditional."""
        lengths = (self.max_length, other.max_length)
        return Refinement(
            not_null=self.not_null and other.not_null,
            prefix=_common(self.prefix, other.prefix),
            lower=_looser_lower(self.lower, other.lower),
            upper=_looser_upper(self.upper, other.upper),
            min_length=min(self.min_length, other.min_length),
            max_length=None if None in lengths else max(n for n in lengths if n is not None),
        )

    def only_null(self) -> Refinement:
        """Only whether it may be null, the one thing every type can say."""
        return NOT_NULL if self.not_null else NOTHING_KNOWN


NOTHING_KNOWN = Refinement()
NOT_NULL = Refinement(not_null=True)


def _common(a: str, b: str) -> str:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False))
    return "".join(first for first, _ in same)


def _rank(b: Bound, *, low: bool) -> tuple[Number, bool]:
    """Orders bounds; of two at one number the exclusive one is further in."""
    return b.number, b.inclusive is not low


def _higher(a: Bound | None, b: Bound | None) -> Bound | None:
    given = [x for x in (a, b) if x is not None]
    return max(given, key=lambda x: _rank(x, low=True), default=None)


def _lower(a: Bound | None, b: Bound | None) -> Bound | None:
    given = [x for x in (a, b) if x is not None]
    return min(given, key=lambda x: _rank(x, low=False), default=None)


def _looser_lower(a: Bound | None, b: Bound | None) -> Bound | None:
    return None if a is None or b is None else min(a, b, key=lambda x: _rank(x, low=True))


def _looser_upper(a: Bound | None, b: Bound | None) -> Bound | None:
    return None if a is None or b is None else max(a, b, key=lambda x: _rank(x, low=False))


def _smaller(a: int | None, b: int | None) -> int | None:
    given = [x for x in (a, b) if x is not None]
    return min(given, default=None)
