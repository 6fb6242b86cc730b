"""The state, its outputs, the run history and the explanation of a step, as people read them."""

from __future__ import annotations

import json

import pytest

from mlctl.core.errors import MlctlError
from mlctl.core.plan import Action, StepChange, Summary
from mlctl.core.state import OutputValue, ResourceRecord, State, Status
from mlctl.core.step import Pending
from mlctl.state.history import RunDetail, RunSummary, StepSummary
from mlctl.views import output_values, state_text
from mlctl.views.explain import explain_json, explain_text
from mlctl.views.key_parts import compare
from mlctl.views.runs import elapsed_s, run_detail_json, run_text, runs_json, runs_text
from mlctl.views.style import Style
from tests.builders import step_address, step_record
from tests.golden import Golden
from tests.views.view_samples import (
    CANARY,
    REUSED,
    RUNNING,
    SEAL,
    SEALED_TEXT,
    WAITING,
    address,
    key,
)

OUTPUTS = {
    "token": OutputValue(SEAL, "string", True),
    "name": OutputValue("a\tb", "string"),
    "count": OutputValue(3, "number"),
    "on": OutputValue(True, "bool"),
    "names": OutputValue(["a"], ["list", "string"]),
    "nothing": OutputValue(None, "string"),
    "by": OutputValue({"a": 1}, ["map", "number"]),
}
STATE = State(
    lineage="l",
    serial=2,
    outputs=OUTPUTS,
    resources={
        address("compute.gpu[1]"): ResourceRecord(
            address=address("compute.gpu[1]"),
            kind="compute",
            type="ssh",
            attributes={"id": "i-7", "key": SEAL, "tags": {"a": "b"}, "none": None},
            status=Status.TAINTED,
        )
    },
    steps={step_address("train"): step_record()},
)


def test_the_state_looks_as_expected(golden: Golden) -> None:
    golden("state.txt", state_text.state_text(STATE, Style()))


def test_an_empty_state_says_so() -> None:
    assert state_text.state_text(State(), Style()) == "The state is empty.\n"


def test_addresses_are_listed_in_the_order_people_expect() -> None:
    found = [address(f"compute.c[{i}]") for i in (10, 9, 1)]

    assert state_text.addresses_text(found) == "compute.c[1]\ncompute.c[9]\ncompute.c[10]\n"
    assert state_text.addresses_text([]) == ""


def test_outputs_are_shown_as_expressions_that_give_them_again() -> None:
    text = output_values.outputs_text(OUTPUTS)

    assert 'name = "a\\tb"\n' in text
    assert 'names = tolist([\n  "a",\n])\n' in text
    assert 'by = tomap({\n  "a" = 1\n})\n' in text
    assert "token = (sensitive value)\n" in text
    assert output_values.outputs_text({}) == ""


@pytest.mark.parametrize(("name", "text"), [("name", "a\tb"), ("count", "3"), ("on", "true")])
def test_a_raw_output_is_the_bare_text(name: str, text: str) -> None:
    assert output_values.raw_text(OUTPUTS, name) == text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nmae", 'no output "nmae". Did you mean "name"?'),
        ("token", "sensitive values are not recorded"),
        ("names", "use --json"),
        ("nothing", "use --json"),
        ("xyzzy", 'the state has no output "xyzzy".'),
    ],
)
def test_a_raw_output_that_cannot_be_is_an_error_that_says_why(name: str, words: str) -> None:
    with pytest.raises(MlctlError) as caught:
        output_values.raw_text(OUTPUTS, name)

    assert words in str(caught.value)


def test_outputs_as_json_hide_what_is_sensitive() -> None:
    everything = output_values.output_json(OUTPUTS)

    assert isinstance(everything, dict)
    assert everything["token"] == {"sensitive": True, "type": "string", "value": None}
    assert output_values.output_json(OUTPUTS, "by") == {"a": 1}
    with pytest.raises(output_values.NoSuchOutput):
        output_values.output_json(OUTPUTS, "nope")


def test_an_output_cannot_act_on_the_terminal() -> None:
    evil = {"e": OutputValue("a\n\x1b[2J", "string"), "f": OutputValue("\x1b[2J", "string")}

    assert "\x1b" not in output_values.outputs_text(evil)


def test_an_explanation_lays_two_keys_side_by_side(golden: Golden) -> None:
    golden("explain.txt", explain_text(RUNNING, key(command="python train.py " * 8), Style()))


