"""Expressions with what Terraform 1.11's console answers to them, values and errors alike.

The file holds only expressions on which both agree; it was made by asking ``terraform console``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from mlctl.hcl.console_format import format_value
from mlctl.hcl.evaluate import evaluate
from mlctl.hcl.functions import World, table
from mlctl.hcl.parser import parse_expression
from mlctl.hcl.render import render_template
from mlctl.hcl.scope import Scope
from tests.hcl.fake_files import FakeFiles

ANSWERS = Path(__file__).with_name("functions_console.json")
FILES = FakeFiles(
    {
        "a.txt": b"hello\n",
        "t.tmpl": b"Hi ${name}\n",
        "bad.tmpl": b"${nope}",
        "rec.tmpl": b'${templatefile("t.tmpl",{name="x"})}',
        "bin": b"\xff\xfe",
        "sub/b.txt": b"x",
        "sub/c.py": b"y",
    }
)
SCOPE = Scope({}, table(World(files=FILES, render=render_template)))


def answer(expression: str) -> str:
    expr, problems = parse_expression("<console-input>", expression)
    assert not problems
    value, problems = evaluate(expr, SCOPE)
    if problems:
        first = problems[0]
        return "ERR " + re.sub(r"\s+", " ", first.detail or first.summary).strip()
    return format_value(value)


def test_expressions_answer_as_in_terraform() -> None:
    cases = json.loads(ANSWERS.read_text(encoding="utf-8"))
    wrong = [
        (case["expression"], got, case["console"])
        for case in cases
        if (got := answer(case["expression"])) != case["console"]
    ]

    assert len(cases) > 1000
    assert wrong == []
