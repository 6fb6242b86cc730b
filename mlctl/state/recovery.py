"""What runs that died left in their journals, folded into the state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mlctl.core.event import (
    Envelope,
    ResourceCompleted,
    RunFinished,
    RunStarted,
    StepReused,
    StepSucceeded,
)
from mlctl.core.plan import Action, Summary
from mlctl.core.state import State
from mlctl.state import journal
from mlctl.state.backend import Backend
from mlctl.state.event_codec import decode
from mlctl.state.lock import Lease
from mlctl.state.paths import runs_folder
from mlctl.state.reduce import fold

DIED = "died"
"""The status of a run whose end nobody wrote."""

_TAIL = 65536


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The journal of a run that is gone and whose events the state may lack."""

    run_id: str
    started_at: str
    reading: journal.Reading


def unfinished(data_dir: Path, lineage: str) -> tuple[Unfinished, ...]:
    """Journals without an end whose writer is gone, oldest first.

    Args:
        data_dir: mlctl's own folder.
        lineage: Of the state; empty when there is no state yet, and then every lineage counts.
    """
    found = [
        Unfinished(reading.envelopes[0].run_id, reading.envelopes[0].at, reading)
        for path in runs_folder(data_dir).glob("*/events.jsonl")
        if not ends(path) and not journal.is_written(path)
        for reading in (journal.read(path),)
        if _belongs(reading, lineage)
    ]
    return tuple(sorted(found, key=lambda run: (run.started_at, run.run_id)))


def recover(state: State, journals: Iterable[Unfinished]) -> tuple[State, tuple[str, ...]]:
    """Fold journals in; the state as it then is, and sentences that say what was done.

    Folding again what the state holds already changes nothing.
    """
    notices: list[str] = []
    for run in journals:
        before = state
        state = fold(state, (envelope.event for envelope in run.reading.envelopes))
        what = _difference(before, state)
        notices.append(f"Run {run.run_id} ended without saying so; {what} from its journal.")
        notices += [f"{damage}; the other lines were used." for damage in run.reading.damaged]
    return state, tuple(notices)


def resume(
    backend: Backend, data_dir: Path, lease: Lease | None, now: Callable[[], str]
) -> tuple[State, tuple[str, ...]]:
    """Read the state, fold in what died runs left, save it, and say what was done.

    Args:
        backend: Where the state is; locked by the caller.
        data_dir: mlctl's own folder.
        lease: The lock; None where people said to do without.
        now: The time as RFC 3339, UTC, milliseconds.

    Raises:
        MlctlError: The state cannot be read, or not be saved; then nothing is lost, and the next
            call does the same again.
    """
    state = backend.read()
    left = unfinished(data_dir, state.lineage)
    if not left:
        return state, ()
    state, notices = recover(state, left)
    saved = backend.write(state, lease)
    for run in left:
        close(run, now)
    return saved, notices


def close(run: Unfinished, now: Callable[[], str]) -> None:
    """Write the end that the run could not write. Call it once the recovered state is saved.

    Raises:
        JournalFull: It cannot be written; the next run will fold the journal in again.
    """
    with journal.Journal(run.reading.path, run.run_id, now) as ending:
        ending.write(
            RunFinished(run_id=run.run_id, status=DIED, summary=counted(run.reading.envelopes))
        )


def counted(envelopes: Iterable[Envelope]) -> Summary:
    """What a run did, as far as its journal tells."""
    done = [envelope.event for envelope in envelopes]
    made = [event.action for event in done if isinstance(event, ResourceCompleted)]
    return Summary(
        add=made.count(Action.CREATE),
        change=made.count(Action.UPDATE),
        remove=made.count(Action.DELETE),
        run=sum(isinstance(event, StepSucceeded) for event in done),
        reuse=sum(isinstance(event, StepReused) for event in done),
    )


def last_line(path: Path) -> bytes:
    """The last whole line of a journal, without reading all of it; empty if there is none."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        reach = _TAIL
        while True:
            start = max(0, size - reach)
            file.seek(start)
            lines = file.read(size - start).split(b"\n")[:-1]
            if len(lines) > 1 or start == 0:
                return lines[-1] if lines else b""
            reach *= 4


def ends(path: Path) -> bool:
    """True when the run said that it ended, which it does only after its state was saved."""
    try:
        return isinstance(decode(last_line(path)).event, RunFinished)
    except ValueError:
        return False


def _belongs(reading: journal.Reading, lineage: str) -> bool:
    if not reading.envelopes:
        return False
    first = reading.envelopes[0].event
    return isinstance(first, RunStarted) and lineage in ("", first.lineage)


def _difference(before: State, after: State) -> str:
    resources = sum(before.resources.get(a) != r for a, r in after.resources.items())
    resources += sum(address not in after.resources for address in before.resources)
    steps = sum(before.steps.get(a) != r for a, r in after.steps.items())
    steps += sum(address not in after.steps for address in before.steps)
    if not resources and not steps:
        return "the state held everything already, so nothing was taken"
    return f"{_count(resources, 'resource')} and {_count(steps, 'step')} were taken"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
