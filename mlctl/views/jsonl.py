"""The machine's view: one JSON object a line, each flushed as soon as it is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from mlctl.core.diagnostic import Diagnostic
from mlctl.core.digest import Json
from mlctl.core.event import Envelope, RunStarted
from mlctl.core.plan import Plan
from mlctl.core.state import OutputValue
from mlctl.views.event_json import event_message
from mlctl.views.json_messages import (
    Message,
    diagnostic_message,
    outputs_message,
    plan_messages,
    version_message,
)


class TextOut(Protocol):
    """Where text goes."""

    def write(self, text: str, /) -> object:
        """Take some text."""

    def flush(self) -> None:
        """Send on what was taken."""


class JsonLines:
    """Writes the lines of ``plan --json`` and ``apply --json``.

    Args:
        out: Where they go.
        now: The present time as RFC 3339 in UTC, for lines that are not about an event.
    """

    def __init__(self, out: TextOut, now: Callable[[], str]) -> None:
        self._out = out
        self._now = now
        self._operation = "apply"

    def version(self) -> None:
        """The first line."""
        self.say(version_message())

    def plan(self, plan: Plan) -> None:
        """What a plan says."""
        at = self._now()
        for message in plan_messages(plan):
            self._write(message, at)

    def show(self, envelope: Envelope) -> None:
        """What an event says. The time is the event's own."""
        if isinstance(envelope.event, RunStarted):
            self._operation = envelope.event.operation
        message = event_message(envelope.event, self._operation)
        if message is not None:
            told: Message = {**message, "run_id": envelope.run_id, "seq": envelope.seq}
            self._write(told, envelope.at)

    def outputs(self, outputs: Mapping[str, OutputValue]) -> None:
        """The root outputs."""
        self.say(outputs_message(outputs))

    def diagnostics(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Problems, one line each."""
        for found in diagnostics:
            self.say(diagnostic_message(found))

    def say(self, message: Message) -> None:
        """Any line."""
        self._write(message, self._now())

    def close(self) -> None:
        """Nothing is kept back, so nothing is left to do."""

    def _write(self, message: Message, at: str) -> None:
        line = {**message, "@timestamp": at}
        self._out.write(dumps(line) + "\n")
        self._out.flush()


def dumps(document: Mapping[str, Json]) -> str:
    """One document on one line. Characters beyond ASCII are escaped, so any stream takes them."""
    return json.dumps(document, allow_nan=False)
