"""What stands between apply and the world: attributes, kinds, targets, sources, turns."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.apply.attributes import has_seal, of_value, opened, sealed
from mlctl.apply.builtin import Kinds, UnknownKind
from mlctl.apply.engine import Engine
from mlctl.apply.executors import ComputeExecutors, NoTarget
from mlctl.apply.job import environment
from mlctl.apply.ports import Busy, SystemClock
from mlctl.apply.rooms import Rooms
from mlctl.apply.script import Await, Gate, Outcome, Script
from mlctl.apply.sources import StoreSources
from mlctl.apply.stop import Stop, StopSignal
from mlctl.apply.turns import LeasedTurns
from mlctl.core.address import Address
from mlctl.core.desired import Located, Stored
from mlctl.core.digest import Digest
from mlctl.core.event import ResourceCompleted, ResourceStarted
from mlctl.core.job import Artifact, DataKind, Layout
from mlctl.core.plan import Action, Plan, ResourceChange
from mlctl.core.provider import Attributes, Context, Executor
from mlctl.core.schema import BlockSchema
from mlctl.core.secret import Secret
from mlctl.core.state import State
from mlctl.core.types import STRING
from mlctl.core.value import SENSITIVE, from_plain, null, object_of, string, unknown
from mlctl.state.reduce import fold
from mlctl.store.lease import Leases
from mlctl.store.local import LocalStore
from tests.apply.fake_executor import FakeExecutor
from tests.apply.fake_kind import SCHEMA, FakeType
from tests.apply.world import Step, Thing, World, of_kind
from tests.builders import artifact, compute_address, fingerprint, resource_record, state_of


def seal(text: str) -> str:
    return f"<{len(text)}>"


def test_secrets_in_lists_and_maps_reach_a_provider_and_no_record() -> None:
    value = from_plain({"plain": [1, "a"], "env": {"A": "x"}})
    secret = object_of(
        {
            **value.entries(),
            "nested": object_of({"key": string("canary").mark(SENSITIVE)}),
            "later": unknown(STRING),
        }
    )

    attributes = of_value(secret, None)
    record = sealed(attributes, None, seal)

    assert attributes["plain"] == [1, "a"]
    assert "later" not in attributes
    nested = attributes["nested"]
    assert isinstance(nested, dict)
    assert nested["key"].reveal() == "canary"
    assert record["nested"] == {"key": {"sensitive": True, "hmac": "<6>"}}
    assert has_seal(record["nested"])
    assert not has_seal(record["env"])


def test_what_a_schema_calls_sensitive_is_sealed_even_if_a_provider_gives_it_plainly() -> None:
    given: Attributes = {"name": "a", "password": "canary"}

    assert sealed(given, SCHEMA, seal)["password"] == {"sensitive": True, "hmac": "<6>"}


def test_recorded_secrets_come_back_from_what_is_written_now() -> None:
    recorded = sealed({"name": "a", "password": Secret("x"), "old": Secret("y")}, SCHEMA, seal)

    prior = opened(recorded, {"password": Secret("x")})

    assert prior == {"name": "a", "password": Secret("x")}


def test_no_object_has_no_attributes() -> None:
    assert of_value(null(STRING)) == {}
    assert of_value(unknown(STRING)) == {}


def test_what_mlctl_keeps_itself_is_completed_when_it_is_recorded(tmp_path: Path) -> None:
    def complete(address: Address, planned: Attributes, ctx: Context) -> Attributes:
        return {**planned, "lock_digest": f"of {address.name}"}

    schema = BlockSchema(doc="")
    kinds = Kinds({}, {"environment": schema}, complete)
    world = World(tmp_path, Thing("sklearn"))
    world.kind_of = lambda: kinds(compute_address("sklearn"), "environment", "")  # type: ignore[method-assign]  # another kind

    created = world.run()
    world.state = fold(world.state, created)
    world.things[compute_address("sklearn")] = Thing("sklearn", Action.UPDATE)
    updated = world.run("r2")
    world.state = fold(world.state, updated)
    world.things[compute_address("sklearn")] = Thing("sklearn", Action.DELETE)
    removed = world.run("r3")

    for events in (created, updated):
        [done] = of_kind(events, ResourceCompleted)
        assert done.record is not None
        assert done.record.attributes["lock_digest"] == "of sklearn"
    assert fold(world.state, removed).resources == {}


def test_a_kind_that_nobody_offers_is_an_error_that_names_it() -> None:
    kinds = Kinds({("compute", "fake"): FakeType()}, {}, lambda _address, planned, _ctx: planned)

    assert kinds(compute_address(), "compute", "fake") == FakeType()
    with pytest.raises(UnknownKind, match='compute "slurm"'):
        kinds(compute_address(), "compute", "slurm")


class Machines(FakeType):
    """A kind of target on which steps run."""

    def executor(self, attributes: Attributes, ctx: Context) -> Executor:
        self.calls.append(f"executor {attributes['name']} {attributes.get('id')}")
        return FakeExecutor()


def executors(tmp_path: Path, kind: FakeType, state: State) -> ComputeExecutors:
    world = World(tmp_path, Thing("here", attributes={"password": "x"}))
    context = Context(tmp_path, tmp_path, "o", lambda _: None)
    return ComputeExecutors(state, world, lambda _address, _kind, _type: kind, context)


def test_a_target_is_reached_by_what_is_recorded_of_it_and_only_made_once(tmp_path: Path) -> None:
    kind = Machines()
    recorded = resource_record("here", id="i-1", cpus=2, password={"sensitive": True, "hmac": "h"})
    found = executors(tmp_path, kind, state_of(recorded))

    assert found.get(compute_address()) is found.get(compute_address())
    assert kind.calls == ["executor here i-1"]
    assert found.facts(compute_address()) == {"cpus": 2}


def test_what_this_run_made_counts_more_than_what_is_recorded(tmp_path: Path) -> None:
    kind = Machines()
    found = executors(tmp_path, kind, state_of(resource_record("here", id="i-1")))
    found.get(compute_address())

    found.made(compute_address(), {"name": "here", "id": "i-2"})
    found.get(compute_address())

    assert kind.calls == ["executor here i-1", "executor here i-2"]


def test_an_object_that_runs_no_jobs_is_no_target(tmp_path: Path) -> None:
    found = executors(tmp_path, FakeType(), State())

    with pytest.raises(NoTarget, match="runs no steps"):
        found.get(compute_address())


def test_sources_follow_ignore_rules_for_code_only(tmp_path: Path) -> None:
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "main.py").write_text("1")
    (folder / ".mlctlignore").write_text("*.log\n")
    store = LocalStore(tmp_path / "store")
    sources = StoreSources(store, tmp_path)
    code = Located(folder, DataKind.FOLDER, artifact(), code=True)
    data = Located(folder, DataKind.FOLDER, artifact())
    before = sources.look(code), sources.look(data)

    (folder / "noise.log").write_text("2")

    assert sources.look(code) == before[0] == sources.take(code)
    assert sources.look(data) != before[1]
    assert store.present([before[0].digest]) == set()
    one = Located(folder / "main.py", DataKind.FILE, artifact())
    assert sources.look(one) == sources.take(one)


def test_one_run_at_a_time_has_the_turn(tmp_path: Path) -> None:
    mine = LeasedTurns(Leases(tmp_path), "r1")
    theirs = LeasedTurns(Leases(tmp_path), "r2")
    turn = mine.acquire(fingerprint())

    assert theirs.acquire(fingerprint()) == Busy("r1")
    assert not isinstance(turn, Busy)
    turn.release()
    turn.release()
    after = theirs.acquire(fingerprint())

    assert not isinstance(after, Busy)
    after.release()
    mine.close()
    theirs.close()


def test_scripts_that_wait_for_each_other_are_a_bug_that_is_said_at_once(tmp_path: Path) -> None:
    def waits_for_ever() -> Script:
        yield Await(Gate())
        return Outcome.DONE

    engine = Engine(Rooms(1), StopSignal(), SystemClock(), threads=1, patience_s=1.0)
    list(engine.begin(compute_address(), waits_for_ever(), 0.0))

    with pytest.raises(RuntimeError, match="stuck"):
        list(engine.step())

    engine.close(wait=True)


def test_a_stop_only_ever_becomes_firmer() -> None:
    stop, woken = StopSignal(), []
    stop.on_request(lambda: woken.append(stop.level))

    stop.interrupt()
    stop.request(Stop.DRAIN, "later and weaker")
    stop.interrupt()

    assert woken == [Stop.CANCEL, Stop.CANCEL, Stop.DETACH]
    assert stop.why == "interrupted"


def test_variables_of_a_step_name_inputs_values_and_outputs(tmp_path: Path) -> None:
    world = World(tmp_path, Step("train", key="small", outputs={"the-model": "uri_folder"}))
    step = world.step(next(iter(world.steps)))
    object.__setattr__(step, "inputs", {"data": Stored(artifact())})
    object.__setattr__(step, "literals", {"rate": "0.1"})

    env = environment(step, Layout("/c", "/i", "/o"), "r1")

    assert env["MLCTL_STEP"] == 'train["small"]'
    assert env["MLCTL_INPUT_DATA"] == "/i/data"
    assert env["MLCTL_INPUT_RATE"] == "0.1"
    assert env["MLCTL_OUTPUT_THE_MODEL"] == "/o/the-model"


def test_letting_go_takes_an_object_out_of_the_state_and_asks_nobody(tmp_path: Path) -> None:
    record = resource_record("gpu")
    world = World(tmp_path, state=state_of(record))
    change = ResourceChange(
        address=record.address, kind="compute", type="fake", action=Action.FORGET
    )

    events = world.run(plan=Plan(resources=(change,)))

    assert fold(world.state, events).resources == {}
    assert world.kind.calls == []
    assert of_kind(events, ResourceStarted) == []


def test_a_step_whose_inputs_are_in_the_store_needs_no_source(tmp_path: Path) -> None:
    planned = Located(Path("/gone"), DataKind.FILE, Artifact(Digest("sha256:" + "0" * 64), 1))
    world = World(tmp_path, Step("a", reads=planned))
    world.store.content[planned.artifact.digest] = b"kept"

    events = world.run()

    assert len(world.executor.started) == 1
    assert "changed while it ran" in str(events)
