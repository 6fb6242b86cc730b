"""The machinery around functions: arity, conversion, nulls, unknowns, marks, signatures."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mlctl.core.types import NUMBER, STRING, ListType, Type
from mlctl.core.value import (
    DYNAMIC_NULL,
    DYNAMIC_UNKNOWN,
    NOT_NULL,
    NOTHING_KNOWN,
    Value,
    from_plain,
    list_of,
    null,
    number,
    string,
    unknown,
)
from mlctl.hcl.functions import FunctionError, Parameter, table
from mlctl.hcl.functions.spec import anything, function


@function(
    "repeat",
    "A text, several times.",
    Parameter("text", STRING),
    Parameter("times", NUMBER),
    variadic=Parameter("more", STRING),
    returns=STRING,
)
def repeat(text: Value, times: Value, *more: Value) -> Value:
    if times.as_number() < 0:
        raise FunctionError("must not be negative", 1)
    if more and not more[0].as_string():
        raise FunctionError("nothing to add")
    tail = "".join(m.as_string() for m in more)
    return string(text.as_string() * int(times.as_number()) + tail)


def _same(args: Sequence[Value]) -> Type:
    return args[0].type


@function("echo", "The value itself.", anything("value"), returns=_same, refinement=NOTHING_KNOWN)
def echo(value: Value, wanted: Type) -> Value:
    assert value.type is wanted
    return value


def failure(args: Sequence[Value]) -> FunctionError:
    with pytest.raises(FunctionError) as caught:
        repeat.call(args)
    return caught.value


def test_arguments_are_converted_to_what_is_asked_for() -> None:
    assert repeat.call([number(1), string("3")]) == string("111")


def test_too_few_arguments_are_told_with_the_missing_parameter() -> None:
    error = failure([string("a")])

    assert error.summary == "Not enough function arguments"
    assert error.detail == (
        'Function "repeat" expects at least 2 argument(s). Missing value for "times".'
    )


def test_too_many_arguments_are_told_with_the_number() -> None:
    with pytest.raises(FunctionError) as caught:
        echo.call([string("a"), string("b")])

    assert caught.value.summary == "Too many function arguments"
    assert caught.value.detail == 'Function "echo" expects only 1 argument(s).'


def test_an_argument_that_does_not_convert_is_named() -> None:
    error = failure([string("a"), string("x")])

    assert error.argument == 1
    assert error.summary == "Invalid function argument"
    assert error.detail == 'Invalid value for "times" parameter: a number is required.'


def test_an_argument_the_body_refuses_is_named() -> None:
    assert failure([string("a"), number(-1)]).detail == (
        'Invalid value for "times" parameter: must not be negative.'
    )


def test_another_failure_names_the_function() -> None:
    error = failure([string("a"), number(1), string("")])

    assert error.argument is None
    assert error.detail == 'Call to function "repeat" failed: nothing to add.'


def test_null_is_refused_where_it_is_not_asked_for() -> None:
    assert failure([null(STRING), number(1)]).message == "argument must not be null"
    assert echo.call([DYNAMIC_NULL]) == DYNAMIC_NULL


def test_an_unknown_argument_makes_the_result_unknown_but_not_null() -> None:
    assert repeat.call([unknown(STRING), number(1)]) == unknown(STRING, NOT_NULL)
    assert repeat.call([string("a"), DYNAMIC_UNKNOWN]) == unknown(STRING, NOT_NULL)
    assert echo.call([unknown(STRING)]) == unknown(STRING)


def test_an_argument_of_unknown_type_makes_the_type_of_the_result_unknown() -> None:
    assert repeat.apply([string("a"), DYNAMIC_UNKNOWN.mark("m")]) == DYNAMIC_UNKNOWN.mark("m")


def test_marks_of_all_arguments_are_on_the_result() -> None:
    made = repeat.call([string("a").mark("x"), number(2), string("b").mark("y")])

    assert made == string("aab").mark("x", "y")
    assert repeat.call([unknown(STRING).mark("x"), number(2)]).marks == {"x"}


def test_deep_marks_are_taken_off_for_the_body_and_put_on_the_result() -> None:
    joined = table()["join"].call([string(","), list_of([string("a").mark("deep")])])

    assert joined == string("a").mark("deep")


def test_every_function_is_found_by_its_name_and_in_its_namespace() -> None:
    functions = table()

    assert {functions[name].name for name in functions if "::" not in name} == {
        name for name in functions if "::" not in name
    }
    assert functions["core::upper"] is functions["upper"]
    assert "bcrypt" not in functions
    assert functions.get("nope") is None


def test_functions_are_absent_where_the_world_does_not_allow_them() -> None:
    functions = table()

    assert "file" not in functions
    assert "templatefile" not in list(functions)
    assert functions["basename"].call([string("/a/b")]) == string("b")


def test_signatures_have_the_form_of_terraform() -> None:
    assert table()["join"].signature_json() == {
        "description": "The strings of one or more lists, with a separator between them.",
        "return_type": "string",
        "parameters": [{"name": "separator", "type": "string"}],
        "variadic_parameter": {"name": "lists", "type": ["list", "string"]},
    }
    assert table()["keys"].signature_json()["return_type"] == "dynamic"
    assert echo.signature_json()["parameters"] == [
        {"name": "value", "is_nullable": True, "type": "dynamic"}
    ]


def test_a_list_of_unknown_length_stays_one() -> None:
    later = table()["compact"].call([unknown(ListType(STRING))])

    assert later == unknown(ListType(STRING), NOT_NULL)
    assert table()["length"].call([from_plain([1, 2]).mark("m")]) == number(2).mark("m")
    assert table()["coalesce"].call([DYNAMIC_UNKNOWN, string("a")]) == unknown(STRING, NOT_NULL)
