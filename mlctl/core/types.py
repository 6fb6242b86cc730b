"""Types of the language: what cty has, and nothing of values.

Every type is interned: two types that say the same are the same object, so ``is`` and ``==``
agree and both cost nothing. Names and JSON form are cty's (zclconf/go-cty, docs/types.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias, TypeGuard, TypeVar, cast

TypeJson: TypeAlias = "str | list[object]"
"""cty's JSON form of a type: ``"string"``, ``["list", "string"]``, ``["object", {...}]``."""

_T = TypeVar("_T", bound="Type")
_interned: dict[object, Type] = {}


class Type:
    """A type. Make one by the constants and the constructors below; compare with ``is`` or ``==``.

    Attributes:
        has_dynamic: True when ``any`` stands in it somewhere, so that it is not yet one type.
        has_optional: True when an object in it has optional attributes: such a type is only a
            constraint and never the type of a value.
    """

    __slots__ = ("__weakref__", "has_dynamic", "has_optional")

    has_dynamic: bool
    has_optional: bool

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"types are immutable: cannot set {name}")

    def __copy__(self: _T) -> _T:
        return self

    def __deepcopy__(self: _T, memo: object) -> _T:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return type_from_json, (self.to_json(),)

    def __repr__(self) -> str:
        return f"<type {type_string(self)}>"

    @property
    def friendly_name(self) -> str:
        """What people call it, as Terraform's messages do: ``list of string``, ``object``."""
        return _friendly(self, "dynamic")

    @property
    def friendly_constraint(self) -> str:
        """The same where it is asked for rather than found: ``any type``."""
        return "any type" if self is DYNAMIC else _friendly(self, "any single type")

    def to_json(self) -> TypeJson:
        """The JSON form of cty, which :func:`type_from_json` reads."""
        match self:
            case Primitive():
                return self.name
            case ListType() | SetType() | MapType():
                return [self.kind, self.element.to_json()]
            case TupleType():
                return ["tuple", [element.to_json() for element in self.elements]]
            case _:
                return _object_json(cast(ObjectType, self))


class Primitive(Type):
    """``string``, ``number``, ``bool``, and ``dynamic``: a type nobody knows yet."""

    __slots__ = ("name",)

    name: str

    def __new__(cls, name: str) -> Primitive:
        """The one primitive of that name."""
        return _intern(cls, name, {"name": name}, dynamic=name == "dynamic", optional=False)


class CollectionType(Type):
    """A list, a set or a map: any number of elements of one type."""

    __slots__ = ("element",)

    kind = ""
    element: Type

    def __new__(cls: type[_T], element: Type) -> _T:
        """The one collection type of this kind with that element type."""
        return _intern(
            cls,
            element,
            {"element": element},
            dynamic=element.has_dynamic,
            optional=element.has_optional,
        )


class ListType(CollectionType):
    """Elements in order."""

    __slots__ = ()
    kind = "list"


class SetType(CollectionType):
    """Elements without order and without repetition."""

    __slots__ = ()
    kind = "set"


class MapType(CollectionType):
    """Elements by name."""

    __slots__ = ()
    kind = "map"


class TupleType(Type):
    """A fixed number of elements, each of its own type."""

    __slots__ = ("elements",)

    elements: tuple[Type, ...]

    def __new__(cls, elements: Iterable[Type]) -> TupleType:
        """The one tuple type with those element types."""
        members = tuple(elements)
        return _intern(
            cls,
            members,
            {"elements": members},
            dynamic=any(m.has_dynamic for m in members),
            optional=any(m.has_optional for m in members),
        )


class ObjectType(Type):
    """Named attributes, each of its own type, sorted by name.

    Attributes:
        optional: Names a value may lack, in a constraint; empty in the type of a value.
    """

    __slots__ = ("attributes", "optional")

    attributes: Mapping[str, Type]
    optional: frozenset[str]

    def __new__(
        cls, attributes: Mapping[str, Type], optional: Iterable[str] = frozenset()
    ) -> ObjectType:
        """The one object type with those attributes."""
        names = frozenset(optional)
        if not names <= attributes.keys():
            raise ValueError(f"optional but not attributes: {sorted(names - attributes.keys())}")
        items = tuple(sorted(attributes.items()))
        return _intern(
            cls,
            (items, names),
            {"attributes": MappingProxyType(dict(items)), "optional": names},
            dynamic=any(t.has_dynamic for _, t in items),
            optional=bool(names) or any(t.has_optional for _, t in items),
        )


def is_primitive(t: Type) -> TypeGuard[Primitive]:
    """True for string, number and bool, not for dynamic."""
    return isinstance(t, Primitive) and t is not DYNAMIC


def is_structural(t: Type) -> TypeGuard[TupleType | ObjectType]:
    """True for tuples and objects."""
    return isinstance(t, (TupleType, ObjectType))


