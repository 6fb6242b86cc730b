"""A configuration as text files, evaluated and planned without a store, a provider or a process.

The world around it is small and in memory: content is hashed where it lies, results are kept in a
dictionary, and ``apply`` only records what a real one would have made.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.config.evaluation import ConfigurationValues, Outside, Request
from mlctl.config.given import OnCommandLine, given_values
from mlctl.config.load import load
from mlctl.config.nodes import nodes
from mlctl.config.step_context import THIS_MACHINE
from mlctl.core.address import Address
from mlctl.core.desired import DesiredStep
from mlctl.core.diagnostic import Diagnostic, Diagnostics, Severity, in_file_order
from mlctl.core.digest import TREE, Digest, Json, hex_of, of_bytes
from mlctl.core.job import Artifact
from mlctl.core.plan import Action, Plan, ResourceChange, StepChange
from mlctl.core.provider import Attributes, ResourceType
from mlctl.core.reason import Reason
from mlctl.core.result import OutputRecord, ResultRecord
from mlctl.core.secret import Secret
from mlctl.core.state import OutputValue, ResourceRecord, State, StepRecord
from mlctl.core.step import StepKey
from mlctl.core.value import SENSITIVE, Value, from_plain, object_of, to_json_plain
from mlctl.graph.order import Graph, build, cycle_diagnostics
from mlctl.hcl.functions import World as FunctionWorld
from mlctl.hcl.functions import table
from mlctl.hcl.render import render_template
from mlctl.outside.files import ConfigurationFiles
from mlctl.plan.planner import check, plan
from mlctl.plan.recorded import as_recorded
from mlctl.plan.world import Options, World
from tests.config.world import A_MOMENT, MACHINE, TYPES, FakeLocks, FolderSources, MemoryKept, seal


@dataclass(slots=True)
class Planned:
    """A plan with what is wrong."""

    plan: Plan
    found: Diagnostics
    world: World

    @property
    def errors(self) -> Diagnostics:
        return [d for d in self.found if d.severity is Severity.ERROR]

    def sound(self) -> Planned:
        """Fail unless there is no error."""
        assert not self.errors, "\n".join(said(self.errors))
        return self

    def step(self, text: str) -> StepChange:
        """A step's row; the pipeline is ``p`` unless the text says otherwise."""
        address = Address.parse(text if text.startswith(("pipeline.", "module.")) else f"{P}{text}")
        return next(c for c in self.plan.steps if c.address == address)

    def resource(self, text: str) -> ResourceChange:
        return next(c for c in self.plan.resources if c.address == Address.parse(text))

    def reasons(self, text: str) -> tuple[Reason, ...]:
        return self.step(text).reasons

    @property
    def actions(self) -> dict[str, Action]:
        """What happens to each step, by its address inside of the pipeline ``p``."""
        return {str(c.address).removeprefix(P): c.action for c in self.plan.steps}

    @property
    def resource_actions(self) -> dict[str, Action]:
        return {str(c.address): c.action for c in self.plan.resources}

    def running(self) -> list[str]:
        return [name for name, action in self.actions.items() if action is Action.RUN]

    def key(self, text: str) -> StepKey:
        key = self.step(text).key
        assert key is not None
        return key


P = "pipeline.p.step."


