"""Commands that only look, in the cases that are not everyday."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlctl.state.backend import LockRequest
from mlctl.state.backends.local import LocalBackend
from tests.cli.terminal import Ended, mlctl

CONFIG = """
variable "word" { default = "hello" }
locals { word = upper(var.word) }
environment "plain" { managed = false }
compute "local" "here" { max_parallel_steps = 2 }
pipeline "p" {
  default_compute = compute.here
  step "a" {
    environment = environment.plain
    command     = "echo ${inputs.word} | tee ${outputs.out}"
    inputs      = { word = local.word }
    output "out" { type = "uri_file" }
  }
  step "b" {
    command = "cat ${inputs.data} > ${outputs.out}; cat ${inputs.first} >> ${outputs.out}"
    for_each = toset(["x", "y"])
    inputs  = { data = steps.a.outputs.out, first = steps.a.outputs.out, key = each.key }
    output "out" { type = "uri_file" }
  }
  output "n" { value = 1 }
}
pipeline "q" {
  run_on_apply = false
  step "last" {
    command = "cat ${inputs.all} > ${outputs.out}"
    inputs  = { all = pipeline.p.outputs.n, first = 1 }
    output "out" { type = "uri_file" }
  }
  output "out" { value = steps.last.outputs.out }
}
"""
A = "pipeline.p.step.a"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Applied; tests only read."""
    folder = tmp_path_factory.mktemp("readers")
    (folder / "main.hcl").write_text(CONFIG.replace("cat ${inputs.all}", "echo ${inputs.all}"))
    done = mlctl(folder, "apply", "--auto-approve")
    assert done.code == 0, done.out + done.err
    return folder


def ok(folder: Path, *words: str, stdin: str = "") -> Ended:
    done = mlctl(folder, *words, stdin=stdin)
    assert done.code == 0, done.out + done.err
    return done


def test_an_address_stands_for_its_instances_and_what_is_in_it(folder: Path) -> None:
    listed = ok(folder, "state", "list", "pipeline.p.step.b").out.splitlines()
    shown = json.loads(ok(folder, "show", "--json", "pipeline.p.step.b").out)
    one = json.loads(ok(folder, "show", "--json", 'pipeline.p.step.b["x"]').out)

    assert listed == ['pipeline.p.step.b["x"]', 'pipeline.p.step.b["y"]']
    assert [step["address"] for step in shown] == listed
    assert one["address"] == listed[0]


@pytest.mark.parametrize("words", [["show"], ["state", "show"], ["state", "list"], ["explain"]])
def test_what_is_no_address_or_not_there_is_named(folder: Path, words: list[str]) -> None:
    for text in ("no address", "pipeline.p.step.c"):
        done = mlctl(folder, *words, text)
        assert done.code == 1
        assert f'There is no "{text}"' in done.err


def test_a_step_is_explained_although_only_run_runs_it(folder: Path) -> None:
    done = ok(folder, "explain", "pipeline.q.step.last")

    assert "pipeline.q.step.last will run" in done.out
    assert "never ran" in done.out


def test_a_pipeline_explains_all_its_steps(folder: Path) -> None:
    explained = json.loads(ok(folder, "explain", "--json", "pipeline.p").out)

    assert [one["address"] for one in explained] == [
        A,
        'pipeline.p.step.b["x"]',
        'pipeline.p.step.b["y"]',
    ]


def test_only_steps_are_explained(folder: Path) -> None:
    done = mlctl(folder, "explain", "compute.here")

    assert done.code == 1
    assert "not a step" in done.err


def test_the_graph_leaves_out_what_only_hands_on_and_arrows_that_others_imply(
    folder: Path,
) -> None:
    drawn = json.loads(ok(folder, "graph", "--type", "json").out)

    addresses = {node["address"] for node in drawn["nodes"]}
    assert addresses == {
        "compute.here",
        "environment.plain",
        A,
        "pipeline.p.step.b",
        "pipeline.q.step.last",
    }
    arrows = {(edge["from"], edge["to"]) for edge in drawn["edges"]}
    assert (A, "pipeline.p.step.b") in arrows
    assert ("compute.here", A) in arrows
    assert ("compute.here", "pipeline.p.step.b") not in arrows


def test_get_puts_a_copy_into_a_folder_under_the_outputs_name(folder: Path, tmp_path: Path) -> None:
    ok(folder, "get", A, str(tmp_path))

    assert (tmp_path / "out").read_text() == "HELLO\n"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("pipeline.p.outputs.n", "has no content"),
        ("pipeline.q.outputs.out", "has no content"),
        ("pipeline.p.outputs.m", 'Did you mean "pipeline.p.outputs.n"?'),
        ("compute.here", "There is no"),
    ],
)
def test_get_says_why_there_is_nothing_to_copy(
    folder: Path, tmp_path: Path, address: str, said: str
) -> None:
    done = mlctl(folder, "get", address, str(tmp_path / "copy"))

    assert done.code == 1
    assert said in done.err
    assert not (tmp_path / "copy").exists()


