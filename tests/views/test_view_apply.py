"""What people see while an apply runs and when it ends."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable
from pathlib import PurePath

import pytest

from mlctl.core.address import Address
from mlctl.core.event import (
    Event,
    OutputsSet,
    ResourceCompleted,
    ResourceFailed,
    ResourceStarted,
    RunFinished,
    RunStarted,
    Skipped,
    StepFailed,
    StepInterrupted,
    StepLog,
    StepProgress,
    StepReused,
    StepStarted,
    StepSucceeded,
)
from mlctl.core.plan import Action, Plan, StepChange, Summary
from mlctl.core.state import OutputValue
from mlctl.views.board import MAX_SHOWN, Board
from mlctl.views.estimate import Estimate
from mlctl.views.live import LiveBoard
from mlctl.views.progress import INTERRUPTED_ONCE, LiveProgress, PlainProgress
from mlctl.views.style import Style
from mlctl.views.summary import MAX_ROWS, RunReport
from tests.builders import step_address, step_record
from tests.golden import Golden
from tests.views.view_samples import CANARY, SEAL, address, envelope, file_digest

GPU = address("compute.gpu")
PREP, TRAIN, SCORE = step_address("prep"), step_address("train", "small"), step_address("score")


def started(where: Address, compute: str = "compute.gpu") -> StepStarted:
    return StepStarted(where, file_digest("a"), compute)


BEGIN = RunStarted(run_id="r7", operation="apply", lineage="l", serial=1, total=4)
GOOD: tuple[Event, ...] = (
    BEGIN,
    ResourceStarted(GPU, Action.CREATE),
    ResourceCompleted(GPU, Action.CREATE, None, 2.0),
    started(PREP),
    StepLog(PREP, "reading\nwriting\n"),
    StepSucceeded(PREP, step_record("prep"), 3.25),
    StepReused(SCORE, step_record("score"), early_cutoff=True),
    OutputsSet(
        {
            "token": OutputValue(SEAL, "string", True),
            "acc": OutputValue(0.5, "number"),
            "names": OutputValue(["a", "b"], ["list", "string"]),
        }
    ),
    RunFinished(run_id="r7", status="succeeded", summary=Summary(add=1, run=1, reuse=1)),
)
BAD: tuple[Event, ...] = (
    BEGIN,
    ResourceCompleted(GPU, Action.CREATE, None, 2.0),
    StepSucceeded(PREP, step_record("prep"), 3.25),
    StepFailed(
        TRAIN,
        "the command ended with exit code 3",
        3,
        "runs/r7/logs/train.log",
        tuple(f"line {i}" for i in range(30)),
        61.0,
    ),
    StepInterrupted(step_address("eval"), detached=False),
    Skipped(SCORE, Action.RUN, f"{TRAIN} failed"),
    RunFinished(run_id="r7", status="failed", summary=Summary(add=1, run=1), failed=1, skipped=1),
)


def plain(events: Iterable[Event], *, verbose: bool = False) -> str:
    out = io.StringIO()
    progress = PlainProgress(out, Style(), verbose=verbose)
    for event in events:
        progress.show(envelope(event))
    return out.getvalue()


def report(events: Iterable[Event]) -> RunReport:
    made = RunReport()
    for event in events:
        made.show(envelope(event))
    return made


def test_without_a_terminal_every_event_is_one_line(golden: Golden) -> None:
    golden("progress_plain.txt", plain(GOOD) + plain(BAD))


def test_what_steps_print_is_shown_only_when_asked() -> None:
    assert "reading" not in plain(GOOD)
    assert f"{PREP} | reading\n{PREP} | writing\n" in plain(GOOD, verbose=True)


def test_a_thing_that_is_only_still_at_work_is_not_repeated_within_ten_seconds() -> None:
    seconds = (1, 5, 10, 11, 19.9, 20, 25, 31)

    lines = plain([StepProgress(TRAIN, s) for s in seconds]).splitlines()

    assert [line.partition("[")[2] for line in lines[0:]] == [
        '"small"]: Still at work... [10s elapsed]',
        '"small"]: Still at work... [20s elapsed]',
        '"small"]: Still at work... [31s elapsed]',
    ]


def test_a_second_attempt_counts_its_seconds_anew() -> None:
    events = [StepProgress(PREP, s) for s in (10, 20, 1, 11)]

    assert len(plain(events).splitlines()) == 4


def test_an_interruption_is_told_at_once() -> None:
    out = io.StringIO()
    PlainProgress(out, Style()).notice(INTERRUPTED_ONCE)

    assert "running steps are asked to stop" in out.getvalue()


def test_a_good_end_says_what_was_done_and_shows_the_outputs(golden: Golden) -> None:
    golden("summary_good.txt", report(GOOD).text(Style()))


def test_a_bad_end_says_what_failed_why_and_how_to_go_on(golden: Golden) -> None:
    golden("summary_bad.txt", report(BAD).text(Style(), resume="mlctl apply --var x=1"))


def test_only_the_last_twenty_lines_of_a_failed_step_are_shown() -> None:
    text = report(BAD).text(Style())

    assert "line 10\n" in text
    assert "line 9\n" not in text


def test_a_cause_is_wrapped_and_never_cut() -> None:
    words = [f"word{i}" for i in range(60)]
    events: list[Event] = [
        StepFailed(TRAIN, " ".join(words) + "\nWrite it there."),
        Skipped(SCORE, Action.RUN, " ".join(reversed(words))),
        BAD[-1],
    ]

    text = report(events).text(Style())

    assert all(text.split().count(word) == 2 for word in words)
    assert all(len(line) <= 80 for line in text.splitlines() if "word" in line)
    assert "\\n" not in text
    assert "Write it there." in text


def test_a_cause_beside_a_long_name_goes_below_it() -> None:
    long = step_address("s" * 70)

    text = report([StepFailed(long, "no room at all " * 8), BAD[-1]]).text(Style())

    assert f"failed   {long}\n           no room at all" in text


def test_a_hint_goes_below_its_cause_on_a_line_of_its_own() -> None:
    told = plain([StepFailed(PREP, "it wrote nothing\nWrite it to the path.")])

    assert told == f"{PREP}: Failed after 0s: it wrote nothing\n    Write it to the path.\n"


def test_a_log_is_named_by_a_path_that_works_where_people_stand() -> None:
    made = RunReport(data_dir=PurePath(".mlctl"))
    for event in BAD:
        made.show(envelope(event))

    assert "(all of it: .mlctl/runs/r7/logs/train.log)" in made.text(Style())


def test_outputs_are_shown_also_where_a_run_left_them_as_they_were() -> None:
    made = RunReport({"acc": OutputValue(0.5, "number")})
    for event in (BEGIN, GOOD[-1]):
        made.show(envelope(event))

    assert made.text(Style()).endswith("\nOutputs:\n\nacc = 0.5\n")


def test_the_rounds_of_an_apply_are_counted_together_and_each_step_once() -> None:
    def row(where: Address, action: Action) -> StepChange:
        return StepChange(address=where, action=action)

    def end(**counts: int) -> RunFinished:
        return RunFinished(run_id="r", status="succeeded", summary=Summary(**counts))

    made = RunReport()
    made.begin(Plan(steps=(row(PREP, Action.RUN),)))
    made.show(envelope(end(add=1, run=1)))
    made.begin(Plan(steps=(row(PREP, Action.NO_OP), row(TRAIN, Action.RUN))))
    made.show(envelope(end(run=1, reuse=1)))

    headline = "Resources: 1 added, 0 changed, 0 destroyed. Steps: 2 run, 0 reused."
    assert made.text(Style()) == f"\nApply complete! {headline}\n"
    assert f"Apply failed. {headline}" in made.text(Style(), whole=False)


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (StepInterrupted(TRAIN, detached=True), "left running"),
        (StepInterrupted(TRAIN, detached=True, asked=True), "asked to stop"),
        (StepInterrupted(TRAIN, detached=False), "stopped"),
    ],
)
def test_an_interrupted_step_is_said_to_run_on_only_where_it_does(
    event: StepInterrupted, says: str
) -> None:
    end = RunFinished(run_id="r", status="interrupted", summary=Summary())

    assert f"{TRAIN}  {says}\n" in report([event, end]).text(Style())
    assert says in plain([event]).lower()


def test_failures_are_diagnostics_with_their_object() -> None:
    failed = ResourceFailed(GPU, Action.CREATE, "no capacity")

    found = report([failed, *BAD]).failures()

    assert [(d.address, d.detail) for d in found] == [
        ("compute.gpu", "no capacity"),
        (str(TRAIN), "the command ended with exit code 3"),
    ]


def test_every_failure_is_listed_and_the_rest_is_counted() -> None:
    done = [StepSucceeded(step_address(f"d{i}"), step_record(), 1) for i in range(MAX_ROWS + 5)]
    failed = [StepFailed(step_address(f"f{i}"), "no") for i in range(MAX_ROWS + 5)]

    text = report([*done, *failed, BAD[-1]]).text(Style())

    assert text.count("  failed ") == MAX_ROWS + 5
    assert "and 5 others" in text


@pytest.mark.parametrize(
    ("operation", "summary", "sentence"),
    [
        (
            "apply",
            Summary(add=3, change=1, run=2, reuse=5),
            "Apply complete! Resources: 3 added, 1 changed, 0 destroyed. Steps: 2 run, 5 reused.",
        ),
        ("destroy", Summary(remove=7), "Destroy complete! Resources: 7 destroyed."),
        (
            "run",
            Summary(run=1),
            "Run complete! Resources: 0 added, 0 changed, 0 destroyed. Steps: 1 run, 0 reused.",
        ),
    ],
)
def test_the_last_sentence_counts_what_was_done(
    operation: str, summary: Summary, sentence: str
) -> None:
    events = (
        RunStarted(run_id="r", operation=operation, lineage="", serial=0),
        RunFinished(run_id="r", status="succeeded", summary=summary),
    )

    assert report(events).text(Style()) == f"\n{sentence}\n"


def test_an_interrupted_run_says_so_and_how_to_go_on() -> None:
    end = RunFinished(run_id="r", status="interrupted", summary=Summary(run=1))
    text = report([BEGIN, StepInterrupted(TRAIN, detached=True), end]).text(Style())

    assert "Apply interrupted. Resources: 0 added" in text
    assert "left running" in text
    assert text.endswith("    mlctl apply\n")


def test_nothing_sensitive_is_shown_at_the_end() -> None:
    leaky = OutputsSet({"t": OutputValue(CANARY, "string", True)})

    assert CANARY not in report([BEGIN, leaky, GOOD[-1]]).text(Style())


def test_the_board_shows_what_is_at_work_and_for_how_long() -> None:
    board = Board(Estimate({TRAIN: 60.0}, {TRAIN: ()}))
    board.fold(BEGIN, 0.0)
    board.fold(StepReused(PREP, step_record()), 1.0)
    board.fold(started(TRAIN), 10.0)
    board.fold(StepLog(TRAIN, "epoch 1\nepoch 2\x1b[2J\n"), 12.0)

    assert board.lines(40.0, Style()) == [
        f"  {TRAIN}     30s  epoch 2\\u001b[2J",
        "1 of 4 done, 1 at work, about 30s left",
    ]


def test_the_board_fits_the_terminal() -> None:
    board = Board(Estimate())
    for i in range(50):
        board.fold(started(step_address("s" * 60, i)), 0.0)
        board.fold(StepLog(step_address("s" * 60, i), "x" * 200), 0.0)

    lines = board.lines(1.0, Style(width=60))

    assert len(lines) == MAX_SHOWN + 2
    assert all(len(line) <= 60 for line in lines)
    assert "38 more at work" in lines[-2]


def test_the_board_counts_failures_and_forgets_what_has_ended() -> None:
    board = Board(Estimate())
    for event in (*BAD[:1], started(TRAIN), *BAD[1:]):
        board.fold(event, 0.0)

    assert board.lines(5.0, Style()) == ["5 of 4 done, 0 at work, 1 failed, 1 skipped"]


def test_the_rest_takes_as_long_as_its_longest_chain() -> None:
    def run(where: Address, seconds: float | None, *needs: Address) -> StepChange:
        return StepChange(address=where, action=Action.RUN, estimated_s=seconds, needs=needs)

    plan = Plan(
        steps=(
            run(PREP, 10),
            run(TRAIN, 20, PREP),
            run(SCORE, None, TRAIN),
            run(step_address("other"), 25),
        )
    )
    estimate = Estimate.of(plan)

    assert estimate.remaining_s((), {}) == 30
    assert estimate.remaining_s((), {PREP: 4}) == 26
    assert estimate.remaining_s({PREP}, {TRAIN: 50}) == 25
    assert estimate.remaining_s({PREP, TRAIN, step_address("other")}, {}) is None


def test_on_a_terminal_finished_things_stay_and_the_board_goes_away() -> None:
    out = io.StringIO()
    live = LiveBoard(Estimate(), time.monotonic)
    with LiveProgress(out, Style(width=100), live) as progress:
        for event in GOOD:
            progress.show(envelope(event))
        progress.notice("by the way")

    text = out.getvalue()
    assert "compute.gpu: Creation complete after 2s\n" in text
    assert "by the way\n" in text
    # The cursor is hidden while the board is drawn and must come back.
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_closing_a_board_twice_does_no_harm() -> None:
    progress = LiveProgress(io.StringIO(), Style(), LiveBoard(Estimate(), time.monotonic))

    progress.close()
    progress.close()
