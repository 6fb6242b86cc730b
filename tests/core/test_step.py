"""Keys of steps: what they hold, how they are spelled, what they wait for."""

from __future__ import annotations

import pytest

from mlctl.core.address import Address
from mlctl.core.digest import Json
from mlctl.core.step import KEY_FORMAT, Image, Interpreter, LiteralInput, Pending, StepKey
from tests.builders import fingerprint

A, B = Address.of("compute", "a"), Address.of("compute", "b")

KEY = StepKey(
    code=None,
    command="x",
    inputs={"n": LiteralInput("integer", "1")},
    software=Image("sha256:abc"),
    env={"A": "1"},
    outputs={"o": "uri_file"},
    platform="linux/x86_64",
)


def pending(**parts: object) -> StepKey:
    fields = {name: getattr(KEY, name) for name in KEY.__slots__}
    return StepKey(**{**fields, **parts})


@pytest.mark.parametrize(
    "parts",
    [
        {"code": Pending((A,))},
        {"command": Pending((A,))},
        {"inputs": {"n": Pending((A,))}},
        {"software": Pending((A,))},
        {"env": {"E": Pending((A,))}},
        {"platform": Pending((A,))},
    ],
)
def test_a_key_with_a_pending_part_has_no_spelling(parts: dict[str, object]) -> None:
    key = pending(**parts)

    assert not key.is_known
    assert key.pending() == (A,)
    with pytest.raises(ValueError, match="pending"):
        key.to_json()
    with pytest.raises(ValueError, match="pending"):
        key.fingerprint()


def test_what_a_key_waits_for_is_said_once_and_in_order() -> None:
    key = pending(code=Pending((B, A)), env={"x": Pending((A,))})

    assert key.pending() == (A, B)
    assert not pending(code=Pending()).is_known
    assert pending(code=Pending()).pending() == ()
    assert KEY.is_known


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {},
        {"format": KEY_FORMAT + 1},
        {"format": KEY_FORMAT},
        {**KEY.to_json(), "command": "x"},
        {**KEY.to_json(), "command": {"argv": "x"}},
        {**KEY.to_json(), "inputs": {"n": 3}},
        {**KEY.to_json(), "inputs": {"n": {"type": "integer"}}},
        {**KEY.to_json(), "software": {"lock": "x"}},
        {**KEY.to_json(), "instance_count": "two"},
    ],
)
def test_what_is_no_key_is_refused(raw: Json) -> None:
    with pytest.raises(ValueError, match=r"not a|invalid literal"):
        StepKey.from_json(raw)


def test_a_missing_code_folder_is_not_an_empty_one() -> None:
    assert pending(code=fingerprint()).fingerprint() != KEY.fingerprint()


def test_an_argv_is_never_a_text() -> None:
    assert pending(command=("x",)).fingerprint() != KEY.fingerprint()
    assert pending(software=Interpreter("sha256:abc", "")).fingerprint() != KEY.fingerprint()
