"""Steps: which definition, which inputs, which target, and the key of the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mlctl.config.arguments import arguments, too_late
from mlctl.config.declarations import StepDeclaration
from mlctl.config.decode import Decoded
from mlctl.config.evaluator import referred
from mlctl.config.frames import PipelineFrame, Repetition
from mlctl.config.inputs import Binder, Given
from mlctl.config.step_build import StepBuilder
from mlctl.config.step_context import Source, StepContext
from mlctl.core.address import Address
from mlctl.core.desired import DesiredStep, EvaluationFailed
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.provenance import origins_of
from mlctl.core.value import Value, unknown
from mlctl.hcl.ast import Expression


@dataclass(slots=True)
class Steps:
    """Evaluates steps.

    Attributes:
        overrides: Values for pipeline inputs given on the command line.
    """

    context: StepContext
    overrides: Mapping[tuple[Address, str], Value] = field(default_factory=dict)

    # --- pipeline inputs -------------------------------------------------------------------

    def input_value(self, pipeline: PipelineFrame, name: str) -> Value:
        """A pipeline's input: data as data values, literals converted and checked."""
        known = pipeline.memo.get(name)
        if known is not None:
            return known
        port = pipeline.declared.inputs[name]
        frame = pipeline.module
        names = self.context.evaluator.names(frame, pipeline.repetition)
        binder = Binder(arguments(self.context.evaluator, names), frame, self.context.locator)
        given = self._override(pipeline, name, port.body)
        bound = binder.bind(port, given, frame)
        value = bound.value if bound else self._no_value(port.body, name, port.type)
        if value.is_wholly_known:
            pipeline.memo[name] = value
        return value

    def _override(self, pipeline: PipelineFrame, name: str, body: Decoded) -> Given | None:
        value = self.overrides.get((pipeline.address, name))
        span = body.block.header_span()
        return None if value is None else Given(value, span, body.header)

    def _no_value(self, body: Decoded, name: str, type_name: str) -> Value:
        if body.expr("default") is None:
            self.context.evaluator.say(
                Diagnostic(
                    summary="Missing required input",
                    detail=f'The pipeline\'s input "{name}" ({type_name}) has no value.',
                    hint=f"Give it a default, or a value: mlctl run PIPELINE --input {name}=…",
                    subject=body.block.header_span(),
                    block=body.header,
                )
            )
        return unknown()

    # --- definitions -----------------------------------------------------------------------

    def output_types(
        self, pipeline: PipelineFrame, name: str, repetition: Repetition
    ) -> Mapping[str, str] | None:
        """The declared outputs of a step: type by name; None when its component is not known."""
        source = self.source(pipeline, pipeline.declared.steps[name], repetition)
        if source is None:
            return None
        return {port.name: port.type for port in source.definition.outputs.values()}

    def source(
        self, pipeline: PipelineFrame, step: StepDeclaration, repetition: Repetition
    ) -> Source | None:
        """A step's definition; None when the component it names is not to be had."""
        names = self.context.evaluator.names(pipeline.module, repetition, pipeline)
        expr = step.body.expr("component")
        if expr is None:
            return Source(step.definition, names)
        value = self.context.evaluator.evaluate(expr, replace(names, refs=True), step.body.header)
        address = referred(value, "component")
        if address is None:
            self._bad_component(expr, step.body, value)
            return None
        frame, repeated = self.context.locate(address)
        declared = frame.module.objects["component", address.name]
        assert declared.definition is not None
        return Source(declared.definition, self.context.evaluator.names(frame, repeated), address)

    def _bad_component(self, expr: Expression, body: Decoded, value: Value) -> None:
        if not value.is_known:
            if waits := origins_of(value):
                others = {a for a in waits if a.kind != "component"}
                self.context.evaluator.say(
                    too_late("component", others or waits, expr, body.header)
                )
            return
        self.context.evaluator.say(
            Diagnostic(
                summary="Invalid component",
                detail='"component" takes a reference: component.NAME.',
                subject=expr.span(),
                block=body.header,
            )
        )

    # --- a step ----------------------------------------------------------------------------

    def step(self, pipeline: PipelineFrame, name: str, repetition: Repetition) -> DesiredStep:
        """What is wanted of one step.

        Raises:
            EvaluationFailed: Something in it is wrong.
        """
        evaluator = self.context.evaluator
        before = len(evaluator.heard)
        step = pipeline.declared.steps[name]
        source = self.source(pipeline, step, repetition)
        made = (
            StepBuilder(self.context, pipeline, step, repetition, source).build()
            if source is not None
            else None
        )
        failed = evaluator.failed_since(before)
        if made is None or failed:
            raise EvaluationFailed(failed)
        return made
