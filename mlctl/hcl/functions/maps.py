"""Functions of maps and objects: keys lookup matchkeys merge transpose values zipmap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlctl.core.types import (
    DYNAMIC,
    EMPTY_OBJECT,
    STRING,
    ListType,
    MapType,
    ObjectType,
    TupleType,
    Type,
    is_keyed,
)
from mlctl.core.value import (
    NOTHING_KNOWN,
    SENSITIVE,
    TRUE,
    Marks,
    Value,
    list_of,
    map_of,
    object_of,
    string,
    tuple_of,
    unknown,
)
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.equality import equals
from mlctl.hcl.functions.go_quote import quote
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function, marks_of
from mlctl.hcl.unify import convertible, unify

_LISTS_BY_KEY = MapType(ListType(STRING))


def _keys_type(args: Sequence[Value]) -> Type:
    t = args[0].type
    if isinstance(t, MapType):
        return ListType(STRING)
    if isinstance(t, ObjectType):
        return TupleType([STRING] * len(t.attributes))
    raise FunctionError("must have map or object type", 0)


@function(
    "keys",
    "The keys of a map, sorted.",
    Parameter("inputMap", DYNAMIC, allow_unknown=True, allow_marked=True),
    returns=_keys_type,
)
def _keys(mapping: Value, wanted: Type) -> Value:
    bare, marks = mapping.unmark()
    if isinstance(bare.type, ObjectType):
        return tuple_of(map(string, bare.type.attributes)).with_marks(marks)
    if not bare.is_known:
        return unknown(wanted).with_marks(marks)
    return list_of(map(string, bare.entries()), STRING).with_marks(marks)


def _lookup_type(args: Sequence[Value]) -> Type:
    if len(args) > 3:
        raise FunctionError(f"lookup() takes two or three arguments, got {len(args)}")
    t = args[0].type
    if isinstance(t, ObjectType):
        return _attribute_type(t, args)
    if not isinstance(t, MapType):
        raise FunctionError("lookup() requires a map as the first argument", 0)
    if len(args) == 3:
        _default(args[2], t.element)
    return t.element


@function(
    "lookup",
    "What a map holds under a key, or a default.",
    Parameter("inputMap", DYNAMIC, allow_unknown=True, allow_marked=True),
    Parameter("key", STRING, allow_unknown=True, allow_marked=True),
    variadic=Parameter(
        "default",
        DYNAMIC,
        allow_null=True,
        allow_unknown=True,
        allow_marked=True,
        allow_dynamic=True,
    ),
    returns=_lookup_type,
    refinement=NOTHING_KNOWN,
)
def _lookup(mapping: Value, key: Value, *default: Value, wanted: Type) -> Value:
    (bare, map_marks), (name, key_marks) = mapping.unmark(), key.unmark()
    marks = map_marks | key_marks
    if not (bare.is_known and name.is_known):
        return unknown(wanted).with_marks(marks_of((mapping, key, *default)))
    found = bare.entries().get(name.as_string())
    if found is not None:
        return found.with_marks(marks)
    if default:
        return _default(default[0], wanted).with_marks(marks)
    shown = redacted(name.as_string(), key_marks)
    raise FunctionError(f"lookup failed to find key {shown}")


def _matched_type(args: Sequence[Value]) -> Type:
    if unify([args[1].type, args[2].type], unsafe=True) is None:
        raise FunctionError("keys and searchset must be of the same type")
    return args[0].type


@function(
    "matchkeys",
    "The values whose keys, at the same index, are in a set.",
    Parameter("values", ListType(DYNAMIC)),
    Parameter("keys", ListType(DYNAMIC)),
    Parameter("searchset", ListType(DYNAMIC)),
    returns=_matched_type,
)
def _matchkeys(values: Value, keys: Value, searchset: Value, wanted: Type) -> Value:
    assert isinstance(wanted, ListType)
    if len(values.elements()) != len(keys.elements()):
        raise FunctionError("length of keys and values should be equal")
    common = unify([keys.type, searchset.type], unsafe=True)
    assert common is not None
    sought = convert(searchset, common).elements()
    if sought and not (values.is_wholly_known and keys.is_wholly_known):
        return unknown(wanted)
    pairs = zip(values.elements(), convert(keys, common).elements(), strict=True)
    kept: list[Value] = []
    for value, key in pairs:
        answers = [equals(key, s) for s in sought]
        if any(answer is TRUE for answer in answers):
            kept.append(value)
        elif not all(answer.is_known for answer in answers):
            return list_of((), wanted.element)
    return list_of(kept, wanted.element)


def _merged_type(args: Sequence[Value]) -> Type:
    attributes: dict[str, Type] = {}
    types: set[Type] = set()
    complete = True
    for value in args:
        t = value.type
        if t is DYNAMIC:
            return DYNAMIC
        if not is_keyed(t):
            # The quotes are Terraform's own.
            raise FunctionError(f'arguments must be maps or objects, got "{t.friendly_name}"')
        attributes |= _attribute_types(value)
        complete = complete and (value.is_known or isinstance(t, ObjectType))
        types.add(EMPTY_OBJECT if value.is_null and isinstance(t, ObjectType) else t)
    if len(types) == 1:
        return types.pop()
    return ObjectType(attributes) if complete else DYNAMIC


@function(
    "merge",
    "The entries of several maps; the last one that has a key counts.",
    variadic=Parameter("maps", DYNAMIC, allow_null=True, allow_marked=True, allow_dynamic=True),
    returns=_merged_type,
)
def _merge(*maps: Value, wanted: Type) -> Value:
    entries: dict[str, Value] = {}
    marks: Marks = frozenset()
    for mapping in maps:
        bare, own = mapping.unmark()
        marks |= own
        if not bare.is_null:
            entries |= bare.entries()
    if isinstance(wanted, MapType):
        return map_of(entries, wanted.element).with_marks(marks)
    return object_of(entries).with_marks(marks)


@function(
    "transpose",
    "A map of lists turned around: under each element the keys of the lists it was in.",
    Parameter("values", _LISTS_BY_KEY),
    returns=_LISTS_BY_KEY,
)
def _transpose(mapping: Value) -> Value:
    if not mapping.is_wholly_known:
        return unknown(_LISTS_BY_KEY)
    turned: dict[str, list[str]] = {}
    for key, items in mapping.entries().items():
        for name in _names(items):
            turned.setdefault(name, []).append(key)
    lists = {name: list_of(map(string, sorted(keys)), STRING) for name, keys in turned.items()}
    return map_of(lists, ListType(STRING))


def _values_type(args: Sequence[Value]) -> Type:
    t = args[0].type
    if isinstance(t, MapType):
        return ListType(t.element)
    if isinstance(t, ObjectType):
        return TupleType(t.attributes.values())
    raise FunctionError("values() requires a map as the first argument")


@function(
    "values",
    "The values of a map, in the order of their keys.",
    Parameter("mapping", DYNAMIC, allow_marked=True),
    returns=_values_type,
)
def _values(mapping: Value, wanted: Type) -> Value:
    bare, marks = mapping.unmark()
    if isinstance(wanted, ListType):
        return list_of(bare.elements(), wanted.element).with_marks(marks)
    return tuple_of(bare.elements()).with_marks(marks)


def _zipped_type(args: Sequence[Value]) -> Type:
    keys, values = args
    if isinstance(values.type, ListType):
        return MapType(values.type.element)
    if not isinstance(values.type, TupleType):
        raise FunctionError("values argument must be a list or tuple value")
    if not keys.is_wholly_known:
        return DYNAMIC
    types = values.type.elements
    names = [key.unmark()[0] for key in keys.unmark()[0].elements()]
    _check_counts(len(names), len(types))
    for i, name in enumerate(names):
        if name.is_null:
            raise FunctionError(f"keys list has null value at index {i}")
    return ObjectType({k.as_string(): t for k, t in zip(names, types, strict=True)})


@function(
    "zipmap",
    "A map of a list of keys and a list of values.",
    Parameter("keys", ListType(STRING), allow_marked=True),
    Parameter("values", DYNAMIC, allow_marked=True),
    returns=_zipped_type,
)
def _zipmap(keys: Value, values: Value, wanted: Type) -> Value:
    (names, key_marks), (bare, value_marks) = keys.unmark(), values.unmark()
    marks = key_marks | value_marks
    if not names.is_wholly_known:
        return unknown(wanted).with_marks(marks_of((keys, values)))
    _check_counts(len(names.elements()), len(bare.elements()))
    entries: dict[str, Value] = {}
    for i, (key, value) in enumerate(zip(names.elements(), bare.elements(), strict=True)):
        name, own = key.unmark()
        if name.is_null:
            raise FunctionError(f"keys list has null value at index {i}")
        entries[name.as_string()] = value
        marks |= own
    if isinstance(wanted, MapType):
        return map_of(entries, wanted.element).with_marks(marks)
    return object_of(entries).with_marks(marks)


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (_keys, _lookup, _matchkeys, _merge, _transpose, _values, _zipmap)


def redacted(text: str, marks: Marks) -> str:
    """The text in quotes for a message, or what stands in place of a secret one."""
    return "(sensitive value)" if SENSITIVE in marks else quote(text)


def _attribute_type(t: ObjectType, args: Sequence[Value]) -> Type:
    name = args[1].unmark()[0]
    if not name.is_known:
        return DYNAMIC
    key = name.as_string()
    if key in t.attributes:
        return t.attributes[key]
    if len(args) == 3:
        return args[2].type
    shown = redacted(key, args[1].marks)
    raise FunctionError(f"the given object has no attribute {shown}", 0)


def _default(value: Value, wanted: Type) -> Value:
    trouble = "the default value must have the same type as the map elements"
    if not convertible(value.type, wanted):
        raise FunctionError(trouble, 2)
    try:
        return convert(value, wanted)
    except ConversionError as error:
        raise FunctionError(trouble, 2) from error


def _attribute_types(value: Value) -> dict[str, Type]:
    if value.is_null:
        return {}
    if isinstance(value.type, ObjectType):
        return dict(value.type.attributes)
    assert isinstance(value.type, MapType)
    return dict.fromkeys(value.entries(), value.type.element) if value.is_known else {}


def _names(items: Value) -> Iterable[str]:
    if items.is_null:
        raise FunctionError("input must not contain null list")
    for item in items.elements():
        if item.is_null:
            raise FunctionError("input list must not contain null string")
        yield item.as_string()


def _check_counts(keys: int, values: int) -> None:
    if keys != values:
        raise FunctionError(f"number of keys ({keys}) does not match number of values ({values})")
