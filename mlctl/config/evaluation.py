"""The whole of evaluation put together: what the planner and apply ask of the configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mlctl.config.arguments import arguments
from mlctl.config.data import artifact_of, is_data
from mlctl.config.declarations import Configuration, Object
from mlctl.config.evaluator import Evaluator
from mlctl.config.frames import Instances, ModuleFrame, PipelineFrame, Repetition
from mlctl.config.locate import Locator
from mlctl.config.objects import Objects
from mlctl.config.ports import Locks, Seal, Sources
from mlctl.config.software import Softwares
from mlctl.config.step_context import THIS_MACHINE, StepContext
from mlctl.config.steps import Steps
from mlctl.core.address import Address
from mlctl.core.desired import DesiredResource, DesiredStep, EvaluationFailed
from mlctl.core.diagnostic import Diagnostics
from mlctl.core.digest import Digest, Json
from mlctl.core.errors import MlctlError
from mlctl.core.published import published_digest
from mlctl.core.schema import BlockSchema
from mlctl.core.secret import Secret
from mlctl.core.state import StepRecord
from mlctl.core.value import SENSITIVE, Value, from_plain, null, object_of, string
from mlctl.hcl.functions import Function


@dataclass
class UnknownDatastore(MlctlError):
    """A data path names a datastore that is not there, or cannot be read from here."""

    name: str
    why: str

    def __str__(self) -> str:
        return f'datastore "{self.name}": {self.why}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What evaluation asks of the world.

    Attributes:
        published: Where a pipeline's output stands for people.
        datastore_path: The folder of a datastore from its type, attributes and a path inside it.
    """

    sources: Sources
    locks: Locks
    seal: Seal
    published: Callable[[Address], str]
    datastore_path: DatastorePath
    functions: Mapping[str, Function]


class DatastorePath(Protocol):
    """Where the content of a datastore can be read on this machine."""

    def __call__(self, type_label: str, attributes: Mapping[str, Json], inside: str) -> Path:
        """The place of a path inside it.

        Raises:
            MlctlError: It cannot be read from here.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What this evaluation is for.

    Attributes:
        variables: Root variables by name, as given.
        inputs: Values for pipeline inputs, by pipeline address and name.
        salt: From ``cache { version = … }``.
    """

    variables: Mapping[str, Value] = field(default_factory=dict)
    inputs: Mapping[tuple[Address, str], Value] = field(default_factory=dict)
    salt: str = ""


