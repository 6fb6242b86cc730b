"""Expressions at places, and how many instances declarations have there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from mlctl.config.declarations import Configuration, Meta, Module, ModuleCall, Object
from mlctl.config.expand import expand
from mlctl.config.frames import ONCE, Instances, ModuleFrame, PipelineFrame, Repetition
from mlctl.config.names import Names, Objects
from mlctl.config.references import Place, resolve
from mlctl.config.refine import Refiner
from mlctl.core.address import Address, InstanceKey, Part
from mlctl.core.diagnostic import Diagnostic, Diagnostics, Severity
from mlctl.core.value import Value
from mlctl.hcl.ast import Expression, For, ScopeTraversal
from mlctl.hcl.evaluate import evaluate
from mlctl.hcl.functions import Function


class Expansion(Objects):
    """Evaluates expressions and expands declarations; what names stand for is the subclass's.

    Attributes:
        found: What is wrong; each problem once, however often its expression is evaluated.
        heard: The same, as often as it was met: whoever evaluates one thing looks here for what
            is wrong with it, for another may have met the same problem before.
        root: The root module's only instance.
    """

    def __init__(self, configuration: Configuration, functions: Mapping[str, Function]) -> None:
        self.configuration = configuration
        self.functions = functions
        self.found: Diagnostics = []
        self.heard: Diagnostics = []
        self.root = ModuleFrame(configuration.root)
        self._seen: set[tuple[object, ...]] = set()
        self._settles = 0
        self._instances: dict[Address, tuple[Instances, int]] = {}
        self._refiners: dict[Address, Refiner] = {}
        self._frames: dict[tuple[str, ...], list[ModuleFrame]] = {(): [self.root]}
        self._by_parts: dict[tuple[Part, ...], ModuleFrame] = {(): self.root}

    # --- expressions -----------------------------------------------------------------------

    def evaluate(self, expr: Expression, names: Names, header: str) -> Value:
        """The value of an expression at a place; what is wrong is added to ``found``."""
        value, problems = evaluate(expr, names.scope())
        for problem in problems:
            self.say(problem if problem.block else replace(problem, block=header))
        return value

    def say(self, problem: Diagnostic) -> None:
        """Add a problem; it is said once."""
        self.heard.append(problem)
        key = (problem.summary, problem.detail, problem.subject, problem.address)
        if key not in self._seen:
            self._seen.add(key)
            self.found.append(problem)

    def failed_since(self, before: int) -> tuple[Diagnostic, ...]:
        """The errors met since ``heard`` had this length."""
        return tuple(p for p in self.heard[before:] if p.severity is Severity.ERROR)

    @contextmanager
    def silently(self) -> Iterator[None]:
        """Evaluate something that may make no sense, without a word about it."""
        found, heard, seen = len(self.found), len(self.heard), set(self._seen)
        try:
            yield
        finally:
            del self.found[found:], self.heard[heard:]
            self._seen = seen

    def names(
        self,
        frame: ModuleFrame,
        repetition: Repetition = ONCE,
        pipeline: PipelineFrame | None = None,
        *,
        refs: bool = False,
    ) -> Names:
        """What names stand for in a module, a pipeline or a repeated block."""
        return Names(self, frame, pipeline, repetition, refs=refs)

    # --- instances -------------------------------------------------------------------------

    def frames(self, path: tuple[str, ...]) -> list[ModuleFrame]:
        """The instances of the module at ``path``, callers' order first."""
        if path not in self._frames:
            made: list[ModuleFrame] = []
            final = True
            for caller in self.frames(path[:-1]):
                call = caller.module.calls[path[-1]]
                if call.module is not None:
                    made.extend(self._call_frames(caller, call, call.module))
                final = final and self.call_instances(caller, call).is_final
            if not final:
                return made
            self._frames[path] = made
            self._by_parts |= {frame.parts: frame for frame in made}
        return self._frames[path]

    def frame(self, parts: tuple[Part, ...]) -> ModuleFrame:
        """The module instance at an address; there must be one."""
        known = self._by_parts.get(parts)
        if known is None:
            frames = self.frames(tuple(part.name for part in parts))
            known = next(frame for frame in frames if frame.parts == parts)
        return known

    def _call_frames(
        self, caller: ModuleFrame, call: ModuleCall, module: Module
    ) -> list[ModuleFrame]:
        return [
            ModuleFrame(
                module, (*caller.parts, Part("module", call.name, key)), caller, call, repetition
            )
            for key, repetition in self.call_instances(caller, call).by_key.items()
        ]

    def call_instances(self, frame: ModuleFrame, call: ModuleCall) -> Instances:
        """The instances of a module call."""
        address = frame.address("module", call.name)
        return self._expanded(address, call.meta, self.names(frame), call.body.header)

    def instances(self, frame: ModuleFrame, declared: Object) -> Instances:
        """The instances of an object in one module instance."""
        address = frame.address(declared.kind, declared.name)
        return self._expanded(address, declared.meta, self.names(frame), declared.body.header)

    def step_instances(self, pipeline: PipelineFrame, name: str) -> Instances:
        """The instances of a step in one pipeline instance; their values as first known."""
        step, address = pipeline.declared.steps[name], pipeline.address.child("step", name)
        known, _ = self._instances.get(address, (None, -1))
        if known is not None and not known.unknown:
            return known
        names = self.names(pipeline.module, pipeline.repetition, pipeline)
        return self._expanded(address, step.meta, names, step.body.header)

    def step_repetition(self, pipeline: PipelineFrame, name: str, key: InstanceKey) -> Repetition:
        """One instance of a step, with its present value."""
        known = self.step_instances(pipeline, name).by_key[key]
        if known.value is None or known.value.is_wholly_known:
            return known
        step, address = pipeline.declared.steps[name], pipeline.address.child("step", name)
        names = self.names(pipeline.module, pipeline.repetition, pipeline)
        header = step.body.header
        if isinstance(step.meta.for_each, For):
            refiner = self._refiners.setdefault(address, Refiner(step.meta.for_each))
            one = refiner.refined(
                known, lambda e, own: self.evaluate(e, replace(names, own=own), header)
            )
            if one is not None:
                return one
        return self._expanded(address, step.meta, names, header).by_key[key]

    def _expanded(self, address: Address, meta: Meta, names: Names, header: str) -> Instances:
        known, at = self._instances.get(address, (None, -1))
        if known is None or (at != self._settles and not known.is_final):
            # Something settled meanwhile: an unknown number or value may have become known.
            problems: Diagnostics = []
            known = expand(meta, lambda e: self.evaluate(e, names, header), header, problems)
            for problem in problems:
                self.say(problem)
            self._instances[address] = (known, self._settles)
        return known

    def pipelines(self, frame: ModuleFrame, declared: Object) -> list[PipelineFrame]:
        """The instances of a pipeline."""
        return [
            self.pipeline_frame(frame, declared, repetition)
            for repetition in self.instances(frame, declared).by_key.values()
        ]

    def pipeline_frame(
        self, frame: ModuleFrame, declared: Object, repetition: Repetition
    ) -> PipelineFrame:
        """One instance of a pipeline; the same object as long as the instance is."""
        key = f"{declared.name}[{repetition.key!r}]"
        known = frame.pipelines.get(key)
        if known is None or known.repetition is not repetition:
            known = frame.pipelines[key] = PipelineFrame(frame, declared, repetition)
        return known

    def addresses(self, node: Address) -> list[Address]:
        """The instances of a node of the graph that are made or run, in order."""
        modules = tuple(p.name for p in node.parts if p.kind == "module")
        rest = node.parts[len(modules) :]
        return [a for frame in self.frames(modules) for a in self._addresses_in(frame, rest)]

    def _addresses_in(self, frame: ModuleFrame, rest: tuple[Part, ...]) -> list[Address]:
        if not rest or (declared := frame.module.objects.get((rest[0].kind, rest[0].name))) is None:
            return []
        if len(rest) == 1:
            keys = self.instances(frame, declared).by_key
            return [frame.address(declared.kind, declared.name, key) for key in keys]
        if rest[1].kind != "step":
            return []
        return [
            pipeline.address.child("step", rest[1].name, key)
            for pipeline in self.pipelines(frame, declared)
            for key in self.step_instances(pipeline, rest[1].name).by_key
        ]

    def dependencies(
        self, references: tuple[ScopeTraversal, ...], place: Place
    ) -> frozenset[Address]:
        """The instances that an explicit ``depends_on`` names."""
        silent: Diagnostics = []
        nodes = [node for one in references for node in resolve(one, place, silent)]
        return frozenset(a for node in nodes for a in self.addresses(node))
