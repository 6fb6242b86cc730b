"""Printing the logs of a run's steps, once or for as long as they grow."""

from __future__ import annotations

import codecs
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.cli.errors import Refused
from mlctl.cli.outlet import say
from mlctl.cli.recorded import parsed, unknown
from mlctl.core.address import Address
from mlctl.state import history
from mlctl.views.style import Style
from mlctl.views.text import safe

LOOK_EVERY_S = 0.2
_CHUNK_BYTES = 1 << 16


def print_logs(data_dir: Path, run_id: str, step: str | None, style: Style) -> None:
    """Print the logs of a run as they are now.

    Raises:
        UnknownRun: It is not kept here.
        Refused: It did nothing about such a step.
    """
    detail = history.run(data_dir, run_id)
    printer = _Printer(style, headings=step is None)
    for address, path in _logs(data_dir, detail, step).items():
        printer.more(address, path)


def follow(data_dir: Path, run_id: str, step: str | None, style: Style) -> None:
    """Print the logs of a run as they grow, until it has ended. Raises as ``print_logs``."""
    printer = _Printer(style, headings=step is None)
    known_id = history.run(data_dir, run_id).run.run_id
    goes_on = True
    while goes_on:
        detail = history.run(data_dir, known_id)
        goes_on = detail.run.status == history.RUNNING
        # A step that this run has not come to yet may still come.
        found = _logs(data_dir, detail, step, may_come=goes_on)
        for address, path in found.items():
            printer.more(address, path)
        if goes_on:
            time.sleep(LOOK_EVERY_S)


def _logs(
    data_dir: Path, detail: history.RunDetail, step: str | None, *, may_come: bool = False
) -> Mapping[Address, Path]:
    known = [one.address for one in detail.steps]
    wanted = None if step is None else parsed(step, known)
    chosen = [a for a in known if wanted is None or wanted.covers(a)]
    if step is not None and not chosen and not may_come:
        raise unknown(step, known) if known else Refused(f"Run {detail.run.run_id} has no steps")
    logs = {one.address: data_dir / one.log for one in detail.steps if one.log}
    return {a: logs[a] for a in chosen if a in logs}


@dataclass(slots=True)
class _Printer:
    style: Style
    headings: bool
    _read: dict[Address, int] = field(default_factory=dict)
    _decoders: dict[Address, codecs.IncrementalDecoder] = field(default_factory=dict)
    _last: Address | None = None

    def more(self, address: Address, path: Path) -> None:
        """Print what a log has that was not printed yet."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return  # it has printed nothing
        with file:
            file.seek(self._read.get(address, 0))
            while chunk := file.read(_CHUNK_BYTES):
                self._read[address] = file.tell()
                self._say(address, chunk)

    def _say(self, address: Address, chunk: bytes) -> None:
        if self.headings and self._last != address:
            lead = "" if self._last is None else "\n"
            say(f"{lead}{self.style.bold(f'==> {address} <==')}\n")
        self._last = address
        # One decoder a log: a character may be cut in two by where a read ends.
        decoder = self._decoders.setdefault(
            address, codecs.getincrementaldecoder("utf-8")("replace")
        )
        say(safe(decoder.decode(chunk)))
