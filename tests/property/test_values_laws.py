"""Laws of values, conversion, operators and functions."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from mlctl.core.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    type_from_json,
)
from mlctl.core.value import (
    Value,
    from_plain,
    list_of,
    number,
    number_text,
    parse_number,
    set_of,
    string,
    to_plain,
    unknown,
)
from mlctl.core.value_number import Number, add, divide, exact, modulo, multiply, negate, subtract
from mlctl.hcl import operators
from mlctl.hcl.convert import convert
from mlctl.hcl.functions import table
from mlctl.hcl.unify import convertible, unify

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
whole = st.integers(-(10**40), 10**40)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=12).map(exact)
numbers: st.SearchStrategy[Number] = st.one_of(whole, decimals)
scalars = st.one_of(st.none(), st.booleans(), texts, numbers)
plains = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
types = st.recursive(
    st.sampled_from([STRING, NUMBER, BOOL]),
    lambda inner: st.one_of(
        inner.map(ListType),
        inner.map(SetType),
        inner.map(MapType),
        st.lists(inner, max_size=3).map(TupleType),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(ObjectType),
    ),
    max_leaves=6,
)
FUNCTIONS = table()


@given(numbers)
def test_the_text_of_a_number_reads_back_as_the_number(n: Number) -> None:
    assert parse_number(number_text(n)) == n


@given(numbers, numbers)
def test_sums_and_products_do_not_depend_on_the_order(a: Number, b: Number) -> None:
    assert add(a, b) == add(b, a)
    assert multiply(a, b) == multiply(b, a)
    assert subtract(a, b) == negate(subtract(b, a))


@given(whole, whole)
def test_whole_numbers_are_exact(a: int, b: int) -> None:
    assert add(a, b) == a + b
    assert multiply(a, b) == a * b


@given(whole, whole)
def test_quotient_and_rest_make_the_number(a: int, b: int) -> None:
    assume(b != 0)
    rest = modulo(a, b)

    assert isinstance(rest, int)
    assert (a - rest) % b == 0
    assert abs(rest) < abs(b)
    assert divide(multiply(a, b), b) == a


@given(plains)
def test_plain_python_survives_being_a_value(plain: object) -> None:
    value = from_plain(plain)

    assert from_plain(to_plain(value)) == value


@given(types)
def test_types_survive_their_json(t: Type) -> None:
    assert type_from_json(t.to_json()) is t


@given(st.lists(texts, max_size=8))
def test_a_set_depends_on_neither_order_nor_repetition(members: list[str]) -> None:
    values = [string(m) for m in members]

    assert set_of([*values, *reversed(values)], STRING) == set_of(values, STRING)
    assert [v.as_string() for v in set_of(values, STRING).elements()] == sorted(
        {v.as_string() for v in values}
    )


@given(st.lists(types, min_size=1, max_size=4), st.booleans())
def test_all_types_convert_to_what_they_unify_to(members: list[Type], unsafe: bool) -> None:
    target = unify(members, unsafe=unsafe)

    assert target is None or all(convertible(t, target, unsafe=unsafe) for t in members)


@given(types)
def test_unknown_values_convert_to_unknown_values_of_the_type(t: Type) -> None:
    assert convertible(t, of_strings(t), unsafe=False)
    assert convert(unknown(t), of_strings(t)).type is of_strings(t)


def of_strings(t: Type) -> Type:
    """The type with string in place of every other primitive one."""
    match t:
        case ListType() | SetType() | MapType():
            return type(t)(of_strings(t.element))
        case TupleType():
            return TupleType(map(of_strings, t.elements))
        case ObjectType():
            return ObjectType({name: of_strings(a) for name, a in t.attributes.items()})
        case _:
            return STRING


@given(plains)
def test_a_value_converts_to_its_own_type_unchanged(plain: object) -> None:
    value = from_plain(plain)

    assert convert(value, value.type) is value
    assert convert(value, DYNAMIC) is value


@given(numbers, numbers)
def test_marks_of_operands_are_on_every_result(a: Number, b: Number) -> None:
    x, y = number(a).mark("x"), number(b).mark("y")

    for operator in (
        operators.add,
        operators.multiply,
        operators.equal,
        operators.less,
        operators.greater_equal,
    ):
        assert operator(x, y).marks == {"x", "y"}


@given(numbers)
def test_an_operand_that_is_not_known_leaves_the_type_known(n: Number) -> None:
    later = operators.add(number(n), unknown(NUMBER))

    assert later.type is NUMBER
    assert later.is_never_null


@given(plains)
def test_json_reads_back_as_it_was_written(plain: object) -> None:
    value = from_plain(plain)

    written = FUNCTIONS["jsonencode"].call([value])

    assert FUNCTIONS["jsondecode"].call([written]) == value


@given(plains)
def test_yaml_reads_back_as_it_was_written(plain: object) -> None:
    value = from_plain(plain)

    written = FUNCTIONS["yamlencode"].call([value])

    assert FUNCTIONS["yamldecode"].call([written]) == value


@given(texts, texts.filter(bool))
def test_joining_what_was_split_gives_the_string(text: str, separator: str) -> None:
    pieces = FUNCTIONS["split"].call([string(separator), string(text)])

    assert FUNCTIONS["join"].call([string(separator), pieces]) == string(text)


@given(st.lists(texts, max_size=6))
def test_secrets_in_a_list_stay_secret_in_what_is_made_of_it(members: list[str]) -> None:
    secret = list_of([string(m).mark("sensitive") for m in members], STRING)
    assume(members)

    for name in ("sort", "jsonencode", "compact", "flatten", "distinct", "toset", "reverse"):
        assert "sensitive" in FUNCTIONS[name].call([secret]).marks_deep(), name


@given(texts, st.integers(-15, 15), st.integers(-1, 15))
def test_a_part_of_a_string_is_in_the_string(text: str, offset: int, length: int) -> None:
    part = FUNCTIONS["substr"].call([string(text), number(offset), number(length)])

    assert part.as_string() in string(text).as_string()


@given(st.decimals(min_value=-1000, max_value=1000, places=6))
def test_rounding_stays_next_to_the_number(n: Decimal) -> None:
    low, high = (_of(name, number(n)) for name in ("floor", "ceil"))

    assert low <= n <= high
    assert high - low in (0, 1)


def _of(name: str, argument: Value) -> Number:
    return FUNCTIONS[name].call([argument]).as_number()