def test_an_explanation_without_a_record_shows_what_would_run() -> None:
    text = explain_text(WAITING, None, Style(width=160))

    assert text.startswith("pipeline.fit.step.score will run\n  waits for ")
    assert "fingerprint: (known after apply)" in text
    assert '(known after apply of pipeline.fit.step.train["small"])' in text


def test_an_explanation_of_a_reused_step_marks_nothing() -> None:
    text = explain_text(REUSED, key(), Style())

    assert "is reused from run r3" in text
    assert "  ~ " not in text
    assert "Runs r3 and r5 had this fingerprint" in text


def test_only_parts_that_differ_are_marked() -> None:
    rows = compare(key(epochs=20, token=f"hmac-sha256:{'cd' * 32}"), key())

    assert [row.part for row in rows if row.differs] == ["inputs.epochs", "env.TOKEN"]
    assert {row.part for row in rows} >= {"code", "command", "platform", "package.numpy"}


def test_a_sealed_variable_differs_without_being_shown() -> None:
    rows = compare(key(token=f"hmac-sha256:{'cd' * 32}"), key())
    (token,) = (row for row in rows if row.part == "env.TOKEN")

    assert (token.then, token.now, token.differs) == (
        "(sensitive value)",
        "(sensitive value)",
        True,
    )
    assert SEALED_TEXT not in explain_text(RUNNING, key(), Style())


def test_a_pending_part_always_counts_as_different() -> None:
    assert WAITING.key is not None
    rows = compare(WAITING.key, WAITING.key)

    assert {row.part for row in rows if row.differs} == {"inputs.models", "software"}
    assert isinstance(WAITING.key.software, Pending)


def test_an_explanation_as_json_has_every_part() -> None:
    document = json.loads(json.dumps(explain_json(RUNNING, key())))

    assert document["action"] == "run"
    assert [reason["kind"] for reason in document["reasons"]][:2] == [
        "code_changed",
        "input_changed",
    ]
    parts = {part["part"]: part for part in document["parts"]}
    assert parts["inputs.epochs"] == {
        "part": "inputs.epochs",
        "then": "10 (integer)",
        "now": "20 (integer)",
        "differs": True,
    }
    assert document["fingerprint"]["then"] == key().fingerprint()


def test_a_step_that_goes_is_explained_too() -> None:
    gone = StepChange(address=step_address("old"), action=Action.FORGET)

    assert "is not declared any more" in explain_text(gone, None, Style())
    assert explain_json(gone, None)["parts"] == []


RUN = RunSummary(
    run_id="20240506-070809-ab12",
    operation="apply",
    status="failed",
    started_at="2024-05-06T07:08:09.123Z",
    finished_at="2024-05-06T07:10:14.123Z",
    command="mlctl apply",
    summary=Summary(add=1, run=2, reuse=5),
    failed=1,
    skipped=3,
)
DETAIL = RunDetail(
    RUN,
    (
        StepSummary(
            address=step_address("prep"), status="succeeded", duration_s=3.5, compute="compute.gpu"
        ),
        StepSummary(
            address=step_address("train", "small"),
            status="failed",
            attempt=3,
            compute="compute.gpu",
            note="exit code 3\nand more",
            log="runs/x/logs/train.log",
        ),
        StepSummary(address=step_address("score"), status="skipped", note="train failed"),
    ),
)


def test_the_history_is_a_table(golden: Golden) -> None:
    running = RunSummary(
        run_id="20240507", operation="run", status="running", started_at="2024-05-07T01:02:03Z"
    )
    golden("runs.txt", runs_text([running, RUN], Style()))


def test_one_run_is_shown_with_its_steps(golden: Golden) -> None:
    golden("run.txt", run_text(DETAIL, Style()))


def test_a_history_without_runs_says_so() -> None:
    assert runs_text([], Style()) == "No run is kept here.\n"


def test_runs_as_json_have_counts_and_seconds() -> None:
    (found,) = json.loads(json.dumps(runs_json([RUN])))

    assert found["duration_seconds"] == 125.0
    assert found["changes"]["reuse"] == 5
    steps = json.loads(json.dumps(run_detail_json(DETAIL)))["steps"]
    assert [step["status"] for step in steps] == ["succeeded", "failed", "skipped"]


def test_a_damaged_time_is_no_duration() -> None:
    assert elapsed_s("2024-05-06T07:08:09Z", "") is None
    assert elapsed_s("2024-05-06T07:08:09Z", "2024-05-06T07:08:10") is None


def test_the_canary_is_nowhere() -> None:
    # A state that wrongly held a secret in clear would show it; one that holds its seal does not.
    assert CANARY not in state_text.state_text(STATE, Style())
    assert "hmac" not in state_text.state_text(STATE, Style())
