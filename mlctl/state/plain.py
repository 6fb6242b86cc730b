"""Frozen dataclasses to plain data and back, by their annotations. Knows no class by name.

The journal and the state file hold records of many types; spelling each out by hand would be
twenty chances to forget a field. A field that still has its default is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from mlctl.core.address import Address
from mlctl.core.digest import Json

T = TypeVar("T")

Encode = Callable[[object], Json]
Decode = Callable[[Json], object]


@dataclass(frozen=True, slots=True)
class Spelling:
    """How values of one type are written and read.

    Reading raises ``ValueError``, ``TypeError`` or ``KeyError`` where the data does not fit.
    """

    encode: Encode
    decode: Decode


def to_plain(record: object) -> dict[str, Json]:
    """The fields of a dataclass in plain data."""
    return cast(dict[str, Json], spelling(cast(Hashable, type(record))).encode(record))


def from_plain(kind: type[T], raw: Json) -> T:
    """The inverse of ``to_plain``.

    Raises:
        ValueError: ``raw`` does not spell a ``kind``.
    """
    try:
        return cast(T, spelling(cast(Hashable, kind)).decode(raw))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a {kind.__name__}: {error!r}") from error


@cache
def spelling(annotation: Hashable) -> Spelling:
    """How values of this annotation are written.

    Raises:
        TypeError: It has no spelling: a bug in the class that uses it.
    """
    if annotation is Address:
        return Spelling(str, lambda raw: Address.parse(_text(raw)))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Spelling(lambda value: cast(Enum, value).value, annotation)
    if isinstance(annotation, type) and is_dataclass(annotation):
        return _dataclass_spelling(annotation)
    if annotation in _SCALARS or isinstance(annotation, NewType):
        return _scalar(annotation)
    return _composite(annotation)


def _composite(annotation: object) -> Spelling:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _union(arguments)
    if origin is tuple:
        return _tuple(spelling(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(spelling(arguments[1]))
    raise TypeError(f"no spelling for {annotation!r}")


_SCALARS: Mapping[object, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (float, int),
    bool: (bool,),
}


def _scalar(annotation: object) -> Spelling:
    expected = _SCALARS.get(annotation, (str,))

    def decode(raw: Json) -> object:
        if not isinstance(raw, expected) or (isinstance(raw, bool) and expected != (bool,)):
            raise ValueError(f"expected {expected[0].__name__}, found {raw!r}")
        return raw

    return Spelling(lambda value: cast(Json, value), decode)


def _union(arguments: tuple[object, ...]) -> Spelling:
    members = [member for member in arguments if member is not NoneType]
    if len(members) > 1:
        # Only Json is such a union here: plain data already.
        return Spelling(lambda value: cast(Json, value), lambda raw: raw)
    inner = spelling(members[0])
    return Spelling(
        lambda value: None if value is None else inner.encode(value),
        lambda raw: None if raw is None else inner.decode(raw),
    )


def _tuple(inner: Spelling) -> Spelling:
    def encode(value: object) -> Json:
        return [inner.encode(member) for member in cast(Sequence[object], value)]

    def decode(raw: Json) -> object:
        if not isinstance(raw, list):
            raise ValueError(f"expected a list, found {raw!r}")
        return tuple(inner.decode(member) for member in raw)

    return Spelling(encode, decode)


def _mapping(inner: Spelling) -> Spelling:
    def encode(value: object) -> Json:
        items = cast(Mapping[str, object], value).items()
        return {str(name): inner.encode(member) for name, member in items}

    def decode(raw: Json) -> object:
        return {name: inner.decode(member) for name, member in _object(raw).items()}

    return Spelling(encode, decode)


def _dataclass_spelling(kind: type) -> Spelling:
    hints = get_type_hints(kind)
    own = {f.name: (f, spelling(hints[f.name])) for f in fields(kind) if f.init}

    def encode(value: object) -> Json:
        plain: dict[str, Json] = {}
        for name, (declared, inner) in own.items():
            member = getattr(value, name)
            if not _is_default(declared, member):
                plain[name] = inner.encode(member)
        return plain

    def decode(raw: Json) -> object:
        given = _object(raw)
        known = {name: own[name][1].decode(member) for name, member in given.items() if name in own}
        return kind(**known)

    return Spelling(encode, decode)


def _is_default(declared: Field[object], member: object) -> bool:
    if declared.default is not MISSING:
        # 1 and True and 1.0 are equal in Python and different in JSON.
        return type(member) is type(declared.default) and member == declared.default
    return declared.default_factory is not MISSING and not member and member is not None


def _object(raw: Json) -> Mapping[str, Json]:
    if not isinstance(raw, Mapping):
        raise ValueError(f"expected an object, found {raw!r}")
    return raw


def _text(raw: Json) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"expected a text, found {raw!r}")
    return raw
