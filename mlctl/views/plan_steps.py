"""The steps of a plan: what runs and why, what is reused and from where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlctl.core.plan import Action, StepChange
from mlctl.core.reason import CommandChanged, Reason
from mlctl.views.plan_resources import SYMBOLS
from mlctl.views.reasons import command_text, sentence
from mlctl.views.text import cell_width, duration, plural, safe_line, wrap
from mlctl.views.value_diff import line_diff
from mlctl.views.value_text import Painter, text_lines

MAX_REUSED = 30
"""Reused steps beyond this number are counted instead of listed."""

_INDENT = " " * 6


def step_lines(steps: Sequence[StepChange], painter: Painter) -> list[str]:
    """Every step's part of the plan: first those that run, then those that need not."""
    lines: list[str] = []
    for step in steps:
        if step.action is Action.RUN:
            lines.extend([*running_step(step, painter), ""])
    lines.extend(_reused_lines(steps, painter))
    lines.extend(_forgotten_lines(steps, painter))
    while lines and not lines[-1]:
        lines.pop()
    return lines


def running_step(step: StepChange, painter: Painter) -> list[str]:
    """A step that will run: its headline and one line a reason."""
    lines = [_headline(step, painter)]
    for reason in step.reasons:
        lines.extend(_reason_lines(reason, painter))
    return lines


def non_reproducible_notes(steps: Sequence[StepChange], painter: Painter) -> list[str]:
    """One note a step of which two runs with the same key gave different outputs."""
    return [
        wrap(
            f"Note: {step.address} is not reproducible: runs "
            f"{' and '.join(step.non_reproducible)} had the same fingerprint and gave different"
            " outputs.",
            painter.style.width,
        )
        for step in steps
        if step.non_reproducible
    ]


def _headline(step: StepChange, painter: Painter) -> str:
    about = []
    if step.compute:
        about.append(f"on {safe_line(step.compute)}")
    if step.estimated_s is not None:
        about.append(f"took {duration(step.estimated_s)} last time")
    mark = painter.style.mark(SYMBOLS[Action.RUN])
    tail = painter.style.grey(f"  # {', '.join(about)}") if about else ""
    return f"{mark} {painter.style.bold(safe_line(str(step.address)))} will run{tail}"


def _reason_lines(reason: Reason, painter: Painter) -> Iterator[str]:
    if isinstance(reason, CommandChanged) and (lines := _command_lines(reason, painter)):
        yield f"{_INDENT}command changed:"
        yield from lines
        return
    yield f"{_INDENT}{sentence(reason)}"


def _command_lines(reason: CommandChanged, painter: Painter) -> list[str]:
    """The command as a diff of lines, where it is too long for a sentence."""
    old, new = command_text(reason.before), command_text(reason.after)
    one_line = "\n" not in old + new
    if one_line and cell_width(old) + cell_width(new) + 20 <= painter.style.width:
        return []
    return list(text_lines(tuple(line_diff(old, new)), 2, painter))


def _reused_lines(steps: Sequence[StepChange], painter: Painter) -> Iterator[str]:
    kept = [s for s in steps if s.action in (Action.REUSE, Action.NO_OP)]
    mark = painter.style.mark(SYMBOLS[Action.REUSE])
    if len(kept) > MAX_REUSED:
        fresh = sum(s.action is Action.REUSE for s in kept)
        yield f"{mark} {_many_reused(len(kept) - fresh, fresh)}"
        return
    for step in kept:
        source = f" from run {safe_line(step.reused_from)}" if step.reused_from else ""
        word = "is reused" if step.action is Action.REUSE else "is up to date,"
        text = f"{word}{source}" if source else word.rstrip(",")
        yield f"{mark} {safe_line(str(step.address))} {painter.style.grey(text)}"


def _many_reused(up_to_date: int, fresh: int) -> str:
    parts = []
    if up_to_date:
        parts.append(f"{plural(up_to_date, 'step is', 'steps are')} up to date")
    if fresh:
        parts.append(f"{plural(fresh, 'step takes', 'steps take')} a kept result")
    return " and ".join(parts)


def _forgotten_lines(steps: Sequence[StepChange], painter: Painter) -> Iterator[str]:
    mark = painter.style.mark(SYMBOLS[Action.FORGET])
    for step in steps:
        if step.action is Action.FORGET:
            yield f"{mark} {safe_line(str(step.address))} is not declared any more and is forgotten"
