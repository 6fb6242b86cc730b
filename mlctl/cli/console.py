"""``mlctl console``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from mlctl import workflow
from mlctl.cli.answers import Console, json_answer, text_answer
from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options, opened, to_stderr
from mlctl.cli.errors import FAILED
from mlctl.cli.history import remembered
from mlctl.cli.outlet import Text, say
from mlctl.cli.recorded import as_recorded
from mlctl.core.diagnostic import Diagnostics
from mlctl.outside.session import Session
from mlctl.workflow import PlanRequest

_LEAVE = ("exit", "quit")


@click.command(cls=Command, short_help="Evaluate expressions.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--plan", "plans", is_flag=True, help="Make a plan, and answer as after its apply.")
@configuration_options
def command(asked: Asked, as_json: bool, plans: bool) -> int:
    """Evaluate expressions with what is declared and recorded, or with --plan as after apply.

    When stdin is not a terminal, each line is an expression; one bad line does not end the rest.
    """
    outlet = Text(asked.out, asked.err)
    with opened(asked) as session:
        console, found = _prepared(session, plans=plans)
        outlet.diagnostics(found)
        if as_json:
            for line in sys.stdin:
                say(json_answer(console.evaluate(line.rstrip("\n"))) + "\n")
            return 0
        code = 0
        asks = asked.asks and sys.stdin.isatty()
        for line in remembered("> ") if asks else _lines():
            answer = console.evaluate(line)
            outlet.diagnostics(answer.problems)
            say(f"{text_answer(answer)}\n" if answer.value is not None else "")
            code = FAILED if answer.problems and not asks else code
    return code


def _prepared(session: Session, *, plans: bool) -> tuple[Console, Diagnostics]:
    """The console, and what is wrong with the configuration; without one it is still useful."""
    if not session.loaded.configuration.files:
        context = session.context("")
        return Console(session.evaluation(context).evaluator), []
    if not plans:
        state, notices = session.read_state()
        for notice in notices:
            to_stderr(notice)
        return Console(as_recorded(session, state).evaluator), list(session.loaded.found)
    planned = workflow.plan(session, PlanRequest(refresh=False))
    return Console(planned.evaluation.evaluator), planned.diagnostics


def _lines() -> Iterator[str]:
    for line in sys.stdin:
        text = line.rstrip("\n")
        if text.strip() in _LEAVE:
            return
        if text.strip():
            yield text
