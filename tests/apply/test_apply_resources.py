"""Objects: made, changed, replaced, removed; intent before effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mlctl.apply.stop import Stop
from mlctl.core.errors import Rejected
from mlctl.core.event import (
    OutputPublished,
    OutputsSet,
    ResourceCompleted,
    ResourceFailed,
    ResourceIdentified,
    ResourceProgress,
    ResourceStarted,
    RunFinished,
    Skipped,
    StepForgotten,
    StepSucceeded,
)
from mlctl.core.plan import Action, OutputChange, Plan, StepChange
from mlctl.core.state import OutputValue, ResourceRecord, Status
from mlctl.core.types import STRING
from mlctl.core.value import SENSITIVE, from_plain, string, unknown
from mlctl.state.reduce import fold
from tests.apply.world import Step, Thing, World, names, of_kind
from tests.builders import (
    compute_address,
    resource_record,
    state_of,
    step_address,
    step_record,
)


def status(events: Sequence[object]) -> str:
    last = events[-1]
    assert isinstance(last, RunFinished)
    return last.status


def made_record(events: Sequence[object]) -> ResourceRecord:
    """What the one completed object is recorded as."""
    [done] = of_kind(events, ResourceCompleted)
    assert done.record is not None
    return done.record


def test_an_object_is_intended_then_made_then_identified_then_ready(tmp_path: Path) -> None:
    world = World(tmp_path, Thing("gpu"))

    events = world.run()

    [started] = of_kind(events, ResourceStarted)
    [identified] = of_kind(events, ResourceIdentified)
    intent, known, ready = started.record, identified.record, made_record(events)
    assert intent is not None
    assert [intent.status, known.status] == [Status.CREATING, Status.CREATING]
    assert ready.status is Status.OK
    assert intent.token == known.token == ready.token != ""
    assert "id" not in intent.attributes
    assert known.attributes["id"] == "id-gpu"
    assert ready.created_at.endswith("Z")
    assert status(events) == "succeeded"


def test_nothing_is_asked_of_a_provider_before_the_intent_was_handled(tmp_path: Path) -> None:
    world = World(tmp_path, Thing("gpu"))

    for event in world.events():
        if isinstance(event, ResourceStarted):
            assert world.kind.calls == []
        if isinstance(event, ResourceIdentified):
            assert world.kind.calls == ["create gpu"]


def test_when_the_intent_could_not_be_journaled_nothing_is_made(tmp_path: Path) -> None:
    world = World(tmp_path, Thing("gpu"), Thing("cpu"))
    events = []
    for event in world.events():
        events.append(event)
        if isinstance(event, ResourceStarted):
            world.stop.request(Stop.DRAIN, "the journal is full")

    assert world.kind.calls == []
    assert set(names(events, Skipped)) == {"gpu", "cpu"}
    assert status(events) == "failed"


def test_a_creation_that_was_cut_short_goes_on_with_its_token(tmp_path: Path) -> None:
    intent = resource_record("gpu", status=Status.CREATING, token="first")
    world = World(tmp_path, Thing("gpu"), state=state_of(intent))
    world.kind.things["first"] = {"name": "gpu", "id": "made-before-the-crash"}

    events = world.run()

    assert made_record(events).attributes["id"] == "made-before-the-crash"
    assert len(world.kind.things) == 1


def test_an_object_whose_creation_failed_stays_recorded(tmp_path: Path) -> None:
    world = World(tmp_path, Thing("gpu"), Thing("user", needs=("gpu",)))
    world.kind.refuses["wait gpu"] = Rejected("gpu", "quota")

    events = world.run()

    state = fold(world.state, events)
    assert state.resources[compute_address("gpu")].status is Status.CREATING
    assert state.resources[compute_address("gpu")].attributes["id"] == "id-gpu"
    assert names(events, ResourceFailed) == ["gpu"]
    assert names(events, Skipped) == ["user"]


def test_a_change_in_place_keeps_what_is_known(tmp_path: Path) -> None:
    prior = resource_record("gpu", id="i-1", size="small")
    world = World(
        tmp_path, Thing("gpu", Action.UPDATE, attributes={"size": "big"}), state=state_of(prior)
    )

    events = world.run()

    done = made_record(events)
    assert done.attributes == {"name": "gpu", "id": "i-1", "size": "big"}
    assert done.token == prior.token
    assert done.created_at == prior.created_at


def test_a_replacement_removes_first_and_counts_as_both(tmp_path: Path) -> None:
    prior = resource_record("gpu", id="i-1")
    world = World(tmp_path, Thing("gpu", Action.REPLACE), state=state_of(prior))

    events = world.run()

    assert world.kind.calls == ["delete gpu", "create gpu", "wait gpu"]
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert (last.summary.add, last.summary.remove) == (1, 1)


def test_create_before_destroy_keeps_the_old_one_recorded_until_it_is_removed(
    tmp_path: Path,
) -> None:
    prior = resource_record("gpu", id="i-1")
    world = World(
        tmp_path,
        Thing("gpu", Action.REPLACE, create_before_destroy=True),
        Thing("user", Action.UPDATE, needs=("gpu",)),
        state=state_of(prior, resource_record("user")),
    )
    state = world.state
    for event in world.events():
        state = fold(state, [event])
        kept = [r.attributes.get("id") for r in state.resources.values()]
        assert "delete gpu" in world.kind.calls or "i-1" in kept

    assert world.kind.calls.index("create gpu") < world.kind.calls.index("update user")
    assert world.kind.calls[-1] == "delete gpu"
    assert [r.status for r in state.resources.values()] == [Status.OK, Status.OK]


def test_a_failed_creation_leaves_the_deposed_object_recorded(tmp_path: Path) -> None:
    prior = resource_record("gpu", id="i-1")
    world = World(
        tmp_path,
        Thing("gpu", Action.REPLACE, create_before_destroy=True),
        state=state_of(prior),
    )
    world.kind.refuses["create gpu"] = Rejected("gpu", "quota")

    state = fold(world.state, world.run())

    deposed = [r for r in state.resources.values() if r.status is Status.DEPOSED]
    assert [r.attributes["id"] for r in deposed] == ["i-1"]
    assert deposed[0].address.parts[-1].kind == "deposed"
    assert "delete gpu" not in world.kind.calls


def test_objects_go_before_what_they_need(tmp_path: Path) -> None:
    disk = resource_record("disk")
    machine = replace(resource_record("machine"), dependencies=(disk.address,))
    world = World(
        tmp_path,
        Thing("disk", Action.DELETE),
        Thing("machine", Action.DELETE),
        state=state_of(disk, machine),
    )

    state = fold(world.state, world.run())

    assert world.kind.calls == ["delete machine", "delete disk"]
    assert state.resources == {}


def test_what_was_asked_for_but_perhaps_never_made_is_removed_by_its_token(tmp_path: Path) -> None:
    made = resource_record("made", status=Status.CREATING, token="t-made")
    never = resource_record("never", status=Status.CREATING, token="t-never")
    world = World(
        tmp_path,
        Thing("made", Action.DELETE),
        Thing("never", Action.DELETE),
        state=state_of(made, never),
    )
    world.kind.things["t-made"] = {"name": "made", "id": "found"}

    state = fold(world.state, world.run())

    assert world.kind.calls == ["delete made"]
    assert state.resources == {}


def test_secrets_are_sealed_in_records_and_clear_for_the_provider(tmp_path: Path) -> None:
    world = World(tmp_path, Thing("gpu", attributes={"password": "canary"}))

    events = world.run()

    assert "canary" not in str(events)
    assert made_record(events).attributes["password"] == {"sensitive": True, "hmac": "sealed:6"}
    [made] = world.kind.things.values()
    assert made["password"].reveal() == "canary"  # type: ignore[union-attr]  # a Secret


def test_what_a_provider_says_meanwhile_is_handed_on(tmp_path: Path) -> None:
    world = World(tmp_path, Thing("gpu"))

    events = world.run()

    assert [e.note for e in of_kind(events, ResourceProgress)] == ["nearly there"]


def test_a_target_made_in_this_run_is_told_to_whoever_runs_jobs_on_it(tmp_path: Path) -> None:
    world = World(tmp_path, Thing("here"), Step("a"))

    events = world.run()

    assert world.executors.told[compute_address()]["id"] == "id-here"
    assert world.resources[compute_address()]["id"] == "id-here"
    assert names(events, StepSucceeded) == ["a"]


def test_a_step_that_is_not_declared_any_more_is_forgotten(tmp_path: Path) -> None:
    record = step_record("gone")
    world = World(tmp_path, state=state_of(record))
    plan = Plan(steps=(StepChange(address=record.address, action=Action.FORGET),))

    events = world.run(plan=plan)

    assert names(events, StepForgotten) == ["gone"]
    assert fold(world.state, events).steps == {}


def test_pipeline_outputs_are_published_under_names_that_any_disk_takes(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    world.run()
    [result] = world.results.records.values()
    artifact = result.outputs["out"].artifact
    data = {"path": "x", "type": "uri_file", "digest": artifact.digest, "size_bytes": 1}
    pipeline = next(iter(world.steps)).parent
    assert pipeline is not None
    world.pipeline_values = {
        pipeline.child("outputs", "model"): from_plain(data),
        pipeline.child("outputs", "score"): from_plain({"acc": 0.5}),
        pipeline.child("outputs", "secret"): string("x").mark(SENSITIVE),
        pipeline.child("outputs", "later"): unknown(STRING),
    }

    events = world.run("r2")

    published = {Path(e.path).relative_to(tmp_path): e for e in of_kind(events, OutputPublished)}
    assert set(published) == {Path("outputs/p/model"), Path("outputs/p/score")}
    assert world.store.published[tmp_path / "outputs/p/model"].startswith(b"out of ")
    assert b'"acc": 0.5' in world.store.published[tmp_path / "outputs/p/score"]


def published(folder: Path, *paths: str) -> None:
    """Copies of outputs as earlier runs left them."""
    for path in paths:
        place = folder / "outputs" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("old")


def left(folder: Path) -> list[str]:
    """What is published, by its path under ``outputs``."""
    outputs = folder / "outputs"
    return sorted(str(p.relative_to(outputs)) for p in outputs.rglob("*") if p.is_file())


def test_a_pipeline_without_steps_any_more_has_nothing_published(tmp_path: Path) -> None:
    gone = step_record("gone")
    other = replace(gone, address=step_address("other", pipeline="q"))
    world = World(tmp_path, state=state_of(gone, other))
    pipeline = gone.address.parent
    assert pipeline is not None
    world.pipeline_values = {pipeline.child("outputs", "model"): string("x")}
    published(tmp_path, "p/model", "p/more/file", "q/model")
    plan = Plan(steps=(StepChange(address=gone.address, action=Action.FORGET),))

    events = world.run(plan=plan)

    assert status(events) == "succeeded"
    assert left(tmp_path) == ["q/model"]


def test_a_pipeline_that_lost_a_step_keeps_what_it_still_declares(tmp_path: Path) -> None:
    gone, stays = step_record("gone"), step_record("stays")
    world = World(tmp_path, state=state_of(gone, stays))
    pipeline = gone.address.parent
    assert pipeline is not None
    world.pipeline_values = {pipeline.child("outputs", "model"): string("x")}
    published(tmp_path, "p/model", "p/was")
    plan = Plan(steps=(StepChange(address=gone.address, action=Action.FORGET),))

    world.run(plan=plan)

    assert left(tmp_path) == ["p/model"]


def test_root_outputs_are_set_and_secret_ones_sealed(tmp_path: Path) -> None:
    world = World(tmp_path, Step("a"))
    world.state = replace(world.state, outputs={"stays": OutputValue("old", "string")})
    world.outputs = tuple(
        OutputChange(name, Action.CREATE, None, unknown(STRING), sensitive=name == "key")
        for name in ("url", "key", "stays")
    )
    world.root_values = {"url": string("http://x"), "key": string("canary").mark(SENSITIVE)}

    [told] = of_kind(world.run(), OutputsSet)

    assert told.outputs["url"] == OutputValue("http://x", "string")
    assert told.outputs["key"].sensitive
    assert "canary" not in str(told.outputs["key"])
    assert told.outputs["stays"].value == "old"


@pytest.mark.parametrize("parallelism", [1, 3])
def test_objects_are_made_side_by_side_but_never_more_than_allowed(
    tmp_path: Path, parallelism: int
) -> None:
    world = World(tmp_path, *[Thing(f"t{n}") for n in range(10)])
    world.options = replace(world.options, parallelism=parallelism)
    open_now, most = 0, 0
    for event in world.events():
        open_now += isinstance(event, ResourceStarted)
        open_now -= isinstance(event, ResourceCompleted)
        most = max(most, open_now)

    assert most <= parallelism
    assert len(world.kind.things) == 10
