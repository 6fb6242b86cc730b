"""One apply as a process of its own, made to be killed: ``crash_driver.py FOLDER RUN_ID``.

Objects are files named by their tokens, which hold their names. Each step adds a line to ``ran``.
Everything else is real: store, executor, journal, state file, lock.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import mlctl_local
from mlctl.apply.ports import SystemClock, rfc3339
from mlctl.apply.record import Recorder
from mlctl.apply.sources import StoreSources
from mlctl.apply.turns import LeasedTurns
from mlctl.core.event import RunFinished
from mlctl.core.job import Layout
from mlctl.core.plan import Action, Plan, ResourceChange, StepChange
from mlctl.core.provider import Attributes, ComputeType, Context
from mlctl.core.state import State, Status
from mlctl.state.backend import LockRequest
from mlctl.state.backends.local import LocalBackend
from mlctl.state.journal import Journal
from mlctl.state.paths import journal_path
from mlctl.state.recovery import resume
from mlctl.store.lease import Leases
from mlctl.store.local import LocalStore
from mlctl.store.results import Results
from tests.apply.fake_kind import FakeType
from tests.apply.world import Step, Thing, World
from tests.builders import compute_address

THINGS, STEPS = 4, 6


@dataclass
class FileType(FakeType):
    """Makes files. Slow enough to be killed in the middle."""

    folder: Path = Path()

    def create(self, planned: Attributes, token: str, ctx: Context) -> Attributes:
        path = self.folder / token
        time.sleep(0.005)
        path.write_text(str(planned["name"]))
        time.sleep(0.005)
        return {**planned, "id": token}

    def wait(self, created: Attributes, ctx: Context) -> Attributes:
        time.sleep(0.005)
        return created


class Counted(Step):
    """A step that leaves a line behind each time it really runs."""

    folder = Path()

    def command(self, layout: Layout) -> str:
        ran = self.folder / "ran"
        return f"echo {self.name} >> {ran}; sleep 0.02; echo {self.name} > {layout.output('out')}"


def world_in(folder: Path, run_id: str) -> World:
    Counted.folder = folder
    things = [Thing(f"t{n}") for n in range(THINGS)]
    steps = [Counted(f"s{n}", takes=(f"s{n - 2}",) if n > 1 else ()) for n in range(STEPS)]
    world = World(folder / ".mlctl", *things, *steps)
    store = LocalStore(folder / "store")
    context = Context(folder, folder / ".mlctl", "a-lineage", lambda _: None)
    kind = mlctl_local.provider().resource_types["compute", "local"]
    assert isinstance(kind, ComputeType)
    world.kind = FileType(folder=folder / "things")
    world.executors.by_address[compute_address()] = kind.executor({}, context)
    world.store, world.sources = store, StoreSources(store, folder)  # type: ignore[assignment]  # the real ones
    world.results = Results(store.root)  # type: ignore[assignment]  # the real one
    world.turns = LeasedTurns(Leases(store.root), run_id)  # type: ignore[assignment]  # the real one
    return world


def plan_for(world: World, state: State) -> Plan:
    """What is not there yet; the real planner is not needed to see whether a crash is mended."""
    whole = world.plan()
    return Plan(
        resources=tuple(_resource(row, state) for row in whole.resources),
        steps=tuple(_step(row, state) for row in whole.steps),
    )


def _resource(row: ResourceChange, state: State) -> ResourceChange:
    record = state.resources.get(row.address)
    done = record is not None and record.status is Status.OK
    action = Action.NO_OP if done else Action.CREATE
    return ResourceChange(address=row.address, kind=row.kind, type=row.type, action=action)


def _step(row: StepChange, state: State) -> StepChange:
    record = state.steps.get(row.address)
    if record is None:
        return row
    return StepChange(
        address=row.address,
        action=Action.NO_OP,
        record=record,
        needs=row.needs,
        compute=row.compute,
    )


def main(folder: Path, run_id: str) -> str:
    now = lambda: rfc3339(SystemClock().now())  # noqa: E731
    world = world_in(folder, run_id)
    backend = LocalBackend(folder / "mlctl.state.json")
    lease = backend.lock(LockRequest(run_id, timeout_s=10.0))
    state, _ = resume(backend, world.data_dir, lease, now)
    world.state = state if state.lineage else backend.write(state, lease)
    status = ""
    with (
        Journal(journal_path(world.data_dir, run_id), run_id, now) as journal,
        Recorder(world.state, journal, backend, lease, world.stop) as recorder,
    ):
        for event in world.events(run_id, plan_for(world, world.state)):
            recorder.take(event)
            if isinstance(event, RunFinished):
                status = event.status
    backend.unlock(lease)
    return status


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), sys.argv[2]))
