"""Root outputs in a plan: what they said before."""

from __future__ import annotations

from decimal import Decimal

from mlctl.core.plan import Action
from mlctl.core.state import OutputValue
from mlctl.core.value import from_plain, to_json_plain
from mlctl.plan.outputs import output_change

LONG = from_plain({"loss": Decimal("0.1234567890123456789012345")})


def seal(text: str) -> str:
    return f"sealed:{len(text)}"


def test_a_number_with_many_digits_is_compared_and_shown_with_all_of_them() -> None:
    recorded = OutputValue(to_json_plain(LONG), ["object", {"loss": "number"}])
    shorter = from_plain({"loss": Decimal("0.12345678901234567890")})

    same = output_change("m", recorded, LONG, sensitive=False, seal=seal)
    other = output_change("m", recorded, shorter, sensitive=False, seal=seal)

    assert (same.action, other.action) == (Action.NO_OP, Action.UPDATE)
    assert same.before == other.before == LONG
