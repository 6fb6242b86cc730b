"""A plan as Markdown, for a comment on a change."""

from __future__ import annotations

import re

from mlctl.core.plan import Plan
from mlctl.views import plan_text
from mlctl.views.messages import plan_sentence
from mlctl.views.style import Style

MAX_CHARACTERS = 60_000
"""Forges cut comments at 65,536 characters or refuse them; the rest is for what goes around it."""

WIDTH = 100


def plan_markdown(plan: Plan) -> str:
    """The counts as a heading, the plan itself folded below it."""
    if plan.is_empty and not plan.drift:
        return f"### {plan_text.render(plan, Style(width=1000)).strip()}\n"
    text = _bounded(plan_text.render(plan, Style(width=WIDTH)).rstrip("\n"))
    fence = _fence(text)
    return (
        f"### {plan_sentence(plan.summary)}\n\n"
        "<details><summary>The whole plan</summary>\n\n"
        f"{fence}text\n{text}\n{fence}\n\n</details>\n"
    )


def _bounded(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return text
    return text[:MAX_CHARACTERS].rpartition("\n")[0] + "\n… (the rest is too long to show here)"


def _fence(text: str) -> str:
    """A run of backticks longer than any in the text, so that nothing in it can end the block."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)
