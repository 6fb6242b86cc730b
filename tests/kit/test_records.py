"""What the supervisor says is read whole or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.job import Absent, Cancelled, Exited, Lost, Running
from mlctl.kit import records

CLOCK = b"clock 1700000000 5000 a-boot\n"


def test_an_exit_record_counts_only_when_it_is_whole() -> None:
    whole = "exited 3 1000 2000 4096 ."

    assert records.parse_exit(whole) is not None
    assert all(records.parse_exit(whole[:cut]) is None for cut in range(len(whole)))
    assert records.parse_exit(" " * 79 + "\n") is None


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ("exited 0 - - - .", Exited(code=0)),
        ("exited 137 - - 2 .", Exited(137, oom_suspected=True, lowest_free_memory_bytes=2048)),
        ("timeout 137 - - - .", Exited(code=137, timed_out=True)),
        ("timeout 143 - - - .", Exited(code=143, timed_out=True)),
        ("cancelled 137 - - - .", Cancelled()),
        ("cancelled 0 - - - .", Cancelled()),
    ],
)
def test_the_word_and_the_code_make_the_status(record: str, status: Exited | Cancelled) -> None:
    ended = records.parse_exit(record)

    assert ended is not None
    assert ended.status() == status


def test_times_since_boot_become_times_of_day() -> None:
    (answer,) = records.parse_poll(CLOCK + b"exited 0 1000 2050 - - 0 0\n")

    assert isinstance(answer.status, Exited)
    assert answer.status.started_at == 1700000000 - 40
    assert answer.status.finished_at == 1700000000 - 29.5


def test_an_answer_tells_every_state() -> None:
    lines = b"absent - - - - - 0 0\nrunning - 1 - - 4000 9 0\nlost - - - - - 0 0\n"

    first, second, third = (answer.status for answer in records.parse_poll(CLOCK + lines))

    assert first == Absent()
    assert second == Running(beat_s=10)
    assert isinstance(third, Lost)


@given(st.lists(st.binary(max_size=30), max_size=4))
def test_log_bytes_come_through_whatever_they_are(logs: list[bytes]) -> None:
    answers = b"".join(
        b"running - - - - - %d %d\n%s" % (len(log) + 5, len(log), log) for log in logs
    )

    assert [answer.log for answer in records.parse_poll(CLOCK + answers)] == logs


@given(st.integers(min_value=0))
def test_an_answer_that_was_cut_off_is_no_answer(cut: int) -> None:
    whole = CLOCK + b"running - - - - - 9 9\nline\nline"
    # A cut between answers cannot be told from fewer answers; those are counted by who asked.
    cut %= len(whole)
    if cut == len(CLOCK):
        return

    with pytest.raises(ValueError, match="supervisor"):
        records.parse_poll(whole[:cut])


@pytest.mark.parametrize("output", [b"", b"sh: not found\n", CLOCK + b"dancing - - - - - 0 0\n"])
def test_what_is_no_answer_is_not_taken_for_one(output: bytes) -> None:
    with pytest.raises(ValueError, match="supervisor"):
        records.parse_poll(output)
