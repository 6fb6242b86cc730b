"""The world as apply sees it, small enough to hold in the head. Nothing here runs a process."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from mlctl.apply.ports import Busy, Options, Ports
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
from mlctl.core.digest import Digest, Json, of_bytes
from mlctl.core.event import Event
from mlctl.core.job import (
    Absent,
    Artifact,
    Cancelled,
    DataKind,
    Exited,
    Handle,
    JobSpec,
    JobStatus,
    Layout,
    Limits,
    Running,
)
from mlctl.core.plan import Action, OutputChange, Plan, ResourceChange, StepChange
from mlctl.core.provider import (
    Artifacts,
    Attributes,
    Capabilities,
    Context,
    Executor,
    Found,
    Report,
    ResourceType,
)
from mlctl.core.result import ResultRecord
from mlctl.core.schema import Attribute, BlockSchema
from mlctl.core.secret import Secret
from mlctl.core.state import State, StepRecord
from mlctl.core.step import DataInput, Interpreter, LiteralInput, Pending, StepKey
from mlctl.core.types import STRING
from mlctl.core.value import Value, from_plain, unknown
from tests.builders import compute_address, step_address

T = TypeVar("T")

SCHEMA = BlockSchema(
    doc="",
    attributes={
        "name": Attribute(type=STRING, doc="", forces_replacement=True),
        "id": Attribute(type=STRING, doc="", computed=True),
        "password": Attribute(type=STRING, doc="", sensitive=True),
    },
)


class FakeStore:
    """Content in memory; folders are not needed here."""

    def __init__(self) -> None:
        self.content: dict[Digest, bytes] = {}
        self.published: dict[Path, bytes] = {}

    def keep(self, content: bytes) -> Artifact:
        digest = of_bytes(content)
        self.content[digest] = content
        return Artifact(digest, len(content))

    def materialize(self, digest: Digest, destination: Path, *, writable: bool = False) -> None:
        destination.write_bytes(self.content[digest])

    def ingest(self, path: Path, kind: DataKind) -> Artifact:
        return self.keep(path.read_bytes())

    def present(self, digests: Iterable[Digest]) -> set[Digest]:
        return {digest for digest in digests if digest not in self.content}

    def read_bytes(self, digest: Digest) -> bytes:
        return self.content[digest]

    def publish(self, digest: Digest, path: Path) -> None:
        self.published[path] = self.content[digest]


@dataclass
class FakeSources:
    """Files as texts by path; a test changes one as somebody's editor would."""

    store: FakeStore
    texts: dict[Path, str] = field(default_factory=dict)

    def look(self, content: Located) -> Artifact:
        if content.path not in self.texts:
            raise FileNotFoundError(content.path)
        text = self.texts[content.path].encode()
        return Artifact(of_bytes(text), len(text))

    def take(self, content: Located) -> Artifact:
        return self.store.keep(self.texts[content.path].encode())


class FakeResults:
    """Results in memory, first writer wins."""

    def __init__(self) -> None:
        self.records: dict[Digest, ResultRecord] = {}

    def find(self, fingerprint: Digest) -> ResultRecord | None:
        return self.records.get(fingerprint)

    def put(self, record: ResultRecord, *, refresh: bool = False) -> ResultRecord:
        if refresh:
            self.records[record.fingerprint] = record
        return self.records.setdefault(record.fingerprint, record)


class FakeTurns:
    """Nobody else is there, unless ``others`` says who works on what."""

    def __init__(self) -> None:
        self.others: dict[Digest, str] = {}
        self.held: set[Digest] = set()

    def acquire(self, fingerprint: Digest) -> FakeTurn | Busy:
        if fingerprint in self.others:
            return Busy(self.others[fingerprint])
        self.held.add(fingerprint)
        return FakeTurn(self, fingerprint)


@dataclass
class FakeTurn:
    turns: FakeTurns
    fingerprint: Digest

    def release(self) -> None:
        self.turns.held.discard(self.fingerprint)


@dataclass
class Does:
    """What a fake job does.

    Attributes:
        ends: Its last status, or one an attempt; None: it runs until it is cancelled.
        writes: Content by output; what is not named gets its own name.
        lasts_s: How long it takes.
        fails: Raised by ``submit``, one an attempt.
    """

    ends: Sequence[JobStatus | None] = (Exited(0),)
    writes: Mapping[str, str | None] = field(default_factory=dict)
    prints: bytes = b""
    lasts_s: float = 0.0
    fails: Sequence[Exception | None] = ()


