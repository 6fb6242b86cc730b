"""What a plan looks like."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest

from mlctl.core.plan import Action, ActionReason, Drift, Plan, PlanMode, ResourceChange, StepChange
from mlctl.core.value import from_plain
from mlctl.views import plan_text
from mlctl.views.markdown import plan_markdown
from mlctl.views.style import Style
from tests.golden import Golden
from tests.views.view_samples import (
    CANARY,
    CREATED,
    CURRENT,
    DELETED,
    FULL_PLAN,
    REUSED,
    RUNNING,
    UPDATED,
    address,
)

ANSI = re.compile(r"\x1b\[[0-9]+m")


def test_a_plan_with_everything_in_it_looks_as_expected(golden: Golden) -> None:
    golden("plan_full.txt", plan_text.render(FULL_PLAN, Style()))


def test_colour_changes_nothing_but_colour() -> None:
    coloured = plan_text.render(FULL_PLAN, Style(color=True))

    assert ANSI.sub("", coloured) == plan_text.render(FULL_PLAN, Style())
    assert coloured != ANSI.sub("", coloured)


def test_a_plan_with_colour_looks_as_expected(golden: Golden) -> None:
    plan = Plan(resources=(CREATED, DELETED), steps=(RUNNING, REUSED))

    golden("plan_color.txt", plan_text.render(plan, Style(color=True)))


def test_a_sensitive_value_is_never_in_a_plan() -> None:
    assert CANARY not in plan_text.render(FULL_PLAN, Style())
    assert "(sensitive value)" in plan_text.render(FULL_PLAN, Style())


def test_an_object_that_is_sensitive_as_a_whole_hides_what_is_in_it() -> None:
    hidden = from_plain({"password": CANARY}).mark("sensitive")
    plan = Plan(resources=(replace(CREATED, after=hidden), replace(DELETED, before=hidden)))

    assert CANARY not in plan_text.render(plan, Style())


def test_only_symbols_in_use_are_explained() -> None:
    text = plan_text.render(Plan(resources=(CREATED,)), Style())

    assert "  + create\n" in text
    assert "destroy and then" not in text
    assert "run\n" not in text


def test_an_empty_plan_says_no_changes_first_and_counts_what_is_up_to_date() -> None:
    current = replace(CREATED, action=Action.NO_OP)
    steps = tuple(replace(CURRENT, address=address(f"pipeline.p.step.s{i}")) for i in range(5))

    text = plan_text.render(Plan(resources=(current,) * 12, steps=steps), Style())

    assert text == "No changes. 12 objects and 5 steps are up to date.\n"


@pytest.mark.parametrize(
    ("resources", "steps", "sentence"),
    [
        (0, 0, "No changes. Nothing is declared and nothing is recorded.\n"),
        (1, 0, "No changes. 1 object is up to date.\n"),
        (0, 1, "No changes. 1 step is up to date.\n"),
        (1, 1, "No changes. 1 object and 1 step are up to date.\n"),
    ],
)
def test_the_count_of_what_is_up_to_date_reads_as_a_sentence(
    resources: int, steps: int, sentence: str
) -> None:
    plan = Plan(
        resources=(replace(CREATED, action=Action.NO_OP),) * resources, steps=(CURRENT,) * steps
    )

    assert plan_text.render(plan, Style()) == sentence


def test_drift_is_shown_even_when_nothing_is_to_do(golden: Golden) -> None:
    drift = Drift(address("compute.vm"), "compute", "", from_plain({"a": 1}), from_plain({"a": 2}))

    golden("plan_drift_only.txt", plan_text.render(Plan(drift=(drift,)), Style()))


def test_a_refresh_only_plan_promises_no_actions() -> None:
    drift = Drift(address("compute.vm"), "compute", "", from_plain({"a": 1}), None)
    plan = Plan(mode=PlanMode.REFRESH_ONLY, drift=(drift,))

    text = plan_text.render(plan, Style())

    assert "# compute.vm has been deleted" in text
    assert "undo" not in text


def test_many_reused_steps_fold_to_a_count() -> None:
    steps = [replace(REUSED, address=address(f"pipeline.p.step.r{i}")) for i in range(40)]
    steps += [replace(CURRENT, address=address(f"pipeline.p.step.c{i}")) for i in range(1)]

    text = plan_text.render(Plan(steps=(*steps, RUNNING)), Style())

    assert "  = 1 step is up to date and 40 steps take a kept result\n" in text
    assert "step.r7" not in text.partition("Note:")[0]
    assert "Plan: 0 to add, 0 to change, 0 to destroy; 1 step to run, 41 reused.\n" in text


def test_a_plan_without_steps_does_not_count_steps() -> None:
    text = plan_text.render(Plan(resources=(CREATED, UPDATED)), Style())

    assert text.endswith("\nPlan: 1 to add, 1 to change, 0 to destroy.\n")


@pytest.mark.parametrize(
    ("action", "reason", "line"),
    [
        (Action.CREATE, ActionReason.CREATE_BECAUSE_GONE, "does not exist any more)"),
        (Action.CREATE, ActionReason.RESUME_CREATION, "(because an earlier run was interrupted"),
        (Action.REPLACE, ActionReason.REPLACE_BECAUSE_TAINTED, "is tainted, so must be replaced"),
        (Action.REPLACE, ActionReason.REPLACE_BY_REQUEST, "will be replaced, as requested"),
        (Action.REPLACE, ActionReason.REPLACE_BY_TRIGGERS, "changes in replace_triggered_by"),
        (
            Action.DELETE,
            ActionReason.DELETE_BECAUSE_NOT_DECLARED,
            "(because compute.vm[1] is not in configuration)",
        ),
        (
            Action.DELETE,
            ActionReason.DELETE_BECAUSE_COUNT_INDEX,
            "(because index [1] is out of range for count)",
        ),
        (Action.READ, ActionReason.NONE, "# compute.vm[1] will be read during apply"),
        (Action.FORGET, ActionReason.NONE, "will no longer be managed by mlctl, but"),
    ],
)
def test_every_action_says_why_it_is_taken(action: Action, reason: ActionReason, line: str) -> None:
    attributes = from_plain({"id": "1", "size": "s"})
    change = ResourceChange(
        address=address("compute.vm[1]"),
        kind="compute",
        type="local",
        action=action,
        before=None if action is Action.CREATE else attributes,
        after=attributes if action in (Action.CREATE, Action.REPLACE, Action.READ) else None,
        reason=reason,
    )

    assert line in plan_text.render(Plan(resources=(change,)), Style())


def test_control_characters_in_a_configuration_cannot_reach_the_terminal() -> None:
    evil = "\x1b[2Jgone\u202e"
    change = replace(CREATED, after=from_plain({"host": evil, "text": f"a\n{evil}", evil: "x"}))
    step = replace(RUNNING, compute=evil, reused_from=evil)

    text = plan_text.render(
        Plan(resources=(change,), steps=(step, replace(REUSED, reused_from=evil))), Style()
    )

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\u001b[2Jgone\\u202e" in text


def test_prose_is_wrapped_to_the_terminal() -> None:
    plan = replace(FULL_PLAN, warnings=("word " * 40,))

    text = plan_text.render(plan, Style(width=50))

    assert all(len(line) <= 50 for line in text.splitlines() if "word" in line)


def test_a_saved_plan_names_the_command_that_applies_it() -> None:
    text = plan_text.advice(FULL_PLAN, Style(), saved_to="p.plan")

    assert 'mlctl apply "p.plan"' in text
    assert "--out" in plan_text.advice(FULL_PLAN, Style())
    assert plan_text.advice(Plan(), Style()) == ""


def test_a_thousand_steps_are_rendered_in_no_time() -> None:
    steps = tuple(
        StepChange(
            address=address(f"pipeline.p.step.s[{i}]"),
            action=Action.RUN,
            reasons=RUNNING.reasons[:3],
            estimated_s=3.0,
            compute="compute.gpu",
        )
        for i in range(1000)
    )
    plan = Plan(steps=steps)

    began = time.perf_counter()
    text = plan_text.render(plan, Style(color=True))

    # Twenty times what it takes here, so that a busy machine does not fail it.
    assert time.perf_counter() - began < 0.5
    assert text.count("will run") == 1000


def test_a_plan_as_markdown_folds_below_its_counts() -> None:
    text = plan_markdown(FULL_PLAN)

    assert text.startswith(
        "### Plan: 2 to add, 1 to change, 2 to destroy; 2 steps to run, 2 reused."
    )
    assert "```text\n" in text
    assert CANARY not in text
    assert plan_markdown(Plan(steps=(CURRENT,))) == "### No changes. 1 step is up to date.\n"


def test_nothing_in_a_plan_can_end_its_markdown_block() -> None:
    change = replace(CREATED, after=from_plain({"note": "x\n````\n<script>"}))

    assert plan_markdown(Plan(resources=(change,))).count("`````") == 2


def test_a_plan_too_long_for_a_comment_is_cut() -> None:
    change = replace(CREATED, after=from_plain({f"a{i}": "x" * 100 for i in range(2000)}))

    text = plan_markdown(Plan(resources=(change,)))

    assert len(text) < 65_536
    assert "too long to show" in text


def test_a_refresh_only_plan_with_drift_does_not_claim_that_nothing_changes() -> None:
    drift = Drift(address("compute.vm"), "compute", "", from_plain({"a": 1}), from_plain({"a": 2}))
    text = plan_text.render(Plan(mode=PlanMode.REFRESH_ONLY, drift=(drift,)), Style())

    assert "No changes." not in text
    assert "Apply records them as they are" in text
