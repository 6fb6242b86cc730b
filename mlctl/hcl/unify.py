"""Which types convert to which, and the one type several may become: the rules of cty.

Types only; ``convert`` applies these rules to values. "Safe" conversions never fail
(number to string); "unsafe" ones may, and depend on the value (string to number).
The algorithms are cty's (zclconf/go-cty, cty/convert), so that a conditional or a list of mixed
elements gets the type it gets in Terraform.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from mlctl.core.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    CollectionType,
    ListType,
    MapType,
    ObjectType,
    Primitive,
    SetType,
    TupleType,
    Type,
    is_primitive,
)

_NO_RULE = Primitive("no rule")
"""Not a type: says that the general search decides."""


@lru_cache(maxsize=4096)
def convertible(source: Type, target: Type, *, unsafe: bool = True) -> bool:
    """True when values of one type may be converted to the other.

    With ``unsafe``, conversions that fail for some values count.
    """
    if source is target or target is DYNAMIC:
        return True
    if source is DYNAMIC:
        return unsafe
    if is_primitive(source) and is_primitive(target):
        return _primitive(source, target, unsafe=unsafe)
    if isinstance(target, ObjectType):
        return _to_object(source, target, unsafe=unsafe)
    if isinstance(target, TupleType):
        return isinstance(source, TupleType) and _pairwise(source, target, unsafe=unsafe)
    return isinstance(target, CollectionType) and _to_collection(source, target, unsafe=unsafe)


def unify(types: Sequence[Type], *, unsafe: bool = False) -> Type | None:
    """The type all of these convert to, as a conditional's arms or a list's elements must.

    A type among them that is not the result needs a conversion; for those the result ``any``
    says that nothing can be told before the unknown ones are known. With ``unsafe``, conversions
    that fail for some values are allowed.

    Returns:
        None when there is none, also of no types at all.
    """
    if not types:
        return None
    special = _unified_kinds(types, unsafe)
    if special is not _NO_RULE:
        return special
    return next((types[i] for i in _preferred(types) if _all_become(types, types[i], unsafe)), None)


def element_types(t: TupleType | ObjectType) -> tuple[Type, ...]:
    """The types of what a structural type holds, in its order."""
    return t.elements if isinstance(t, TupleType) else tuple(t.attributes.values())


def common_element(
    source: TupleType | ObjectType, target: CollectionType, *, unsafe: bool
) -> Type | None:
    """What the elements become when a tuple or an object becomes a collection.

    Returns:
        None when ``any`` is asked for and they have no type in common.
    """
    if target.element is not DYNAMIC:
        return target.element
    members = element_types(source)
    unified = unify(members, unsafe=unsafe)
    mixed = unified is DYNAMIC and any(m is not DYNAMIC for m in members)
    return None if mixed and isinstance(source, TupleType) else unified


def _primitive(source: Type, target: Type, *, unsafe: bool) -> bool:
    if target is STRING:
        return True
    return unsafe and source is STRING and target in (NUMBER, BOOL)


def _to_object(source: Type, target: ObjectType, *, unsafe: bool) -> bool:
    if isinstance(source, ObjectType):
        return all(
            convertible(source.attributes[name], wanted, unsafe=unsafe)
            if name in source.attributes
            else name in target.optional
            for name, wanted in target.attributes.items()
        )
    if isinstance(source, MapType) and unsafe:
        return all(
            convertible(source.element, wanted, unsafe=True) or name in target.optional
            for name, wanted in target.attributes.items()
        )
    return False


def _pairwise(source: TupleType, target: TupleType, *, unsafe: bool) -> bool:
    return len(source.elements) == len(target.elements) and all(
        convertible(a, b, unsafe=unsafe)
        for a, b in zip(source.elements, target.elements, strict=True)
    )


def _to_collection(source: Type, target: CollectionType, *, unsafe: bool) -> bool:
    if isinstance(source, CollectionType):
        same_family = isinstance(source, MapType) == isinstance(target, MapType)
        # A list may hold the same element twice, so it only safely becomes a list.
        risky = isinstance(source, ListType) and isinstance(target, SetType)
        return (
            same_family
            and (unsafe or not risky)
            and convertible(source.element, target.element, unsafe=unsafe)
        )
    keyed = isinstance(target, MapType)
    if not isinstance(source, ObjectType if keyed else TupleType):
        return False
    assert isinstance(source, (ObjectType, TupleType))
    members = element_types(source)
    element = common_element(source, target, unsafe=unsafe) if members else DYNAMIC
    return element is not None and all(convertible(m, element, unsafe=unsafe) for m in members)


def _unified_kinds(types: Sequence[Type], unsafe: bool) -> Type | None:
    """The result for a mixture of these kinds of types; ``_NO_RULE`` where nothing is special."""
    kinds = {type(t) for t in types if t is not DYNAMIC}
    if kinds >= {ObjectType, TupleType}:
        return None
    if len(kinds) == 1 and Primitive not in kinds:
        return _unified_alike(types, unsafe)
    if kinds == {MapType, ObjectType}:
        return _unified_as(types, MapType, ObjectType, unsafe) or _NO_RULE
    if kinds == {ListType, TupleType}:
        return _unified_as(types, ListType, TupleType, unsafe) or _NO_RULE
    return _NO_RULE


def _unified_alike(types: Sequence[Type], unsafe: bool) -> Type | None:
    if DYNAMIC in types:
        return DYNAMIC
    first = types[0]
    if isinstance(first, CollectionType):
        return _unified_collections(types, type(first), unsafe)
    together = _unified_objects if isinstance(first, ObjectType) else _unified_tuples
    collection: type[CollectionType] = MapType if isinstance(first, ObjectType) else ListType
    return together(types, unsafe, lambda: _gathered(types, collection, unsafe))


def _unified_collections(
    types: Sequence[Type], kind: type[CollectionType], unsafe: bool
) -> Type | None:
    element = unify([t.element for t in types if isinstance(t, CollectionType)], unsafe=unsafe)
    return None if element is None else _if_all_become(types, kind(element), unsafe)


def _unified_objects(
    types: Sequence[Type], unsafe: bool, otherwise: Callable[[], Type | None]
) -> Type | None:
    objects = [t for t in types if isinstance(t, ObjectType)]
    names = objects[0].attributes.keys()
    if any(t.attributes.keys() != names for t in objects):
        return otherwise()
    unified: dict[str, Type] = {}
    for name in names:
        attribute = unify([t.attributes[name] for t in objects], unsafe=unsafe)
        if attribute is None:
            return None
        unified[name] = attribute
    return _if_all_become(types, ObjectType(unified), unsafe) or otherwise()


def _unified_tuples(
    types: Sequence[Type], unsafe: bool, otherwise: Callable[[], Type | None]
) -> Type | None:
    tuples = [t.elements for t in types if isinstance(t, TupleType)]
    if len({len(elements) for elements in tuples}) > 1:
        return otherwise()
    unified: list[Type] = []
    for across in zip(*tuples, strict=True):
        element = unify(across, unsafe=unsafe)
        if element is None:
            return None
        unified.append(element)
    return _if_all_become(types, TupleType(unified), unsafe) or otherwise()


def _unified_as(
    types: Sequence[Type],
    collection: type[CollectionType],
    structural: type[Type],
    unsafe: bool,
) -> Type | None:
    """Maps among objects make maps of them all, lists among tuples lists."""
    gathered = _gathered([t for t in types if isinstance(t, structural)], collection, unsafe)
    if gathered is None:
        return None
    unified = unify([gathered if isinstance(t, structural) else t for t in types], unsafe=unsafe)
    return unified if isinstance(unified, collection) else None


def _gathered(types: Sequence[Type], collection: type[CollectionType], unsafe: bool) -> Type | None:
    members = [m for t in types if isinstance(t, (ObjectType, TupleType)) for m in element_types(t)]
    element = unify(members, unsafe=unsafe)
    return None if element is None else _if_all_become(types, collection(element), unsafe)


def _if_all_become(types: Sequence[Type], target: Type, unsafe: bool) -> Type | None:
    return target if _all_become(types, target, unsafe) else None


def _all_become(types: Sequence[Type], target: Type, unsafe: bool) -> bool:
    return all(convertible(t, target, unsafe=unsafe) for t in types)


def _preferred(types: Sequence[Type]) -> list[int]:
    """Indices of the types, a more general one before those it generalises, else as given."""
    count = len(types)
    after: list[list[int]] = [[] for _ in types]
    waiting = [0] * count
    for i in range(count):
        for j in range(i + 1, count):
            order = _generality(types[i], types[j])
            if order:
                first, second = (i, j) if order < 0 else (j, i)
                after[first].append(second)
                waiting[second] += 1
    queue = [i for i in range(count) if waiting[i] == 0]
    for i in queue:
        for j in after[i]:
            waiting[j] -= 1
            if waiting[j] == 0:
                queue.append(j)
    return queue


def _generality(a: Type, b: Type) -> int:
    """Negative when ``a`` is the more general type, positive when ``b`` is, 0 when neither."""
    if a is DYNAMIC or b is DYNAMIC:
        return (a is DYNAMIC) - (b is DYNAMIC)
    if STRING in (a, b) and is_primitive(a) and is_primitive(b):
        return (b is STRING) - (a is STRING)
    if isinstance(a, CollectionType) and type(a) is type(b) and isinstance(b, CollectionType):
        return _generality(a.element, b.element)
    if type(a) is type(b):
        return _overall(_members_compared(a, b))
    return _between_kinds(a, b)


def _between_kinds(a: Type, b: Type) -> int:
    """A list is more general than a set or a tuple, a tuple than a set, a map than an object."""
    ranks = (ListType, TupleType, SetType), (MapType, ObjectType)
    for rank in ranks:
        if isinstance(a, rank) and isinstance(b, rank):
            return _position(a, rank) - _position(b, rank)
    return 0


def _position(t: Type, rank: Sequence[type[Type]]) -> int:
    return next(i for i, kind in enumerate(rank) if isinstance(t, kind))


def _members_compared(a: Type, b: Type) -> list[int]:
    if isinstance(a, ObjectType) and isinstance(b, ObjectType):
        if a.attributes.keys() != b.attributes.keys():
            return []
        return [_generality(t, b.attributes[name]) for name, t in a.attributes.items()]
    if isinstance(a, TupleType) and isinstance(b, TupleType):
        if len(a.elements) != len(b.elements):
            return []
        return [_generality(x, y) for x, y in zip(a.elements, b.elements, strict=True)]
    return []


def _overall(compared: Sequence[int]) -> int:
    a_more, b_more = any(c < 0 for c in compared), any(c > 0 for c in compared)
    return b_more - a_more