@dataclass(slots=True)
class Project:
    """A folder of configuration files and the state of its world."""

    root: Path
    state: State = field(default_factory=State)
    kept: MemoryKept = field(default_factory=MemoryKept)
    locks: FakeLocks = field(default_factory=FakeLocks)
    sources: FolderSources = field(default_factory=FolderSources)
    environment: dict[str, str] = field(default_factory=dict)
    given: tuple[OnCommandLine, ...] = ()
    inputs: dict[tuple[Address, str], Value] = field(default_factory=dict)
    observed: dict[Address, Attributes | None] = field(default_factory=dict)
    machine: Mapping[str, Json] = field(default_factory=lambda: dict(MACHINE))
    salt: str = ""
    writes: dict[str, Json] = field(default_factory=dict)
    runs: int = 0

    # --- files -----------------------------------------------------------------------------

    def write(self, name: str, text: str) -> Project:
        """Write a file; folders are made and indentation goes."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return self

    def hcl(self, text: str) -> Project:
        """Write the main file."""
        return self.write("main.hcl", text)

    def edit(self, before: str, after: str, name: str = "main.hcl") -> Project:
        """Replace a text that must be there."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert before in text
        (self.root / name).write_text(text.replace(before, after), encoding="utf-8")
        return self

    def var(self, **values: str) -> Project:
        """Give variables on the command line."""
        self.given = (*self.given, *(OnCommandLine(n, v) for n, v in values.items()))
        return self

    # --- what it says ----------------------------------------------------------------------

    def load(self) -> tuple[ConfigurationValues, Graph, Diagnostics]:
        """Read everything."""
        types: Mapping[tuple[str, str], ResourceType] = TYPES  # type: ignore[assignment]  # fakes only have a schema
        configuration, found = load(self.root, types)
        variables = given_values(configuration.root, self.environment, self.given, found)
        graph = build(nodes(configuration, found))
        found.extend(cycle_diagnostics(graph))
        functions = table(
            FunctionWorld(
                files=ConfigurationFiles(self.root), render=render_template, plan_time=A_MOMENT
            )
        )
        outside = Outside(
            sources=self.sources,
            locks=self.locks,
            seal=seal,
            published=lambda output: f".mlctl/outputs/{output}",
            datastore_path=self._datastore,
            functions=functions,
        )
        values = ConfigurationValues(
            configuration,
            Request(variables=variables, inputs=self.inputs, salt=self.salt),
            outside,
            {key: "fake" for key in TYPES},
        )
        values.use_this_machine(TYPES["compute", "local"].schema)
        values.settle_resource(THIS_MACHINE, dict(self.machine))
        return values, graph, found

    def _datastore(self, type_label: str, attributes: Mapping[str, Json], inside: str) -> Path:
        return self.root / str(attributes["path"]) / inside

    def problems(self) -> Diagnostics:
        """Everything ``validate`` would say, in file order."""
        values, graph, found = self.load()
        return _once([*found, *check(self._world(values, graph, Options()))])

    def value(self, output: str = "out") -> Value:
        """What a root output says, by evaluating it as a plan does."""
        made = self.plan().sound()
        change = next(c for c in made.plan.outputs if c.name == output)
        assert change.after is not None
        return change.after

    def plain(self, output: str = "out") -> object:
        """The same in plain data."""
        return to_json_plain(self.value(output), marks_ok=True)

    def desired(self, step: str) -> DesiredStep:
        """What is wanted of a step, with what the plan settled."""
        made = self.plan().sound()
        return made.world.evaluation.step(Address.parse(P + step))

    # --- plan and apply --------------------------------------------------------------------

    def _world(self, values: ConfigurationValues, graph: Graph, options: Options) -> World:
        return World(
            graph=graph,
            evaluation=values,
            state=self.state,
            kept=self.kept,
            foresee=self._foresee,
            seal=seal,
            observed=self.observed,
            options=options,
        )

    def _foresee(
        self, kind: str, type_label: str, attributes: Mapping[str, Json | Secret]
    ) -> Mapping[str, Json | Secret]:
        return dict(self.machine) if (kind, type_label) == ("compute", "local") else {}

    def plan(self, options: Options | None = None, **limits: str) -> Planned:
        """Plan; ``target``, ``exclude`` and ``replace`` take one address each."""
        values, graph, found = self.load()
        chosen = options or Options(
            targets=_addresses(limits, "target"),
            excludes=_addresses(limits, "exclude"),
            replace=_addresses(limits, "replace"),
        )
        world = self._world(values, graph, chosen)
        made, problems = plan(world)
        return Planned(made, _once([*found, *problems]), world)

    def apply(self, planned: Planned | None = None) -> Planned:
        """Plan, and record what applying it would make. Returns what was planned."""
        planned = (planned or self.plan()).sound()
        evaluation = planned.world.evaluation
        resources, steps = dict(self.state.resources), dict(self.state.steps)
        for change in planned.plan.resources:
            if change.action is Action.DELETE:
                resources.pop(change.address, None)
            elif change.action is not Action.NO_OP:
                record = self._made(change, evaluation)
                resources[change.address] = record
                written = evaluation.resource(change.address).attributes.entries()
                told = {n: from_plain(v) for n, v in record.attributes.items()}
                evaluation.settle_attributes(change.address, object_of({**told, **written}))
        for row in planned.plan.steps:
            if row.action is Action.FORGET:
                steps.pop(row.address, None)
                continue
            record_of = self.ran(row, evaluation) if row.action is Action.RUN else row.record
            assert record_of is not None
            evaluation.settle_step(row.address, record_of)
            steps[row.address] = record_of
        outputs = {
            c.name: _output(evaluation.output(c.name), c.sensitive)
            for c in planned.plan.outputs
            if c.action is not Action.DELETE
        }
        self.state = State(
            lineage="l", serial=self.state.serial + 1, outputs=outputs, resources=resources,
            steps=steps,
        )  # fmt: skip
        return planned

    def _made(self, change: ResourceChange, evaluation: ConfigurationValues) -> ResourceRecord:
        desired = evaluation.resource(change.address)
        written = {
            name: as_recorded(value, seal)
            for name, value in desired.attributes.entries().items()
            if value.is_wholly_known
        }
        computed = {
            name: self.machine.get(name, f"{change.address}.{name}")
            for name, attribute in desired.schema.attributes.items()
            if attribute.computed and written.get(name) is None
        }
        return ResourceRecord(
            address=change.address,
            kind=change.kind,
            type=change.type,
            provider=desired.provider,
            attributes={**written, **computed},
            dependencies=desired.needs,
        )

    def ran(self, row: StepChange, evaluation: ConfigurationValues) -> StepRecord:
        """What the state says of a step that has run."""
        step = evaluation.step(row.address)
        fingerprint = step.key.fingerprint()
        result = self.kept.results.get(fingerprint)
        if result is None or row.forced or self.kept.lost:
            self.runs += 1
            result = self.kept.results[fingerprint] = self._result(step, fingerprint)
            self.kept.lost.clear()
        return StepRecord.of(row.address, result)

    def _result(self, step: DesiredStep, fingerprint: Digest) -> ResultRecord:
        values = {
            name: self.writes[f"{step.address.name}.{name}"]
            for name in step.outputs
            if f"{step.address.name}.{name}" in self.writes
        }
        content = {name: str(values.get(name, f"{fingerprint}{name}")) for name in step.outputs}
        return ResultRecord(
            fingerprint=fingerprint,
            key=step.key.to_json(),
            run_id=f"r{self.runs}",
            address=str(step.address),
            outputs={n: OutputRecord(_content(k, content[n]), k) for n, k in step.outputs.items()},
            values=values,
            started_at="",
            finished_at="",
            duration_s=1.5,
            compute=str(step.compute),
        )


