"""The life of one object: made, changed, replaced, removed. Intent before effect, always."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import cast

from mlctl.apply.attributes import of_value, opened, sealed
from mlctl.apply.failure import sentence
from mlctl.apply.ports import Ports, rfc3339
from mlctl.apply.script import (
    Interrupted,
    Outcome,
    Progress,
    Request,
    Room,
    Script,
    Work,
    WorkFailed,
)
from mlctl.apply.stop import StopSignal
from mlctl.core.address import Address
from mlctl.core.desired import DesiredResource
from mlctl.core.errors import MlctlError
from mlctl.core.event import (
    Event,
    ResourceCompleted,
    ResourceFailed,
    ResourceIdentified,
    ResourceProgress,
    ResourceStarted,
    Skipped,
)
from mlctl.core.plan import Action, ResourceChange
from mlctl.core.provider import Attributes, Context, ResourceType
from mlctl.core.state import ResourceRecord, Status


@dataclass(frozen=True, slots=True)
class Bench:
    """What scripts about objects share.

    Attributes:
        say: Hands an event out, from any thread.
        deposed: Told of an object that was replaced before it was removed.
    """

    ports: Ports
    stop: StopSignal
    say: Callable[[Event], None]
    deposed: Callable[[ResourceRecord], None]


Part = Generator[Event | Request, object, Outcome]


def script(change: ResourceChange, bench: Bench) -> Script:
    """Carry one row of the plan out."""
    life = _Life(change, bench)
    try:
        yield Room("")
        return (yield from life.run())
    except (WorkFailed, MlctlError) as error:
        yield ResourceFailed(change.address, life.action, sentence(error), life.elapsed_s())
        return Outcome.FAILED
    except Interrupted as error:
        if not life.begun:
            yield Skipped(change.address, change.action, error.why)
            return Outcome.NOT_BEGUN
        text = f"{error.why}; what was asked for is recorded and the next run goes on with it"
        yield ResourceFailed(change.address, life.action, text, life.elapsed_s())
        return Outcome.INTERRUPTED


def removal(record: ResourceRecord, bench: Bench) -> Script:
    """Remove an object that another one has taken the place of."""
    change = ResourceChange(
        address=record.address, kind=record.kind, type=record.type, action=Action.DELETE
    )
    return script(change, replace(bench, ports=_with_record(bench.ports, record)))


def deposed_address(record: ResourceRecord) -> Address:
    """Where a replaced object stays recorded until it is removed."""
    return record.address.child("deposed", f"d{uuid.uuid4().hex[:8]}")


class _Life:
    """One row of the plan while it is carried out."""

    def __init__(self, change: ResourceChange, bench: Bench) -> None:
        self.action = change.action
        self.begun = False
        self._change = change
        self._address = change.address
        self._bench = bench
        self._ports = bench.ports
        self._began = bench.ports.clock.monotonic()
        self._prior = bench.ports.state.resources.get(change.address)

    def elapsed_s(self) -> float:
        """Since work on it began."""
        return self._ports.clock.monotonic() - self._began

    def run(self) -> Part:
        """What the row says."""
        match self._change.action:
            case Action.CREATE | Action.READ:
                return self.create()
            case Action.UPDATE:
                return self.update()
            case Action.REPLACE:
                return self.replace()
            case Action.DELETE:
                return self.delete()
            case _:
                return self.let_go()

    def create(self, deposed: ResourceRecord | None = None) -> Part:
        """Make it; ``deposed`` is what it takes the place of."""
        wanted, kind = self._wanted()
        planned = self._planned(wanted)
        record = self._intended(wanted, kind, planned)
        yield from self._begin(ResourceStarted(self._address, Action.CREATE, record, deposed))
        ctx = self._context()
        made = yield self._work(lambda: kind.create(planned, record.token, ctx))
        record = self._with(record, kind, cast(Attributes, made))
        yield ResourceIdentified(self._address, record)
        ready = yield self._work(lambda: kind.wait(cast(Attributes, made), ctx))
        record = self._with(record, kind, cast(Attributes, ready), Status.OK)
        return (yield from self._complete(record, cast(Attributes, ready)))

    def update(self) -> Part:
        """Change it in place."""
        wanted, kind = self._wanted()
        planned = self._planned(wanted)
        before = self._prior
        if before is None:
            return (yield from self.create())
        prior = self._opened(before, kind, planned)
        yield from self._begin(ResourceStarted(self._address, Action.UPDATE))
        ctx = self._context()
        made = yield self._work(lambda: kind.update(prior, planned, ctx))
        record = self._with(
            replace(
                before,
                dependencies=wanted.needs,
                schema_version=kind.version,
                provider=wanted.provider,
            ),
            kind,
            cast(Attributes, made),
            Status.OK,
        )
        return (yield from self._complete(record, cast(Attributes, made)))

    def replace(self) -> Part:
        """Make another one, before or after the old one goes."""
        wanted, _ = self._wanted()
        before = self._prior
        if before is None:
            return (yield from self.create())
        if not wanted.lifecycle.create_before_destroy:
            yield from self.delete()
            self._prior = None
            return (yield from self.create())
        deposed = replace(before, address=deposed_address(before), status=Status.DEPOSED)
        self._prior = None
        outcome = yield from self.create(deposed)
        self._bench.deposed(deposed)
        return outcome

    def delete(self) -> Part:
        """Remove it."""
        record = self._prior
        if record is None:
            return Outcome.DONE
        kind = self._ports.kind_of(self._address, record.kind, record.type)
        prior = self._opened(record, kind, {})
        yield from self._begin(ResourceStarted(self._address, Action.DELETE))
        ctx = self._context()
        yield self._work(lambda: _remove(kind, record, prior, ctx))
        yield ResourceCompleted(self._address, Action.DELETE, None, self.elapsed_s())
        return Outcome.DONE

    def let_go(self) -> Part:
        """Take it out of the state and leave it where it is."""
        if self._change.action is Action.FORGET:
            yield ResourceCompleted(self._address, Action.FORGET, None, 0.0)
        return Outcome.DONE

    def _begin(self, started: ResourceStarted) -> Generator[Event, object, None]:
        self.action = started.action
        yield started
        # Whoever keeps the journal may have found that it cannot: then nothing may be made.
        if self._bench.stop.level:
            raise Interrupted(self._bench.stop.level, self._bench.stop.why)
        self.begun = True

    def _complete(self, record: ResourceRecord, attributes: Attributes) -> Part:
        yield ResourceCompleted(self._address, self.action, record, self.elapsed_s())
        self._ports.evaluation.settle_resource(self._address, attributes)
        if record.kind == "compute":
            self._ports.executors.made(self._address, attributes)
        return Outcome.DONE

    def _wanted(self) -> tuple[DesiredResource, ResourceType]:
        wanted = self._ports.evaluation.resource(self._address)
        return wanted, self._ports.kind_of(self._address, wanted.kind, wanted.type)

    def _planned(self, wanted: DesiredResource) -> Attributes:
        # What the plan knows beyond what is written, such as an id that an update keeps.
        foreseen = of_value(self._change.after, wanted.schema) if self._change.after else {}
        return {**foreseen, **of_value(wanted.attributes, wanted.schema)}

    def _intended(
        self, wanted: DesiredResource, kind: ResourceType, planned: Attributes
    ) -> ResourceRecord:
        now = rfc3339(self._ports.clock.now())
        prior = self._prior
        # A creation that was begun and never ended goes on with the token it was begun with.
        resumed = prior is not None and prior.status is Status.CREATING
        return ResourceRecord(
            address=self._address,
            kind=wanted.kind,
            type=wanted.type,
            provider=wanted.provider,
            schema_version=kind.version,
            attributes=sealed(planned, wanted.schema, self._ports.seal),
            dependencies=wanted.needs,
            status=Status.CREATING,
            token=prior.token if resumed and prior else uuid.uuid4().hex,
            created_at=now,
            updated_at=now,
        )

    def _with(
        self,
        record: ResourceRecord,
        kind: ResourceType,
        attributes: Attributes,
        status: Status = Status.CREATING,
    ) -> ResourceRecord:
        return replace(
            record,
            attributes=sealed(attributes, kind.schema, self._ports.seal),
            status=status,
            updated_at=rfc3339(self._ports.clock.now()),
        )

    def _opened(self, record: ResourceRecord, kind: ResourceType, wanted: Attributes) -> Attributes:
        prior = opened(record.attributes, wanted)
        if record.schema_version == kind.version:
            return prior
        return kind.upgrade(record.schema_version, prior)

    def _context(self) -> Context:
        return replace(self._ports.context, report=self._report)

    def _report(self, text: str) -> None:
        self._bench.say(ResourceProgress(self._address, self.action, self.elapsed_s(), text))

    def _work(self, call: Callable[[], object]) -> Work:
        return Work(call, self._progress())

    def _progress(self) -> Progress:
        return lambda _: ResourceProgress(self._address, self.action, self.elapsed_s())


def _remove(kind: ResourceType, record: ResourceRecord, prior: Attributes, ctx: Context) -> None:
    if record.status is Status.CREATING and not _is_identified(kind, prior):
        # Asked for, but whether it was made nobody knows: what carries its token was.
        for found in kind.find(ctx):
            if found.token == record.token:
                kind.delete(found.attributes, ctx)
        return
    kind.delete(prior, ctx)


def _is_identified(kind: ResourceType, prior: Attributes) -> bool:
    declared = kind.schema.attributes
    return any(declared[name].computed for name in prior if name in declared and prior[name])


def _with_record(ports: Ports, record: ResourceRecord) -> Ports:
    resources = {**ports.state.resources, record.address: record}
    return replace(ports, state=replace(ports.state, resources=resources))
