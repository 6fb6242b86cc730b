"""A configuration and its world as apply sees them, in a few words a test. Runs no process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from mlctl.apply.ports import Options, Ports
from mlctl.apply.run import apply
from mlctl.apply.stop import StopSignal
from mlctl.core.address import Address
from mlctl.core.desired import (
    Content,
    DesiredResource,
    DesiredStep,
    EvaluationFailed,
    Lifecycle,
    Located,
    Retry,
    Stored,
)
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.digest import Json
from mlctl.core.event import Event
from mlctl.core.job import (
    Artifact,
    Layout,
    Limits,
)
from mlctl.core.plan import Action, OutputChange, Plan, ResourceChange, StepChange
from mlctl.core.provider import (
    Context,
    ResourceType,
)
from mlctl.core.secret import Secret
from mlctl.core.state import State, StepRecord
from mlctl.core.step import DataInput, Interpreter, LiteralInput, Pending, StepKey
from mlctl.core.types import STRING
from mlctl.core.value import Value, from_plain, unknown
from tests.apply.fake_executor import Does, FakeExecutor, FakeExecutors
from tests.apply.fake_kind import SCHEMA, FakeType
from tests.apply.fake_store import FakeResults, FakeSources, FakeStore, FakeTurns
from tests.builders import compute_address, step_address

T = TypeVar("T")


@dataclass
class Step:
    """A step as a test says it.

    Attributes:
        takes: Steps whose output ``out`` it takes, so that its key depends on what they made.
        after: Steps it waits for without taking anything.
        code: What it does, as far as its key is concerned.
    """

    name: str
    takes: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    code: str = ""
    pipeline: str = "p"
    compute: str = "here"
    outputs: Mapping[str, str] = field(default_factory=lambda: {"out": "uri_file"})
    env: Mapping[str, str | Secret] = field(default_factory=dict)
    reads: Located | None = None
    limits: Limits = field(default_factory=Limits)
    retry: Retry = field(default_factory=Retry)
    timeout_s: float | None = None
    deterministic: bool = True
    carries_on: bool = False
    broken: str = ""
    estimated_s: float | None = None
    forced: bool = False
    key: str | int | None = None

    @property
    def address(self) -> Address:
        return step_address(self.name, self.key, self.pipeline)

    def command(self, layout: Layout) -> str:
        return f"echo {self.code} > {layout.output('out')}"


@dataclass
class Thing:
    """A resource as a test says it."""

    name: str
    action: Action = Action.CREATE
    needs: tuple[str, ...] = ()
    attributes: Mapping[str, Json] = field(default_factory=dict)
    create_before_destroy: bool = False

    @property
    def address(self) -> Address:
        return compute_address(self.name)


class World:
    """A configuration, everything around it, and what apply said about it."""

    def __init__(self, data_dir: Path, *rows: Step | Thing, state: State | None = None) -> None:
        self.steps = {row.address: row for row in rows if isinstance(row, Step)}
        self.things = {row.address: row for row in rows if isinstance(row, Thing)}
        self.state = state or State(lineage="a-lineage", serial=1)
        self.data_dir = data_dir
        self.store = FakeStore()
        self.sources = FakeSources(self.store)
        self.results = FakeResults()
        self.turns = FakeTurns()
        self.executor = FakeExecutor()
        self.executors = FakeExecutors()
        self.executors.by_address[compute_address()] = self.executor
        self.kind = FakeType()
        self.stop = StopSignal()
        self.options = Options(
            operation="apply", lookup_s=0.01, patience_s=0.2, grace_s=0.1, progress_s=60
        )
        self.settled: dict[Address, StepRecord] = {}
        self.resources: dict[Address, Mapping[str, Json | Secret]] = {}
        self.pipeline_values: dict[Address, Value] = {}
        self.root_values: dict[str, Value] = {}
        self.outputs: tuple[OutputChange, ...] = ()

    def does(self, name: str, does: Does) -> World:
        self.executor.does[name] = does
        return self

    def ports(self, run_id: str = "r1") -> Ports:
        context = Context(self.data_dir, self.data_dir, "a-lineage", lambda _: None)
        return Ports(
            run_id=run_id,
            evaluation=self,
            state=self.state,
            store=self.store,
            sources=self.sources,
            results=self.results,
            turns=self.turns,
            executors=self.executors,
            kind_of=lambda _address, _kind, _type: self.kind_of(),
            context=context,
            seal=lambda text: f"sealed:{len(text)}",
            pipeline_outputs=tuple(self.pipeline_values),
        )

    def kind_of(self) -> ResourceType:
        return self.kind

    def plan(self) -> Plan:
        return Plan(
            resources=tuple(
                ResourceChange(
                    address=thing.address,
                    kind="compute",
                    type="fake",
                    action=thing.action,
                    needs=tuple(map(compute_address, thing.needs)),
                )
                for thing in self.things.values()
            ),
            steps=tuple(map(self._row, self.steps.values())),
            outputs=self.outputs,
        )

    def events(self, run_id: str = "r1", plan: Plan | None = None) -> Iterator[Event]:
        return apply(plan or self.plan(), self.ports(run_id), self.options, self.stop)

    def run(self, run_id: str = "r1", plan: Plan | None = None) -> list[Event]:
        return list(self.events(run_id, plan))

    # --- Evaluation ------------------------------------------------------------------------

    def resource(self, address: Address) -> DesiredResource:
        thing = self.things[address]
        return DesiredResource(
            address=address,
            kind="compute",
            type="fake",
            attributes=from_plain({"name": thing.name, **thing.attributes}),
            schema=SCHEMA,
            provider="fake",
            needs=tuple(map(compute_address, thing.needs)),
            lifecycle=Lifecycle(create_before_destroy=thing.create_before_destroy),
        )

    def step(self, address: Address) -> DesiredStep:
        step = self.steps[address]
        if step.broken:
            raise EvaluationFailed((Diagnostic(summary="Broken", detail=step.broken),))
        return DesiredStep(
            address=address,
            key=self._key(step),
            compute=compute_address(step.compute),
            command=step.command,
            command_with=lambda _: step.code or step.name,
            inputs=self._inputs(step),
            outputs=step.outputs,
            env=step.env,
            limits=step.limits,
            timeout_s=step.timeout_s,
            retry=step.retry,
            deterministic=step.deterministic,
            carries_on=step.carries_on,
        )

    def pipeline_output(self, address: Address) -> Value:
        return self.pipeline_values[address]

    def output(self, name: str) -> Value:
        return self.root_values.get(name, unknown(STRING))

    def settle_resource(self, address: Address, attributes: Mapping[str, Json | Secret]) -> None:
        self.resources[address] = attributes

    def settle_step(self, address: Address, record: StepRecord) -> None:
        self.settled[address] = record

    def _row(self, step: Step) -> StepChange:
        upstream = (*step.takes, *step.after)
        key = self._key(step)
        return StepChange(
            address=step.address,
            action=Action.RUN,
            key=key,
            needs=tuple(step_address(name, pipeline=step.pipeline) for name in upstream),
            compute=str(compute_address(step.compute)),
            estimated_s=step.estimated_s,
            forced=step.forced,
        )

    def _taken(self, step: Step) -> dict[str, Artifact | None]:
        records = {n: self.settled.get(step_address(n, pipeline=step.pipeline)) for n in step.takes}
        return {n: r.outputs["out"].artifact if r else None for n, r in records.items()}

    def _inputs(self, step: Step) -> dict[str, Content]:
        found: dict[str, Content] = {n: Stored(a) for n, a in self._taken(step).items() if a}
        return {**found, "data": step.reads} if step.reads else found

    def _key(self, step: Step) -> StepKey:
        taken = {
            n: DataInput(a.digest) if a else Pending((step_address(n, pipeline=step.pipeline),))
            for n, a in self._taken(step).items()
        }
        return StepKey(
            code=None,
            command=step.code or step.name,
            inputs={**taken, "code": LiteralInput("string", step.code)},
            software=Interpreter("CPython", "3.11"),
            env={},
            outputs=step.outputs,
            platform="linux/x86_64",
        )


def of_kind(events: Iterable[object], *kinds: type[T]) -> list[T]:
    return [event for event in events if isinstance(event, kinds)]


def names(events: Iterable[object], *kinds: type) -> list[str]:
    """The names of the objects that events of these kinds are about, in order."""
    return [str(event.address.name) for event in events if isinstance(event, kinds)]  # type: ignore[attr-defined]  # only of kinds that have one


def metrics(**values: float) -> str:
    return json.dumps(values)


def but(row: Step, **changes: object) -> Step:
    return replace(row, **changes)  # type: ignore[arg-type]  # a test's own keywords