_FOLDERS = ("uri_folder", "mltable", "mlflow_model", "custom_model")


def _content(kind: str, text: str) -> Artifact:
    of = of_bytes(text.encode())
    return Artifact(Digest(f"{TREE}:{hex_of(of)}") if kind in _FOLDERS else of, len(text))


def _output(value: Value, sensitive: bool) -> OutputValue:
    bare, marks = value.unmark_deep()
    kind: Json = json.loads(json.dumps(bare.type.to_json()))
    if sensitive or SENSITIVE in marks:
        text = json.dumps(to_json_plain(bare), sort_keys=True)
        return OutputValue({"sensitive": True, "hmac": seal(text)}, kind, sensitive=True)
    return OutputValue(to_json_plain(bare), kind)


def _addresses(limits: Mapping[str, str], name: str) -> tuple[Address, ...]:
    return (Address.parse(limits[name]),) if name in limits else ()


def _once(found: Diagnostics) -> Diagnostics:
    seen = {(d.summary, d.detail, d.subject, d.address): d for d in reversed(found)}
    return in_file_order(reversed(seen.values()))


def said(found: Iterable[Diagnostic]) -> list[str]:
    """Problems as lines: place, summary, detail, hint."""
    return [
        f"{_place(d)} {d.summary}: {d.detail}" + (f" [{d.hint}]" if d.hint else "") for d in found
    ]


def _place(found: Diagnostic) -> str:
    if found.subject is None:
        return "-"
    start, end = found.subject.start, found.subject.end
    return f"{found.subject.filename}:{start.line}:{start.column}-{end.column}"


def marked(found: Diagnostic) -> str:
    """The stretch of text a problem points at."""
    span = found.subject
    assert span is not None
    assert span.source is not None
    line = span.source.line(span.start.line)
    return line[span.start.column - 1 : span.end.column - 1]
