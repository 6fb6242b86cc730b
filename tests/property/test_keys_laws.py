"""Laws of keys: one fingerprint for one meaning, and exactly one reason for each difference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.address import Address
from mlctl.core.desired import DesiredStep
from mlctl.core.reason import (
    CodeChanged,
    CommandChanged,
    EnvironmentChanged,
    EnvVariableChanged,
    InputChanged,
    InterpreterChanged,
    OutputsChanged,
    PlatformChanged,
    Reason,
    SettingChanged,
)
from mlctl.core.step import InputKey, Pending, StepKey
from mlctl.plan.reasons import differences
from tests.builders import step_address
from tests.config.world import MemoryKept
from tests.property.strategies import KEYS, PARTS

REASONS: Mapping[str, tuple[type[Reason], ...]] = {
    "code": (CodeChanged,),
    "command": (CommandChanged,),
    "inputs": (InputChanged,),
    "software": (EnvironmentChanged, InterpreterChanged),
    "env": (EnvVariableChanged,),
    "outputs": (OutputsChanged,),
    "platform": (PlatformChanged,),
    "instance_count": (SettingChanged,),
    "salt": (SettingChanged,),
}


def wanted(key: StepKey) -> DesiredStep:
    def same(_literals: Mapping[str, InputKey]) -> str | tuple[str, ...] | Pending:
        return key.command

    return DesiredStep(
        address=step_address("s"),
        key=key,
        compute=Address.of("compute", "c"),
        command=lambda _layout: "",
        command_with=same,
    )


@given(KEYS)
def test_a_key_is_read_back_as_it_was_written(key: StepKey) -> None:
    again = StepKey.from_json(json.loads(json.dumps(key.to_json())))

    assert again == key
    assert again.fingerprint() == key.fingerprint()


@given(KEYS, KEYS)
def test_two_keys_have_one_fingerprint_only_when_they_are_the_same(
    one: StepKey, other: StepKey
) -> None:
    assert (one.fingerprint() == other.fingerprint()) == (one == other)


@given(KEYS, st.sampled_from(sorted(PARTS)), st.data())
def test_another_part_gives_another_fingerprint_and_only_its_own_reason(
    key: StepKey, part: str, data: st.DataObject
) -> None:
    other: Any = data.draw(PARTS[part])  # what it is depends on the part
    changed = replace(key, **{part: other})

    found = list(differences(key, wanted(changed), MemoryKept()))

    assert (changed.fingerprint() == key.fingerprint()) == (changed == key) == (not found)
    assert all(isinstance(reason, REASONS[part]) for reason in found)


@given(KEYS, KEYS)
def test_every_difference_has_a_reason_and_nothing_else_has(one: StepKey, other: StepKey) -> None:
    found = list(differences(one, wanted(other), MemoryKept()))

    assert bool(found) == (one != other)
    assert len(set(map(repr, found))) == len(found)


@given(KEYS, KEYS)
def test_swapped_sides_have_as_many_reasons(one: StepKey, other: StepKey) -> None:
    there = list(differences(one, wanted(other), MemoryKept()))
    back = list(differences(other, wanted(one), MemoryKept()))

    assert [type(r) for r in there] == [type(r) for r in back]
