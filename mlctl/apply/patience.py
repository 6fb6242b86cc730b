"""A lost link is not a lost job: asking again for a while. Runs in workers, never in the writer."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

from mlctl.core.errors import Unreachable

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 10.0

_T = TypeVar("_T")


def patiently(call: Callable[[], _T], patience_s: float) -> _T:
    """What ``call`` returns, called again while its target does not answer.

    Args:
        call: May be repeated without harm.
        patience_s: How long to go on.

    Raises:
        Unreachable: It still did not answer then.
    """
    began, pause_s = monotonic(), FIRST_PAUSE_S
    while True:
        try:
            return call()
        except Unreachable:
            if monotonic() - began >= patience_s:
                raise
            sleep(min(pause_s, patience_s))
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
