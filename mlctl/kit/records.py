"""What the supervisor says of a job, read: its exit record, its beat, its answer to ``poll``.

Pure text in, statuses out. Times in the records are hundredths of a second since the target's boot.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlctl.core.job import Absent, Cancelled, Exited, JobStatus, Lost, Running

_SIGKILL_CODE = 128 + 9
_ENDED = ("exited", "timeout", "cancelled")
_LOST = "its supervisor is gone and left no result: it was killed, or the machine was restarted"


@dataclass(frozen=True, slots=True)
class Ended:
    """A whole exit record.

    Attributes:
        word: ``exited``, ``timeout`` or ``cancelled``.
        code: As a shell gives it.
        began: Hundredths of a second since boot; None when unknown.
        ended: Likewise.
        lowest_kb: Least free memory seen, in KiB; None when nobody looked.
    """

    word: str
    code: int
    began: int | None = None
    ended: int | None = None
    lowest_kb: int | None = None

    def status(
        self, started_at: float | None = None, finished_at: float | None = None
    ) -> Exited | Cancelled:
        """The status it stands for, with times by the target's clock where they are known."""
        if self.word == "cancelled":
            return Cancelled()
        timed_out = self.word == "timeout"
        return Exited(
            code=self.code,
            timed_out=timed_out,
            oom_suspected=self.code == _SIGKILL_CODE and not timed_out,
            lowest_free_memory_bytes=None if self.lowest_kb is None else self.lowest_kb * 1024,
            started_at=started_at,
            finished_at=finished_at,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What ``supervisor.sh poll`` says of one job.

    Attributes:
        status: Of the job.
        log_size: Bytes in its log.
        log: Bytes from the offset asked for, at most as many as asked for.
    """

    status: JobStatus
    log_size: int
    log: bytes


def parse_exit(text: str) -> Ended | None:
    """An exit record; None while it is reserved only, or half written."""
    fields = text.split()
    if len(fields) != 6 or fields[5] != "." or fields[0] not in _ENDED:
        return None
    word, code, began, ended, lowest, _ = fields
    return Ended(word, int(code), _number(began), _number(ended), _number(lowest))


def parse_beat(text: str) -> int | None:
    """When the job last showed life, in hundredths of a second since boot; None: not yet."""
    fields = text.split()
    return _number(fields[3]) if len(fields) == 5 else None


def parse_poll(output: bytes) -> tuple[Answer, ...]:
    """The answers of ``supervisor.sh poll``, in the order asked.

    Raises:
        ValueError: The output is not whole, as after a cut connection.
    """
    first, newline, rest = output.partition(b"\n")
    match first.split():
        case [b"clock", wall, up, _boot] if newline:
            clock = _Clock(int(wall), int(up))
        case _:
            raise ValueError(f"not an answer of the supervisor: {first[:80]!r}")
    answers = []
    while rest:
        answer, rest = _answer(rest, clock)
        answers.append(answer)
    return tuple(answers)


@dataclass(frozen=True, slots=True)
class _Clock:
    wall: int
    up: int

    def at(self, moment: int | None) -> float | None:
        return None if moment is None else self.wall - (self.up - moment) / 100


def _answer(output: bytes, clock: _Clock) -> tuple[Answer, bytes]:
    line, newline, rest = output.partition(b"\n")
    fields = line.decode("ascii").split()
    if not newline or len(fields) != 8:
        raise ValueError(f"not an answer of the supervisor: {line[:80]!r}")
    state, code, began, ended, lowest, beat, size, count = fields
    log = rest[: int(count)]
    if len(log) != int(count):
        raise ValueError("the answer of the supervisor ends within the log")
    status = _status(" ".join((state, code, began, ended, lowest, ".")), clock, _number(beat))
    return Answer(status, int(size), log), rest[int(count) :]


def _status(record: str, clock: _Clock, beat: int | None) -> JobStatus:
    ended = parse_exit(record)
    if ended is not None:
        return ended.status(clock.at(ended.began), clock.at(ended.ended))
    match record.split()[0]:
        case "running":
            return Running(beat_s=None if beat is None else max(0.0, (clock.up - beat) / 100))
        case "absent":
            return Absent()
        case "lost":
            return Lost(_LOST)
        case word:
            raise ValueError(f"the supervisor gives a state nobody knows: {word!r}")


def lost() -> Lost:
    """What to say of a job whose supervisor is gone without a result."""
    return Lost(_LOST)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