SEVERAL = """
variable "word" { default = "one" }
pipeline "p" {
  step "a" {
    command = "echo ${inputs.word} | tee ${outputs.x} > ${outputs.y}"
    inputs  = { word = var.word }
    output "x" { type = "uri_file" }
    output "y" { type = "uri_file" }
  }
  output "x" { value = steps.a.outputs.x }
}
"""


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A step with two outputs, not applied."""
    (tmp_path / "main.hcl").write_text(SEVERAL)
    return tmp_path


def test_get_lists_the_outputs_where_a_name_stands_for_several(several: Path) -> None:
    ok(several, "apply", "--auto-approve")

    step, pipeline = mlctl(several, "get", A, "to"), mlctl(several, "get", "pipeline.p", "to")

    assert (step.code, pipeline.code) == (1, 1)
    assert f"Error: {A} is not one output but several" in step.err
    assert f"{A}.outputs.x, {A}.outputs.y" in step.err
    assert "Name one: pipeline.p.outputs.x." in pipeline.err


@pytest.mark.parametrize("address", [A, f"{A}.outputs.x"])
def test_get_says_that_a_step_has_not_run(several: Path, address: str) -> None:
    done = mlctl(several, "get", address, "to")

    assert done.code == 1
    assert f"{address} was not made yet" in done.err
    assert "mlctl apply makes it" in done.err


def test_get_says_how_to_make_lost_content_again(several: Path) -> None:
    ok(several, "apply", "--auto-approve")
    for file in (several / ".mlctl" / "store" / "blobs").rglob("*"):
        if file.is_file():
            file.unlink()

    lost = mlctl(several, "get", f"{A}.outputs.x", "to")
    ok(several, "apply", "--auto-approve")
    ok(several, "get", f"{A}.outputs.x", "to")

    assert lost.code == 1
    assert "mlctl apply makes it" in lost.err
    assert (several / "to").read_text() == "one\n"


def test_the_console_answers_as_recorded_and_with_plan_as_after_apply(several: Path) -> None:
    ok(several, "apply", "--auto-approve")
    asked = "pipeline.p.outputs.x.digest == null"
    words = ("--json", "--var", "word=two")

    recorded = json.loads(ok(several, "console", *words, stdin=asked).out)
    planned = json.loads(ok(several, "console", "--plan", *words, stdin=asked).out)
    same = json.loads(ok(several, "console", "--plan", "--json", stdin=asked).out)

    assert recorded == same == {"type": "bool", "value": False}
    assert planned.get("unknown") is True or planned == recorded


def test_logs_have_a_heading_a_step_unless_one_is_asked_for(folder: Path) -> None:
    every = ok(folder, "runs", "logs").out
    one = ok(folder, "runs", "logs", "latest", "--step", A).out
    followed = ok(folder, "runs", "logs", "-f", "--step", A).out

    assert f"==> {A} <==\nHELLO\n" in every
    assert one == "HELLO\n"
    assert followed == one


def test_the_logs_of_a_step_that_is_not_part_of_the_run_offer_the_nearest(folder: Path) -> None:
    done = mlctl(folder, "runs", "logs", "--step", "pipeline.p.step.aa")

    assert done.code == 1
    assert f'Did you mean "{A}"?' in done.err


def test_environments_are_listed_with_their_locks(folder: Path) -> None:
    assert json.loads(ok(folder, "env", "list", "--json").out) == [
        {"address": "environment.plain", "lock": "not managed", "file": None}
    ]
    assert "not managed" in ok(folder, "env", "lock", "plain").out
    assert 'Did you mean "plain"?' in mlctl(folder, "env", "lock", "plian").err


def test_providers_say_what_uses_them(folder: Path) -> None:
    (local,) = [
        p for p in json.loads(ok(folder, "providers", "--json").out) if p["label"] == "local"
    ]

    assert local["used_by"] == ["compute.here"]
    assert "compute.here" in ok(folder, "providers").out


def test_the_lock_says_who_holds_it_and_can_be_removed_by_its_id(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text("locals {}\n")
    backend = LocalBackend(tmp_path / "mlctl.state.json")
    lease = backend.lock(LockRequest(command="mlctl apply"))
    try:
        held = json.loads(ok(tmp_path, "lock", "show", "--json").out)
        refused = mlctl(tmp_path, "apply", "--auto-approve")
        wrong = mlctl(tmp_path, "force-unlock", "another")
        ok(tmp_path, "force-unlock", held["id"])
    finally:
        backend.unlock(lease)

    assert held["who"]["command"] == "mlctl apply"
    assert refused.code == 4
    assert "mlctl apply" in refused.err
    assert wrong.code == 1
    assert held["id"] in wrong.err
    assert json.loads(ok(tmp_path, "lock", "show", "--json").out) is None


def test_the_state_can_be_read_while_the_configuration_is_being_edited(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "main.hcl").write_text('output "x" { value = 1 }\n')
    ok(tmp_path, "apply", "--auto-approve")
    (tmp_path / "main.hcl").write_text('output "x" { value = \n')

    assert ok(tmp_path, "output", "--raw", "x").out == "1"
    assert mlctl(tmp_path, "plan").code == 1


def test_the_console_is_of_use_without_a_configuration(tmp_path: Path) -> None:
    done = mlctl(tmp_path, "console", stdin='1 + 1\n1 +\n\nupper("a")\n')

    assert done.out.splitlines() == ["2", '"A"']
    assert done.err.count("Error: ") == 1
    assert done.code == 1


def test_the_console_answers_each_line_with_one_object(folder: Path) -> None:
    lines = ["1 / 3", "", "var.nope", "pipeline.p.outputs.n", "timestamp()", "null", "[1, null]"]

    done = ok(folder, "console", "--json", stdin="\n".join(lines) + "\n")

    answers = [json.loads(line) for line in done.out.splitlines()]
    assert len(answers) == len(lines)
    assert done.out.startswith('{"type": "number", "value": 0.333333333333333333333333333333333')
    assert ["diagnostics" in answer for answer in answers] == [False, True, True, *[False] * 4]
    assert answers[3] == {"type": "number", "value": 1}
    assert answers[4] == {"type": "string", "unknown": True}
    assert answers[5]["value"] is None
    assert answers[6]["value"] == [1, None]
