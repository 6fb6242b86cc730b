"""What is going on right now in a run, folded from its events. Draws nothing itself."""

from __future__ import annotations

from dataclasses import dataclass

from mlctl.core.address import Address
from mlctl.core.event import (
    Event,
    ResourceCompleted,
    ResourceFailed,
    ResourceProgress,
    ResourceStarted,
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
from mlctl.views.estimate import Estimate
from mlctl.views.style import Style
from mlctl.views.text import cell_width, clip, duration, pad, safe_line

MAX_SHOWN = 12
"""Things at work that are listed; the rest is counted, so that the board fits a terminal."""


@dataclass(slots=True)
class AtWork:
    """Something that is being worked on.

    Attributes:
        since: When it began, in seconds of the board's clock.
        last: The last thing it said.
    """

    address: Address
    since: float
    last: str = ""


class Board:
    """The things at work, and the counts of the rest."""

    def __init__(self, estimate: Estimate) -> None:
        self._estimate = estimate
        self._at_work: dict[Address, AtWork] = {}
        self._ended: set[Address] = set()
        self._failed = 0
        self._skipped = 0
        self._total = 0

    def fold(self, event: Event, now: float) -> None:
        """Take one event into account; ``now`` is in seconds, from any start."""
        match event:
            case RunStarted(total=total):
                self._total = total
            case ResourceStarted(address) | StepStarted(address):
                self._at_work[address] = AtWork(address, now)
            case StepLog(address, text):
                self._say(address, text.rstrip("\n").rpartition("\n")[2])
            case StepProgress(address, _, note) | ResourceProgress(address, _, _, note):
                self._say(address, note)
            case StepRetrying(address, _, error):
                self._say(address, error.partition("\n")[0])
            case _:
                self._fold_end(event)

    def _fold_end(self, event: Event) -> None:
        match event:
            case ResourceFailed(address) | StepFailed(address):
                self._failed += 1
                self._end(address)
            case Skipped(address):
                self._skipped += 1
                self._end(address)
            case (
                ResourceCompleted(address)
                | StepSucceeded(address)
                | StepReused(address)
                | StepInterrupted(address)
                | StepForgotten(address)
            ):
                self._end(address)
            case _:
                pass

    def lines(self, now: float, style: Style) -> list[str]:
        """The board: one line for each thing at work, then the counts."""
        # A snapshot: the terminal is redrawn by a thread of its own while events come in.
        at_work = tuple(self._at_work.values())
        shown = at_work[:MAX_SHOWN]
        names = [clip(safe_line(str(one.address)), style.width // 2) for one in shown]
        column = max(map(cell_width, names), default=0)
        lines = [
            self._line(one, pad(name, column), now, style)
            for one, name in zip(shown, names, strict=True)
        ]
        if len(at_work) > MAX_SHOWN:
            lines.append(style.grey(f"  … and {len(at_work) - MAX_SHOWN} more at work"))
        lines.append(clip(self._counts(len(at_work), now), style.width))
        return lines

    def _line(self, one: AtWork, name: str, now: float, style: Style) -> str:
        elapsed = f"{duration(max(now - one.since, 0.0)):>7}"
        room = max(style.width - cell_width(name) - len(elapsed) - 6, 0)
        last = style.grey(clip(safe_line(one.last), room)) if one.last and room else ""
        return f"  {style.bold(name)} {elapsed}  {last}".rstrip()

    def _counts(self, running: int, now: float) -> str:
        parts = [f"{len(self._ended)} of {self._total} done"]
        parts.append(f"{running} at work")
        parts.extend([f"{self._failed} failed"] if self._failed else [])
        parts.extend([f"{self._skipped} skipped"] if self._skipped else [])
        elapsed = {one.address: now - one.since for one in tuple(self._at_work.values())}
        left = self._estimate.remaining_s(frozenset(self._ended), elapsed)
        if left is not None and running:
            parts.append(f"about {duration(round(left))} left" if left >= 1 else "nearly done")
        return ", ".join(parts)

    def _say(self, address: Address, text: str) -> None:
        one = self._at_work.get(address)
        if one is not None and text.strip():
            one.last = text.strip()

    def _end(self, address: Address) -> None:
        self._at_work.pop(address, None)
        self._ended.add(address)