def is_sequence(t: Type) -> TypeGuard[ListType | SetType | TupleType]:
    """True where a value holds elements without names."""
    return isinstance(t, (ListType, SetType, TupleType))


def is_keyed(t: Type) -> TypeGuard[MapType | ObjectType]:
    """True where a value holds elements by name."""
    return isinstance(t, (MapType, ObjectType))


def without_optional(t: Type) -> Type:
    """The type a value has that meets this constraint: the same, all attributes required."""
    if not t.has_optional:
        return t
    match t:
        case ListType() | SetType() | MapType():
            return type(t)(without_optional(t.element))
        case TupleType():
            return TupleType(without_optional(element) for element in t.elements)
        case _:
            attributes = cast(ObjectType, t).attributes
            return ObjectType({name: without_optional(a) for name, a in attributes.items()})


def _object_json(t: ObjectType) -> TypeJson:
    attributes = {name: a.to_json() for name, a in t.attributes.items()}
    optional: list[object] = [sorted(t.optional)] if t.optional else []
    return ["object", attributes, *optional]


def conforms(t: Type, wanted: Type) -> bool:
    """True when the type is what is wanted, counting ``any`` in what is wanted as anything."""
    if wanted is DYNAMIC or t is wanted:
        return True
    match t, wanted:
        case (CollectionType(), CollectionType()) if type(t) is type(wanted):
            return conforms(t.element, wanted.element)
        case (TupleType(), TupleType()) if len(t.elements) == len(wanted.elements):
            return all(map(conforms, t.elements, wanted.elements))
        case (ObjectType(), ObjectType()) if t.attributes.keys() == wanted.attributes.keys():
            pairs = zip(t.attributes.values(), wanted.attributes.values(), strict=True)
            return all(conforms(x, y) for x, y in pairs)
        case _:
            return False


def type_from_json(written: object) -> Type:
    """Read cty's JSON form of a type.

    Raises:
        ValueError: It is not one.
    """
    match written:
        case "string" | "number" | "bool" | "dynamic":
            return Primitive(written)
        case ["list" | "set" | "map" as kind, element]:
            return _COLLECTIONS[kind](type_from_json(element))
        case ["tuple", [*elements]]:
            return TupleType(type_from_json(element) for element in elements)
        case ["object", dict(attributes)]:
            return ObjectType({n: type_from_json(t) for n, t in attributes.items()})
        case ["object", dict(attributes), [*optional]]:
            names = {n: type_from_json(t) for n, t in attributes.items()}
            return ObjectType(names, map(str, optional))
        case _:
            raise ValueError(f"not a type: {written!r}")


def type_string(t: Type) -> str:
    """The type as it is written in a configuration: ``list(object({a=string}))``."""
    match t:
        case ListType() | SetType() | MapType():
            return f"{t.kind}({type_string(t.element)})"
        case TupleType():
            return f"tuple([{','.join(map(type_string, t.elements))}])"
        case ObjectType():
            return f"object({{{','.join(_attribute_string(t, name) for name in t.attributes)}}})"
        case _:
            return "any" if t is DYNAMIC else cast(Primitive, t).name


def _attribute_string(t: ObjectType, name: str) -> str:
    text = type_string(t.attributes[name])
    is_identifier = name[:1] != "-" and name.replace("-", "_").isidentifier()
    written = name if is_identifier else json.dumps(name, ensure_ascii=False)
    return f"{written}=optional({text})" if name in t.optional else f"{written}={text}"


def _friendly(t: Type, dynamic: str) -> str:
    match t:
        case ListType() | SetType() | MapType():
            return f"{t.kind} of {_friendly(t.element, dynamic)}"
        case TupleType():
            return "tuple"
        case ObjectType():
            return "object"
        case _:
            return dynamic if t is DYNAMIC else cast(Primitive, t).name


def _intern(
    cls: type[_T], key: object, fields: Mapping[str, object], *, dynamic: bool, optional: bool
) -> _T:
    found = _interned.get((cls, key))
    if found is None:
        made = object.__new__(cls)
        for name, value in fields.items():
            object.__setattr__(made, name, value)
        object.__setattr__(made, "has_dynamic", dynamic)
        object.__setattr__(made, "has_optional", optional)
        # setdefault, so that two threads that meet here still end with one object.
        found = _interned.setdefault((cls, key), made)
    return cast(_T, found)


STRING = Primitive("string")
NUMBER = Primitive("number")
BOOL = Primitive("bool")
DYNAMIC = Primitive("dynamic")
"""A type nobody knows yet; as a constraint, any type."""

EMPTY_OBJECT = ObjectType({})
EMPTY_TUPLE = TupleType(())

_COLLECTIONS: Mapping[object, type[ListType] | type[SetType] | type[MapType]] = {
    "list": ListType,
    "set": SetType,
    "map": MapType,
}