class FakeExecutor:
    """Runs nothing: remembers what it was asked and ends jobs as told."""

    def __init__(self, slots: int = 4, gpus: int = 0) -> None:
        self.capabilities = Capabilities(slots=slots, gpus=gpus)
        self.does: dict[str, Does] = {}
        self.started: list[str] = []
        self.specs: dict[str, JobSpec] = {}
        self.jobs: dict[str, tuple[JobSpec, float]] = {}
        self.ended: dict[str, JobStatus] = {}
        self.forgotten: list[str] = []
        self.most_at_once = 0
        self.unreachable: list[Exception] = []
        self._tries: dict[str, int] = {}
        self._lock = threading.Lock()

    def layout(self, job_id: str) -> Layout:
        folder = f"/jobs/{job_id[:8]}"
        return Layout(f"{folder}/code", f"{folder}/in", f"{folder}/out")

    def handle(self, job_id: str) -> Handle:
        return {"job": job_id}

    def stage(self, job: JobSpec, artifacts: Artifacts, report: Report) -> None:
        self.specs[job.id] = job

    def submit(self, job: JobSpec) -> Handle:
        with self._lock:
            name = job.address
            number = self._tries[name] = self._tries.get(name, 0) + 1
            fails = self._doing(job).fails
            if number <= len(fails) and (error := fails[number - 1]) is not None:
                raise error
            self.started.append(name)
            self.jobs[job.id] = (job, time.monotonic())
            self.most_at_once = max(self.most_at_once, len(self.running()))
        return self.handle(job.id)

    def running(self) -> list[str]:
        return [name for name in tuple(self.jobs) if isinstance(self._status(name), Running)]

    def poll(self, handles: Sequence[Handle], timeout_s: float = 0.0) -> Sequence[JobStatus]:
        if self.unreachable:
            raise self.unreachable.pop(0)
        deadline = time.monotonic() + timeout_s
        while True:
            statuses = [self._status(handle["job"]) for handle in handles]
            over = time.monotonic() >= deadline
            if over or not all(isinstance(status, Running) for status in statuses):
                return statuses
            time.sleep(0.002)

    def logs(self, handle: Handle, offset: int) -> bytes:
        if handle["job"] not in self.jobs:
            return b""
        return self._doing(self.jobs[handle["job"]][0]).prints[offset:]

    def cancel(self, handle: Handle, grace_s: float) -> None:
        self.ended[handle["job"]] = Cancelled()

    def fetch(
        self, handle: Handle, outputs: Mapping[str, DataKind], artifacts: Artifacts
    ) -> Mapping[str, Artifact]:
        job = self.jobs[handle["job"]][0]
        assert isinstance(artifacts, FakeStore)
        writes = self._doing(job).writes
        texts = {name: writes.get(name, f"{name} of {job.id}") for name in outputs}
        return {n: artifacts.keep(t.encode()) for n, t in texts.items() if t is not None}

    def forget(self, handle: Handle) -> None:
        if self.jobs.pop(handle["job"], None):
            self.forgotten.append(handle["job"])
        self.ended.pop(handle["job"], None)

    def _doing(self, job: JobSpec) -> Does:
        return self.does.get(Address.parse(job.address).name, Does())

    def _status(self, name: str) -> JobStatus:
        if (ended := self.ended.get(name)) is not None:
            return ended
        started = self.jobs.get(name)
        if started is None:
            return Absent()
        job, began = started
        does = self._doing(job)
        attempt = max(1, self._tries.get(job.address, 1))
        ends = does.ends[min(attempt, len(does.ends)) - 1]
        if ends is None or time.monotonic() < began + does.lasts_s:
            return Running()
        return ends


@dataclass
class FakeType:
    """A resource type that remembers what it was asked, and makes things under their token."""

    refuses: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    things: dict[str, Attributes] = field(default_factory=dict)
    on_create: Callable[[str], None] = lambda _: None
    schema: BlockSchema = SCHEMA
    version: int = 1

    def _called(self, verb: str, attributes: Attributes) -> None:
        self.calls.append(f"{verb} {attributes.get('name')}")
        if (error := self.refuses.get(f"{verb} {attributes.get('name')}")) is not None:
            raise error

    def read(self, prior: Attributes, ctx: Context) -> Attributes | None:
        return prior

    def create(self, planned: Attributes, token: str, ctx: Context) -> Attributes:
        self._called("create", planned)
        self.on_create(token)
        return self.things.setdefault(token, {**planned, "id": f"id-{planned.get('name')}"})

    def wait(self, created: Attributes, ctx: Context) -> Attributes:
        self._called("wait", created)
        ctx.report("nearly there")
        return created

    def update(self, prior: Attributes, planned: Attributes, ctx: Context) -> Attributes:
        self._called("update", planned)
        return {**prior, **planned}

    def delete(self, prior: Attributes, ctx: Context) -> None:
        self._called("delete", prior)

    def find(self, ctx: Context) -> Iterator[Found]:
        for token, attributes in self.things.items():
            yield Found("", token, attributes)

    def upgrade(self, version: int, raw: Attributes) -> Attributes:
        return raw


class FakeExecutors:
    def __init__(self) -> None:
        self.by_address: dict[Address, Executor] = {}
        self.told: dict[Address, Attributes] = {}

    def get(self, address: Address) -> Executor:
        return self.by_address[address]

    def made(self, address: Address, attributes: Attributes) -> None:
        self.told[address] = attributes

    def facts(self, address: Address) -> Mapping[str, Json]:
        return {"cpus": 2}


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
