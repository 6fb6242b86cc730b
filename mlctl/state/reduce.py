"""The state is what the events add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import assert_never

from mlctl.core.address import Address
from mlctl.core.event import (
    Event,
    Notice,
    OutputPublished,
    OutputsSet,
    ResourceCompleted,
    ResourceFailed,
    ResourceIdentified,
    ResourceProgress,
    ResourceStarted,
    RunFinished,
    RunStarted,
    Skipped,
    StepFailed,
    StepForgotten,
    StepInterrupted,
    StepLog,
    StepProgress,
    StepRetrying,
    StepReused,
    StepStarted,
    StepSucceeded,
)
from mlctl.core.state import ResourceRecord, State


def reduce(state: State, event: Event) -> State:
    """The state after ``event``. Never changes its argument.

    Only sets and removes, never counts: an event that was folded already changes nothing more,
    as long as no other event about the same object came between.
    """
    match event:
        case RunStarted():
            after = state if state.lineage else replace(state, lineage=event.lineage)
        case ResourceStarted():
            after = replace(state, resources=_started(state.resources, event))
        case ResourceIdentified(address, record):
            after = replace(state, resources={**state.resources, address: record})
        case ResourceCompleted(address, _, record):
            after = replace(state, resources=_set_or_dropped(state.resources, address, record))
        case StepSucceeded(address, record) | StepReused(address, record):
            after = replace(state, steps={**state.steps, address: record})
        case StepForgotten(address):
            after = replace(state, steps={a: r for a, r in state.steps.items() if a != address})
        case OutputsSet(outputs):
            after = replace(state, outputs=dict(outputs))
        case _:
            after = _without_effect(state, event)
    return after


def fold(state: State, events: Iterable[Event]) -> State:
    """The state after all of them."""
    folding = Fold(state)
    for event in events:
        folding.apply(event)
    return folding.state()


class Fold:
    """The same as ``reduce``, in place: an event costs the same whatever the state's size."""

    def __init__(self, state: State) -> None:
        self._rest = state
        self._resources = dict(state.resources)
        self._steps = dict(state.steps)

    def apply(self, event: Event) -> bool:
        """Fold one event in; True when it was of a kind that is recorded."""
        match event:
            case ResourceStarted():
                return self._start(event)
            case ResourceIdentified(address, record):
                self._resources[address] = record
            case ResourceCompleted(address, _, record):
                self._resources.pop(address, None)
                if record is not None:
                    self._resources[address] = record
            case StepSucceeded(address, record) | StepReused(address, record):
                self._steps[address] = record
            case StepForgotten(address):
                self._steps.pop(address, None)
            case _:
                before, self._rest = self._rest, reduce(self._rest, event)
                return self._rest is not before
        return True

    def state(self) -> State:
        """The state as of now; later events do not change it."""
        return replace(self._rest, resources=dict(self._resources), steps=dict(self._steps))

    def saved(self, state: State) -> None:
        """Take serial and lineage from what was saved."""
        self._rest = replace(self._rest, serial=state.serial, lineage=state.lineage)

    def _start(self, event: ResourceStarted) -> bool:
        if event.record is not None:
            self._resources[event.address] = event.record
        if event.deposed is not None:
            self._resources[event.deposed.address] = event.deposed
        return event.record is not None or event.deposed is not None


_Silent = (
    ResourceProgress
    | ResourceFailed
    | StepStarted
    | StepLog
    | StepProgress
    | StepRetrying
    | StepFailed
    | StepInterrupted
    | Skipped
    | OutputPublished
    | Notice
    | RunFinished
)


def _without_effect(state: State, event: _Silent) -> State:
    match event:
        case ResourceProgress() | ResourceFailed():
            return state
        case StepStarted() | StepLog() | StepProgress() | StepRetrying():
            return state
        case StepFailed() | StepInterrupted() | Skipped():
            return state
        case OutputPublished() | Notice() | RunFinished():
            return state
        case _:
            assert_never(event)


def _started(
    resources: Mapping[Address, ResourceRecord], event: ResourceStarted
) -> Mapping[Address, ResourceRecord]:
    news = {record.address: record for record in (event.deposed,) if record is not None}
    if event.record is not None:
        news[event.address] = event.record
    return {**resources, **news}


def _set_or_dropped(
    resources: Mapping[Address, ResourceRecord], address: Address, record: ResourceRecord | None
) -> Mapping[Address, ResourceRecord]:
    others = {a: r for a, r in resources.items() if a != address}
    return others if record is None else {**others, address: record}
