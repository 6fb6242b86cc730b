"""Numbers: the digits Terraform prints."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mlctl.core.value_number import (
    INFINITY,
    add,
    divide,
    exact,
    modulo,
    multiply,
    number_text,
    parse_number,
    subtract,
)


def test_a_third_has_the_digits_of_a_512_bit_float() -> None:
    third = number_text(divide(1, 3))

    assert third == "0." + "3" * 154 + "5"
    assert number_text(divide(2, 3)) == "0." + "6" * 153 + "7"


def test_tenths_add_up() -> None:
    assert add(Decimal("0.1"), Decimal("0.2")) == Decimal("0.3")
    assert multiply(Decimal("0.1"), 3) == Decimal("0.3")


def test_what_binary_cannot_say_shows_where_terraform_shows_it() -> None:
    assert number_text(subtract(1, Decimal("0.9"))) == "0.1" + "0" * 153 + "3"


def test_whole_numbers_stay_whole_up_to_512_bits() -> None:
    large = 2**512 - 1

    assert add(large, 0) == large
    assert exact(2**600 + 1) == exact(2**600)


def test_large_numbers_are_printed_without_an_exponent() -> None:
    assert number_text(parse_number("1e400")) == "1" + "0" * 400
    assert number_text(exact(10**5000)) == "1" + "0" * 5000


@pytest.mark.parametrize(
    ("text", "number"),
    [("5.", 5), (".5", Decimal("0.5")), ("+1e3", 1000), ("-0", 0), ("1.50", Decimal("1.5"))],
)
def test_numbers_are_read_as_go_reads_them(text: str, number: int | Decimal) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", " 5", "1_000", "0x10", "1e", "e5", "NaN", "--1", "٣"])
def test_other_texts_are_no_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_number(text)


def test_dividing_by_zero_gives_an_infinity_but_for_zero() -> None:
    assert divide(1, 0) == INFINITY
    assert number_text(divide(-1, 0)) == "-Inf"
    with pytest.raises(ZeroDivisionError):
        divide(0, 0)


def test_the_rest_has_the_sign_of_the_dividend() -> None:
    assert modulo(-7, 3) == -1
    assert modulo(7, -3) == 1
    assert modulo(Decimal("5.5"), 2) == Decimal("1.5")
    assert modulo(5, 0) == 5


def test_infinities_count_as_in_go() -> None:
    assert add(INFINITY, 1) == INFINITY
    assert multiply(-2, INFINITY) == -INFINITY
    assert divide(5, INFINITY) == 0
    assert modulo(INFINITY, 2) == INFINITY
    assert parse_number("-Inf") == -INFINITY
    with pytest.raises(ZeroDivisionError):
        divide(INFINITY, INFINITY)


def test_fractions_round_to_the_nearest_float() -> None:
    many = Decimal("0." + "1" * 200)

    assert exact(many) != many
    assert number_text(exact(many)).startswith("0." + "1" * 150)
    assert add(Decimal("0.1"), Decimal("-0.1")) == 0
    assert exact(2**513 + 1) == exact(2**513)
