"""Standard streams that nobody reads, or that were closed before the command began."""

from __future__ import annotations

import os
import sys


def mute_stdout() -> None:
    """Send what is still printed nowhere: whoever read it has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def open_closed() -> None:
    """Give stdin, stdout and stderr to nowhere where the command was started without them.

    Otherwise the next file that is opened would get the free number, and what is printed by this
    program or by one that it starts would end up in that file.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    # Python's own streams are None then, which no annotation admits.
    streams: dict[str, object] = vars(sys)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if streams[name] is None:
            streams[name] = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - a number, open to the end
