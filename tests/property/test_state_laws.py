"""Laws of the state: what is written is read, and the state is the fold of the events."""

from __future__ import annotations

from functools import reduce as fold_left
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.address import Address
from mlctl.core.digest import Digest, Json
from mlctl.core.event import Envelope, Event
from mlctl.core.state import OutputValue, ResourceRecord, State, StepRecord
from mlctl.state import codec, event_codec
from mlctl.state.paths import safe_name
from mlctl.state.reduce import Fold, fold, reduce

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True)
TEXTS = st.text(max_size=12)
KEYS = st.one_of(st.none(), st.integers(0, 99), TEXTS)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), FLOATS, TEXTS)
JSON: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
DIGESTS = st.binary(min_size=32, max_size=32).map(lambda b: Digest("sha256:" + b.hex()))
ADDRESSES = st.builds(Address.of, st.sampled_from(["compute", "component"]), NAMES, KEYS)
STEPS = st.builds(
    lambda pipeline, name, key: Address.of("pipeline", pipeline).child("step", name, key),
    NAMES,
    NAMES,
    KEYS,
)

st.register_type_strategy(Address, st.one_of(ADDRESSES, STEPS))
st.register_type_strategy(str, TEXTS)
st.register_type_strategy(float, FLOATS)


def objects(values: st.SearchStrategy[Json]) -> st.SearchStrategy[dict[str, Json]]:
    return st.dictionaries(TEXTS, values, max_size=3)


st.register_type_strategy(
    ResourceRecord,
    st.builds(ResourceRecord, address=ADDRESSES, kind=NAMES, attributes=objects(JSON)),
)
st.register_type_strategy(
    StepRecord,
    st.builds(StepRecord, address=STEPS, fingerprint=DIGESTS, parts=JSON, values=objects(JSON)),
)
st.register_type_strategy(OutputValue, st.builds(OutputValue, value=JSON, type=JSON))

EVENTS: st.SearchStrategy[Event] = st.one_of([st.from_type(kind) for kind in get_args(Event)])


@st.composite
def states(draw: st.DrawFn) -> State:
    resources = draw(st.lists(st.from_type(ResourceRecord), max_size=3))
    steps = draw(st.lists(st.from_type(StepRecord), max_size=3))
    return State(
        lineage=draw(TEXTS),
        serial=draw(st.integers(0, 10**6)),
        outputs=draw(st.dictionaries(TEXTS, st.from_type(OutputValue), max_size=2)),
        resources={r.address: r for r in resources},
        steps={r.address: r for r in steps},
        checks=tuple(draw(st.lists(JSON, max_size=2))),
    )


@given(states())
def test_a_state_is_read_as_it_was_written(state: State) -> None:
    assert codec.decode(codec.encode(state, "1.2"), "here") == state


@given(states())
def test_equal_states_have_one_spelling(state: State) -> None:
    again = codec.decode(codec.encode(state), "here")

    assert codec.encode(again) == codec.encode(state)


@given(states())
def test_the_head_alone_tells_lineage_and_serial(state: State) -> None:
    assert codec.peek(codec.encode(state), "here") == (state.lineage, state.serial)


@given(EVENTS, st.integers(1, 10**9), TEXTS, TEXTS)
def test_an_event_is_read_as_it_was_written(event: Event, seq: int, run_id: str, at: str) -> None:
    named = getattr(event, "run_id", run_id)
    envelope = Envelope(named, seq, at, event)

    line = event_codec.encode(envelope)

    assert event_codec.decode(line) == envelope
    assert line.count(b"\n") == 1


@given(states(), st.lists(EVENTS, max_size=8))
def test_folding_in_place_is_reducing_one_by_one(state: State, events: list[Event]) -> None:
    assert fold(state, events) == fold_left(reduce, events, state)


@given(states(), st.lists(EVENTS, max_size=8), st.integers(0, 8))
def test_folding_a_journal_again_changes_nothing(
    state: State, events: list[Event], seen: int
) -> None:
    once = fold(state, events)
    partly = fold(state, events[:seen])

    assert fold(once, events) == once
    assert fold(partly, events) == once


@given(states(), st.lists(EVENTS, min_size=1, max_size=6))
def test_a_state_taken_from_a_fold_does_not_change_any_more(
    state: State, events: list[Event]
) -> None:
    folding = Fold(state)
    folding.apply(events[0])
    taken = folding.state()
    before = codec.encode(taken)

    for event in events[1:]:
        folding.apply(event)

    assert codec.encode(taken) == before


@given(st.lists(st.text(max_size=300), max_size=6, unique=True))
def test_two_texts_never_share_a_file_name(texts: list[str]) -> None:
    names = [safe_name(text) for text in texts]

    assert len(set(names)) == len(texts)
    assert all("/" not in n and "\0" not in n and 0 < len(n.encode()) <= 180 for n in names)
    assert not {".", ".."} & set(names)
