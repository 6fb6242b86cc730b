"""What programs read: JSON lines, the plan's document and the state's."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mlctl.core.diagnostic import Diagnostic, Severity
from mlctl.core.digest import Json
from mlctl.core.event import (
    Event,
    Notice,
    OutputPublished,
    OutputsSet,
    ResourceCompleted,
    ResourceFailed,
    ResourceIdentified,
    ResourceProgress,
    ResourceStarted,
    RunFinished,
    RunStarted,
    Skipped,
    StepFailed,
    StepForgotten,
    StepInterrupted,
    StepLog,
    StepProgress,
    StepRetrying,
    StepReused,
    StepStarted,
    StepSucceeded,
)
from mlctl.core.plan import Action, Plan, Summary
from mlctl.core.secret import Secret
from mlctl.core.state import OutputValue, ResourceRecord, State
from mlctl.core.value import from_plain, object_of, tuple_of, unknown
from mlctl.views.json_messages import refresh_completed, refresh_started
from mlctl.views.jsonl import JsonLines, dumps
from mlctl.views.messages import event_sentence
from mlctl.views.plan_json import plan_document
from mlctl.views.state_json import resource_json, state_document
from mlctl.views.value_json import clear_json, sensitive_places, unknown_places
from tests.builders import step_record
from tests.golden import Golden
from tests.views.view_samples import (
    AT,
    CANARY,
    FULL_PLAN,
    SEAL,
    address,
    envelope,
    file_digest,
    secret,
)

TYPES = {
    "version refresh_start refresh_complete resource_drift planned_change change_summary"
    " apply_start apply_progress apply_complete apply_errored step_start step_progress step_log"
    " step_complete step_reused step_errored step_skipped outputs diagnostic"
}
KNOWN_TYPES = set(" ".join(TYPES).split())

GPU = address("compute.gpu")
TRAIN = address("pipeline.p.step.train")
RECORD = ResourceRecord(
    address=GPU,
    kind="compute",
    type="ssh",
    attributes={"id": "i-7", "key": SEAL, "nested": {"list": [1, SEAL]}},
)
EVERY_EVENT: tuple[Event, ...] = (
    RunStarted(run_id="r7", operation="apply", lineage="l", serial=1, total=3),
    ResourceStarted(GPU, Action.CREATE, RECORD),
    ResourceIdentified(GPU, RECORD),
    ResourceProgress(GPU, Action.CREATE, 10.0, "booting"),
    ResourceCompleted(GPU, Action.CREATE, RECORD, 12.5),
    ResourceFailed(GPU, Action.DELETE, "it is busy", 1.0),
    StepStarted(TRAIN, file_digest("a"), "compute.gpu", attempt=2),
    StepStarted(TRAIN, file_digest("a"), "compute.gpu", attached=True),
    StepLog(TRAIN, "epoch 1\nepoch 2\n"),
    StepProgress(TRAIN, 70.0, "queued"),
    StepRetrying(TRAIN, 1, "host lost", 10.0),
    StepSucceeded(TRAIN, step_record(), 3.0),
    StepSucceeded(TRAIN, step_record(), 3.0, published=False, note="moved"),
    StepReused(TRAIN, step_record(), early_cutoff=True),
    StepFailed(TRAIN, "exit code 3", 3, "runs/r7/logs/train.log", ("a", "b"), 2.0),
    StepInterrupted(TRAIN, detached=True),
    StepInterrupted(TRAIN, detached=False),
    StepForgotten(TRAIN),
    Skipped(TRAIN, Action.RUN, "pipeline.p.step.prep failed"),
    Skipped(GPU, Action.CREATE, "compute.base failed"),
    OutputsSet({"token": OutputValue(SEAL, "string", True), "n": OutputValue(1, "number")}),
    OutputPublished(address("pipeline.p.outputs.model"), ".mlctl/outputs/p/model"),
    Notice("a lock was taken over"),
    RunFinished(run_id="r7", status="failed", summary=Summary(add=1, run=2, reuse=5), failed=1),
)


def read(out: io.StringIO) -> list[dict[str, Json]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def ticking() -> Iterator[str]:
    yield from (AT for _ in range(1000))


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def lines(out: io.StringIO) -> JsonLines:
    times = ticking()
    return JsonLines(out, lambda: next(times))


def test_the_lines_of_a_plan_look_as_expected(
    lines: JsonLines, out: io.StringIO, golden: Golden
) -> None:
    lines.version()
    lines.plan(FULL_PLAN)

    version, *rest = read(out)
    assert version["type"] == "version"
    golden("plan_lines.jsonl", "".join(dumps(line) + "\n" for line in rest))


def test_the_lines_of_an_apply_look_as_expected(
    lines: JsonLines, out: io.StringIO, golden: Golden
) -> None:
    for seq, event in enumerate(EVERY_EVENT, 1):
        lines.show(envelope(event, seq))

    golden("apply_lines.jsonl", out.getvalue())


def test_every_line_has_a_level_a_message_a_time_and_a_known_type(
    lines: JsonLines, out: io.StringIO
) -> None:
    lines.version()
    lines.say(refresh_started(GPU, "i-7"))
    lines.say(refresh_completed(GPU, "i-7"))
    lines.plan(FULL_PLAN)
    for event in EVERY_EVENT:
        lines.show(envelope(event))
    lines.outputs({})
    lines.diagnostics([Diagnostic(summary="s"), Diagnostic(severity=Severity.WARNING, summary="w")])

    for line in read(out):
        assert {"@level", "@message", "@timestamp", "type"} <= line.keys()
        assert line["type"] in KNOWN_TYPES
        assert line["@timestamp"] == AT
        assert line["@message"]


def test_a_line_about_one_object_has_its_address_at_the_top(
    lines: JsonLines, out: io.StringIO
) -> None:
    lines.plan(FULL_PLAN)
    lines.say(refresh_started(GPU))
    for event in EVERY_EVENT:
        if hasattr(event, "address"):
            lines.show(envelope(event))

    general = {"change_summary", "outputs", "diagnostic"}
    found = [line for line in read(out) if line["type"] not in general or "address" in line]
    assert len(found) > len(EVERY_EVENT)
    assert all(isinstance(line["address"], str) for line in found)


def test_no_line_tells_a_sensitive_value(lines: JsonLines, out: io.StringIO) -> None:
    lines.plan(FULL_PLAN)
    for event in EVERY_EVENT:
        lines.show(envelope(event))

    assert CANARY not in out.getvalue()
    assert "hmac" not in out.getvalue()


def test_the_counts_have_exactly_the_agreed_names(lines: JsonLines, out: io.StringIO) -> None:
    lines.plan(FULL_PLAN)
    lines.show(envelope(RunStarted(run_id="r", operation="destroy", lineage="", serial=0)))
    lines.show(envelope(RunFinished(run_id="r", status="succeeded", summary=Summary(remove=4))))

    planned, done = (line for line in read(out) if line["type"] == "change_summary")

    assert planned["changes"] == {
        "add": 2,
        "change": 1,
        "remove": 2,
        "import": 0,
        "run": 2,
        "reuse": 2,
        "operation": "plan",
    }
    assert isinstance(done["changes"], dict)
    assert done["changes"]["operation"] == "destroy"
    assert done["@message"] == "Destroy complete! Resources: 4 destroyed."


def test_text_and_json_say_the_same_sentence(lines: JsonLines, out: io.StringIO) -> None:
    for event in EVERY_EVENT[1:16]:
        out.truncate(out.seek(0))
        lines.show(envelope(event))
        assert read(out)[0]["@message"] == event_sentence(event)


def test_every_event_has_a_sentence_on_one_line() -> None:
    for event in EVERY_EVENT:
        if not isinstance(event, StepLog):
            assert event_sentence(event)
            assert "\n" not in event_sentence(event)


def test_the_document_of_a_plan_looks_as_expected(golden: Golden) -> None:
    state = State(lineage="lin", serial=7, resources={GPU: RECORD}, steps={TRAIN: step_record()})
    document = plan_document(FULL_PLAN, state, {"root": {}})
    assert isinstance(document.pop("mlctl_version"), str)

    golden("plan_document.json", json.dumps(document, indent=1) + "\n")


def test_the_document_of_a_plan_has_the_agreed_keys_and_no_secrets() -> None:
    document = plan_document(FULL_PLAN, State())

    agreed = (
        "format_version mlctl_version variables resource_changes step_changes output_changes"
        " prior_state configuration errored applyable"
    )
    assert set(agreed.split()) <= document.keys()
    assert CANARY not in dumps(document)
    assert document["applyable"] is True
    assert plan_document(Plan(), State())["applyable"] is False
    assert plan_document(FULL_PLAN, State(), errored=True)["applyable"] is False


def test_a_replacement_is_a_deletion_and_a_creation() -> None:
    changes = plan_document(FULL_PLAN, State())["resource_changes"]
    assert isinstance(changes, list)

    by_address = {change["address"]: change["change"]["actions"] for change in changes}

    assert by_address["compute.vm"] == ["delete", "create"]
    assert by_address["compute.gpu"] == ["create"]


def test_a_step_that_is_up_to_date_is_a_reuse() -> None:
    changes = plan_document(FULL_PLAN, State())["step_changes"]
    assert isinstance(changes, list)

    found = {c["step"]: (c["action"], c["index"], c["fingerprint"]) for c in changes}

    assert found["load"] == ("reuse", None, file_digest("e"))
    assert found["train"] == ("run", "small", None)
    assert all(c["pipeline"] == "fit" for c in changes)


def test_mirrors_show_where_a_value_is_unknown_or_sensitive() -> None:
    value = object_of(
        {
            "a": unknown(),
            "b": tuple_of([from_plain(1), unknown(), secret()]),
            "c": object_of({"d": secret(), "e": from_plain(0.5)}),
        }
    )

    assert clear_json(value) == {"b": [1, None, None], "c": {"d": None, "e": 0.5}}
    assert unknown_places(value) == {"a": True, "b": [False, True, False], "c": {}}
    assert sensitive_places(value) == {"b": [False, False, True], "c": {"d": True}}
    assert (clear_json(None), unknown_places(None), sensitive_places(None)) == (None, False, False)


def test_the_document_of_a_state_has_values_and_no_secrets() -> None:
    state = State(
        lineage="l",
        serial=3,
        outputs={"o": OutputValue(SEAL, "string", True), "n": OutputValue([1], ["list", "number"])},
        resources={GPU: RECORD},
        steps={TRAIN: step_record()},
    )

    document = json.loads(dumps(state_document(state)))

    assert set(document) >= {"format_version", "mlctl_version", "values"}
    values = document["values"]
    assert values["outputs"]["o"] == {"sensitive": True, "type": "string", "value": None}
    assert values["outputs"]["n"]["value"] == [1]
    assert values["resources"][0]["values"] == {
        "id": "i-7",
        "key": None,
        "nested": {"list": [1, None]},
    }
    assert values["resources"][0]["sensitive_values"] == {
        "key": True,
        "nested": {"list": [False, True]},
    }
    step = values["steps"][0]
    assert step["metrics"] == {"metrics": {"accuracy": 0.5}}
    assert step["outputs"]["model"]["size_bytes"] == 5
    assert {"address", "fingerprint", "run_id", "started_at", "finished_at", "compute"} <= set(step)
    assert "hmac" not in dumps(document)


def test_a_secret_that_is_still_in_memory_is_not_written_either() -> None:
    # Providers hand secrets about as a type of their own, which must not get lost on the way.
    record = replace(RECORD, attributes={"key": Secret(CANARY)})  # type: ignore[dict-item] # on purpose

    assert resource_json(record)["values"] == {"key": None}