class ConfigurationValues:
    """Implements ``mlctl.core.desired.Evaluation`` over a loaded configuration."""

    def __init__(
        self,
        configuration: Configuration,
        request: Request,
        outside: Outside,
        providers: Mapping[tuple[str, str], str],
    ) -> None:
        self.configuration = configuration
        self.evaluator = evaluator = Evaluator(configuration, request.variables, outside.functions)
        self._outside = outside
        self._this_machine: DesiredResource | None = None
        self._stored: set[Digest] = set()
        locator = Locator(
            root=configuration.root.directory,
            sources=outside.sources,
            datastore=self._datastore,
            is_stored=self._stored.__contains__,
            seal=outside.seal,
        )
        softwares = Softwares(evaluator, outside.locks)
        self._objects = Objects(evaluator, locator, softwares, providers)
        context = StepContext(evaluator, locator, softwares, request.salt)
        self._steps = Steps(context, request.inputs)
        evaluator.published = outside.published
        evaluator.unsettled = self._objects.value
        evaluator.output_types = self._steps.output_types
        evaluator.pipeline_input = self._steps.input_value

    def use_this_machine(self, schema: BlockSchema) -> None:
        """Say what the implicit target is that steps run on when none is named."""
        written = {n: null(a.type) for n, a in schema.attributes.items() if not a.computed}
        self._this_machine = DesiredResource(
            address=THIS_MACHINE,
            kind="compute",
            type="local",
            attributes=object_of(written),
            schema=schema,
        )

    @property
    def found(self) -> Diagnostics:
        """What is wrong, as far as it has been evaluated."""
        return self.evaluator.found

    # --- instances -------------------------------------------------------------------------

    def instances(self, node: Address) -> list[Address]:
        """The instances of a node of the graph that are made or run."""
        return self.evaluator.addresses(node)

    def deferred(self, node: Address) -> frozenset[Address] | None:
        """What the number of a node's instances waits for; None when it is known."""
        found = [one for one in self._expansions(node) if one.unknown]
        return frozenset(a for one in found for a in one.pending) if found else None

    def _expansions(self, node: Address) -> Iterator[Instances]:
        evaluator = self.evaluator
        modules = tuple(p.name for p in node.parts if p.kind == "module")
        rest = node.parts[len(modules) :]
        for depth in range(len(modules)):
            for frame in evaluator.frames(modules[:depth]):
                yield evaluator.call_instances(frame, frame.module.calls[modules[depth]])
        for frame in evaluator.frames(modules):
            declared = frame.module.objects.get((rest[0].kind, rest[0].name)) if rest else None
            if declared is None:
                continue
            yield evaluator.instances(frame, declared)
            if len(rest) > 1 and rest[1].kind == "step":
                for pipeline in evaluator.pipelines(frame, declared):
                    yield evaluator.step_instances(pipeline, rest[1].name)

    # --- objects and steps -----------------------------------------------------------------

    def resource(self, address: Address) -> DesiredResource:
        """See ``Evaluation.resource``."""
        if address == THIS_MACHINE and self._this_machine is not None:
            return self._this_machine
        frame, declared, repetition = self._find(address)
        return self._objects.resource(frame, declared, repetition)

    def step(self, address: Address) -> DesiredStep:
        """See ``Evaluation.step``."""
        pipeline = self._pipeline(address)
        repetition = self.evaluator.step_repetition(pipeline, address.name, address.key)
        return self._steps.step(pipeline, address.name, repetition)

    def pipeline_output(self, address: Address) -> Value:
        """See ``Evaluation.pipeline_output``."""
        before = len(self.evaluator.heard)
        value = self.evaluator.pipeline_output(self._pipeline(address), address.name)
        self._raise_since(before)
        return value

    def output(self, name: str) -> Value:
        """See ``Evaluation.output``."""
        before = len(self.evaluator.heard)
        value = self.evaluator.module_output(self.evaluator.root, name)
        self._raise_since(before)
        return value

    def check_outputs(self, node: Address) -> None:
        """Evaluate a local value, a module's or a pipeline's output for what is wrong with it."""
        modules = tuple(p.name for p in node.parts if p.kind == "module")
        rest = node.parts[len(modules) :]
        for frame in self.evaluator.frames(modules):
            match rest[0].kind if rest else "":
                case "var":
                    self.evaluator.variable(frame, rest[0].name)
                case "local":
                    self.evaluator.local(frame, rest[0].name)
                case "output":
                    self.evaluator.module_output(frame, rest[0].name)
                case "pipeline" if len(rest) > 1:
                    self._check_pipeline_part(frame, rest[0].name, rest[1].kind, rest[1].name)

    def _check_pipeline_part(self, frame: ModuleFrame, name: str, kind: str, part: str) -> None:
        declared = frame.module.objects["pipeline", name]
        for pipeline in self.evaluator.pipelines(frame, declared):
            if kind == "outputs":
                self.evaluator.pipeline_output(pipeline, part)
            elif kind == "inputs" and self.runs_on_apply(pipeline.address):
                self._steps.input_value(pipeline, part)

    def runs_on_apply(self, pipeline: Address) -> bool:
        """False for a pipeline that only ``mlctl run`` runs."""
        frame, declared, repetition = self._find(pipeline)
        names = self.evaluator.names(frame, repetition)
        expr = declared.body.expr("run_on_apply")
        if expr is None:
            return True
        value = self.evaluator.evaluate(expr, names, declared.body.header).unmark_deep()[0]
        return value.raw is not False and value.raw != "false"

    def pipeline_outputs(self, pipeline: Address) -> list[Address]:
        """The addresses of a pipeline's outputs."""
        _, declared, _ = self._find(pipeline)
        return [pipeline.child("outputs", name) for name in declared.outputs]

    def output_is_sensitive(self, name: str) -> bool:
        """True when a root output is declared sensitive."""
        body = self.configuration.root.outputs[name]
        return self.evaluator.flag(body.expr("sensitive"), self.evaluator.root, body.header)

    def output_digest(self, address: Address) -> Digest | None:
        """The content of a pipeline's data output; None for other outputs and unknown ones."""
        value = self.evaluator.pipeline_output(self._pipeline(address), address.name)
        bare = value.unmark_deep()[0]
        artifact = artifact_of(bare) if is_data(bare) else None
        return artifact.digest if artifact else None

    def published_digest(self, address: Address) -> Digest | None:
        """What should stand where a pipeline's output is published; None where nothing should."""
        value = self.evaluator.pipeline_output(self._pipeline(address), address.name)
        return published_digest(value)

    def is_protected(self, address: Address) -> bool:
        """True when the object must not be destroyed."""
        frame, declared, repetition = self._find(address)
        block = declared.body.one("lifecycle")
        where = arguments(self.evaluator, self.evaluator.names(frame, repetition))
        return block is not None and where.flag(block, "prevent_destroy", default=False)

    # --- settling --------------------------------------------------------------------------

    def settle_resource(self, address: Address, attributes: Mapping[str, Json | Secret]) -> None:
        """See ``Evaluation.settle_resource``."""
        members = {
            name: string(value.reveal()).mark(SENSITIVE)
            if isinstance(value, Secret)
            else from_plain(value)
            for name, value in attributes.items()
        }
        self.settle_attributes(address, object_of(members))

    def settle_attributes(self, address: Address, attributes: Value) -> None:
        """Tell what attributes an object will have, as far as that is known."""
        self.evaluator.settle_attributes(address, attributes)

    def settle_step(self, address: Address, record: StepRecord) -> None:
        """See ``Evaluation.settle_step``."""
        self._stored.update(one.artifact.digest for one in record.outputs.values())
        self.evaluator.settle_record(address, record)

    # --- inside ----------------------------------------------------------------------------

    def _find(self, address: Address) -> tuple[ModuleFrame, Object, Repetition]:
        modules = address.module
        frame = self.evaluator.frame(modules)
        part = address.parts[len(modules)]
        declared = frame.module.objects[part.kind, part.name]
        return frame, declared, self.evaluator.instances(frame, declared).by_key[part.key]

    def _pipeline(self, address: Address) -> PipelineFrame:
        return self.evaluator.pipeline_frame(*self._find(address))

    def _raise_since(self, before: int) -> None:
        failed = self.evaluator.failed_since(before)
        if failed:
            raise EvaluationFailed(failed)

    def _datastore(self, name: str, inside: str) -> Path:
        root = self.evaluator.root
        declared = root.module.objects.get(("datastore", name))
        if declared is None:
            raise UnknownDatastore(name, "no such datastore is declared in the root module")
        value = self.evaluator.object_value(root, "datastore", name, refs=False)
        bare = value.unmark_deep()[0]
        plain: dict[str, Json] = {
            key: one.raw
            for key, one in (bare.raw.items() if isinstance(bare.raw, dict) else ())
            if isinstance(one.raw, str | bool | int)
        }
        return self._outside.datastore_path(declared.type, plain, inside)
