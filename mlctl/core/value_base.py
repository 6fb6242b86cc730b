"""A value of the language: a type, a payload, and the marks it carries.

Values are immutable. Nothing here converts or computes; the constructors are in
``value_make``, conversion and operators in ``mlctl.hcl``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Final, TypeAlias, cast

from mlctl.core.types import DYNAMIC, Type
from mlctl.core.value_number import Number
from mlctl.core.value_refinement import NOTHING_KNOWN, Refinement

SENSITIVE: Final = "sensitive"
"""The mark of what must not be shown."""


class Unknown(Enum):
    """The payload of a value that only apply will tell."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN

Marks: TypeAlias = frozenset[Hashable]
Raw: TypeAlias = (
    "str | int | Decimal | bool | tuple[Value, ...] | dict[str, Value] | Unknown | None"
)

_NO_MARKS: Marks = frozenset()


class Value:
    """A value. Two are equal when type, payload, refinement and marks are.

    Attributes:
        type: Never one with optional attributes.
        raw: ``str``, ``int`` or ``Decimal``, ``bool``; a tuple of values for lists, sets (in their
            order) and tuples; a dict of values by sorted key for maps and objects; None for null;
            ``UNKNOWN`` for a value only apply will tell.
        marks: Those of this value itself; those inside it are its elements'.
        refinement: What is known of an unknown value.
    """

    __slots__ = (
        "_hash",
        "contains_marked",
        "is_wholly_known",
        "marks",
        "raw",
        "refinement",
        "type",
    )

    type: Type
    raw: Raw
    marks: Marks
    refinement: Refinement
    is_wholly_known: bool
    """True when neither the value nor anything in it is unknown."""
    contains_marked: bool
    """True when the value or anything in it is marked."""
    _hash: int | None

    def __init__(
        self,
        type: Type,
        raw: Raw,
        marks: Marks = _NO_MARKS,
        refinement: Refinement = NOTHING_KNOWN,
    ) -> None:
        """Trusts its arguments; use the constructors of ``mlctl.core.value``."""
        known = raw is not UNKNOWN
        marked = bool(marks)
        for member in _members(raw):
            known = known and member.is_wholly_known
            marked = marked or member.contains_marked
        _SET["type"](self, type)
        _SET["raw"](self, raw)
        _SET["marks"](self, marks)
        _SET["refinement"](self, refinement)
        _SET["is_wholly_known"](self, known)
        _SET["contains_marked"](self, marked)
        _SET["_hash"](self, None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"values are immutable: cannot set {name}")

    def __reduce__(self) -> tuple[object, ...]:
        return Value, (self.type, self.raw, self.marks, self.refinement)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Value):
            return NotImplemented
        return (
            self.type is other.type
            and self.raw == other.raw
            and self.marks == other.marks
            and self.refinement == other.refinement
        )

    def __hash__(self) -> int:
        if self._hash is None:
            raw = tuple(self.raw.items()) if isinstance(self.raw, dict) else self.raw
            _SET["_hash"](self, hash((id(self.type), raw, self.marks, self.refinement)))
        return cast(int, self._hash)

    def __repr__(self) -> str:
        # Sensitive payloads must not reach a log by way of a traceback or a failed assertion.
        if SENSITIVE in self.marks:
            return f"<{self.type.friendly_name} (sensitive value)>"
        marks = f" marks={sorted(map(repr, self.marks))}" if self.marks else ""
        known = "" if self.refinement == NOTHING_KNOWN else f" {self.refinement}"
        payload = "unknown" if self.raw is UNKNOWN else repr(self.raw)
        return f"<{self.type.friendly_name} {payload}{known}{marks}>"

    @property
    def is_known(self) -> bool:
        """True when the value itself is known, whatever is in it."""
        return self.raw is not UNKNOWN

    @property
    def is_null(self) -> bool:
        """True when the value is known to be null."""
        return self.raw is None

    @property
    def is_never_null(self) -> bool:
        """True when the value is not null, known or not."""
        return self.refinement.not_null if self.raw is UNKNOWN else self.raw is not None

    @property
    def is_any(self) -> bool:
        """True for an unknown value of unknown type, of which nothing at all can be said."""
        return self.raw is UNKNOWN and self.type is DYNAMIC

    def as_string(self) -> str:
        """The payload of a known string."""
        assert isinstance(self.raw, str)
        return self.raw

    def as_number(self) -> Number:
        """The payload of a known number."""
        assert isinstance(self.raw, (int, Decimal))
        assert not isinstance(self.raw, bool)
        return self.raw

    def as_bool(self) -> bool:
        """The payload of a known bool."""
        assert isinstance(self.raw, bool)
        return self.raw

    def elements(self) -> tuple[Value, ...]:
        """What a known list, set or tuple holds; of a map or an object, the values in key order."""
        if isinstance(self.raw, dict):
            return tuple(self.raw.values())
        assert isinstance(self.raw, tuple)
        return self.raw

    def entries(self) -> Mapping[str, Value]:
        """What a known map or object holds, sorted by key. Not to be changed."""
        assert isinstance(self.raw, dict)
        return self.raw

    def mark(self, *marks: Hashable) -> Value:
        """The same value with these marks as well."""
        return self.with_marks(frozenset(marks))

    def with_marks(self, marks: Iterable[Hashable]) -> Value:
        """The same value with these marks as well as its own."""
        wanted = self.marks.union(marks)
        if len(wanted) == len(self.marks):
            return self
        return Value(self.type, self.raw, wanted, self.refinement)

    def unmark(self) -> tuple[Value, Marks]:
        """The value without its own marks, and these; marks inside it stay."""
        if not self.marks:
            return self, _NO_MARKS
        return Value(self.type, self.raw, _NO_MARKS, self.refinement), self.marks

    def unmark_deep(self) -> tuple[Value, Marks]:
        """The value without any marks, and all of them."""
        if not self.contains_marked:
            return self, _NO_MARKS
        return _bare(self), self.marks_deep()

    def marks_deep(self) -> Marks:
        """The marks of the value and of everything inside it."""
        if not self.contains_marked:
            return _NO_MARKS
        return self.marks.union(*(m.marks_deep() for m in _members(self.raw) if m.contains_marked))


def _members(raw: Raw) -> Iterable[Value]:
    if isinstance(raw, tuple):
        return raw
    return raw.values() if isinstance(raw, dict) else ()


def _bare(value: Value) -> Value:
    if not value.contains_marked:
        return value
    raw = value.raw
    if isinstance(raw, tuple):
        return Value(value.type, tuple(_bare(member) for member in raw))
    if isinstance(raw, dict):
        return Value(value.type, {key: _bare(member) for key, member in raw.items()})
    return Value(value.type, raw, _NO_MARKS, value.refinement)


_SET = {name: Value.__dict__[name].__set__ for name in Value.__slots__}
