"""Declarations to values: evaluated when asked for, with unknowns where only apply will tell.

Whoever drives this asks in the graph's order, so that what an expression names has been decided
before; evaluation then never has to go deep.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from mlctl.config.data import moved_data
from mlctl.config.declarations import Configuration, ModuleCall, Object
from mlctl.config.expansion import Expansion
from mlctl.config.frames import ONCE, ModuleFrame, PipelineFrame, Repetition
from mlctl.config.step_values import OutputTypes, StepValues, by_key
from mlctl.config.variable_values import checked_variable
from mlctl.core.address import Address, InstanceKey, Part
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.provenance import Origin
from mlctl.core.state import StepRecord
from mlctl.core.value import (
    DYNAMIC_UNKNOWN,
    SENSITIVE,
    Value,
    null,
    object_of,
    string,
)
from mlctl.hcl.ast import Expression
from mlctl.hcl.functions import Function

ObjectValue = Callable[[ModuleFrame, Object, Repetition], Value]
"""Makes the value of an object nobody has settled yet."""


class Evaluator(Expansion):
    """The configuration as a function of what is settled so far.

    Attributes:
        settled: Attributes of objects, by address.
        unsettled: Makes the values of other objects; set by whoever builds the whole.
        output_types: Likewise for the outputs of steps.
        pipeline_input: Likewise for the inputs of pipelines.
        published: Likewise for where the outputs of pipelines stand.
    """

    def __init__(
        self,
        configuration: Configuration,
        variables: Mapping[str, Value],
        functions: Mapping[str, Function],
    ) -> None:
        super().__init__(configuration, functions)
        self.settled: dict[Address, Value] = {}
        self.unsettled: ObjectValue = lambda _frame, _declared, _repetition: DYNAMIC_UNKNOWN
        self.output_types: OutputTypes = lambda _pipeline, _name, _repetition: None
        self.pipeline_input: Callable[[PipelineFrame, str], Value] = lambda _pipeline, _name: (
            DYNAMIC_UNKNOWN
        )
        self.published: Callable[[Address], str] = str
        self._given = variables
        self._steps = StepValues()

    # --- what names stand for --------------------------------------------------------------

    def variable(self, frame: ModuleFrame, name: str) -> Value:
        """A variable of one module instance, converted and checked."""
        memo = frame.memo
        if (key := f"var.{name}") not in memo:
            memo[key] = DYNAMIC_UNKNOWN  # a validation that names its own variable ends here
            declared = frame.module.variables[name]
            given, subject = self._argument(frame, name)
            value = checked_variable(declared, given, subject, self.say)
            memo[key] = value
            self._validate(frame, name)
            if not value.is_wholly_known:
                del memo[key]  # it may settle later
            return value
        return memo[key]

    def _argument(self, frame: ModuleFrame, name: str) -> tuple[Value | None, Expression | None]:
        if frame.call is None or frame.caller is None:
            return self._given.get(name), None
        attribute = frame.call.arguments.get(name)
        if attribute is None:
            return None, None
        names = self.names(frame.caller, frame.repetition)
        return self.evaluate(attribute.expr, names, frame.call.body.header), attribute.expr

    def _validate(self, frame: ModuleFrame, name: str) -> None:
        body = frame.module.variables[name].body
        for rule in body.blocks.get("validation", ()):
            condition, message = rule.expr("condition"), rule.expr("error_message")
            if condition is None or message is None:
                continue
            held = self.evaluate(condition, self.names(frame), body.header).unmark_deep()[0]
            if held.raw is False or held.raw == "false":
                said, marks = self.evaluate(message, self.names(frame), body.header).unmark()
                text = said.raw if isinstance(said.raw, str) else "The condition does not hold."
                if SENSITIVE in marks:
                    text = "The message rests on a sensitive value, so it is not shown."
                self.say(
                    Diagnostic(
                        summary="Invalid value for variable",
                        detail=text,
                        subject=condition.span(),
                        block=body.header,
                    )
                )

    def local(self, frame: ModuleFrame, name: str) -> Value:
        """A local value. Not kept while anything in it is unknown, for that may settle later."""
        memo = frame.memo
        key = f"local.{name}"
        if key in memo:
            return memo[key]
        memo[key] = DYNAMIC_UNKNOWN  # a circle is said by the graph; here it must only end
        header = "locals"
        value = self.evaluate(frame.module.locals[name].expr, self.names(frame), header)
        if value.is_wholly_known:
            memo[key] = value
        else:
            del memo[key]
        return value

    def paths(self, frame: ModuleFrame) -> Value:
        """``path``: folders as text, relative to the root where they are inside it."""
        root = self.configuration.root.directory
        directory = frame.module.directory
        relative = Path(os.path.relpath(directory, root)).as_posix() if frame.parts else "."
        return object_of(
            {"module": string(relative), "root": string("."), "cwd": string(str(Path.cwd()))}
        )

    def call_output(self, frame: ModuleFrame, name: str, output: str) -> Value | None:
        """``module.NAME.OUTPUT`` of a call that is not repeated."""
        call = frame.module.calls[name]
        if call.module is None:
            return DYNAMIC_UNKNOWN
        instances = self.call_instances(frame, call)
        if instances.repeated or instances.unknown or None not in instances.by_key:
            return None
        if output not in call.module.outputs:
            return DYNAMIC_UNKNOWN
        return self.module_output(self._child(frame, call, None), output)

    def call_value(self, frame: ModuleFrame, name: str) -> Value:
        """``module.NAME`` as a whole."""
        call = frame.module.calls[name]
        if call.module is None:
            return DYNAMIC_UNKNOWN
        instances = self.call_instances(frame, call)
        outputs = call.module.outputs
        return by_key(
            instances,
            lambda key: object_of(
                {o: self.module_output(self._child(frame, call, key), o) for o in outputs}
            ),
        )

    def _child(self, frame: ModuleFrame, call: ModuleCall, key: InstanceKey) -> ModuleFrame:
        parts = (*frame.parts, Part("module", call.name, key))
        return self.frame(parts)

    def module_output(self, frame: ModuleFrame, name: str) -> Value:
        """An output of a module instance."""
        body = frame.module.outputs[name]
        expr = body.expr("value")
        if expr is None:
            return DYNAMIC_UNKNOWN
        value = self.evaluate(expr, self.names(frame), body.header)
        return (
            value.mark(SENSITIVE)
            if self.flag(body.expr("sensitive"), frame, body.header)
            else value
        )

    def flag(self, expr: Expression | None, frame: ModuleFrame, header: str) -> bool:
        """A bool argument that is false unless written."""
        if expr is None:
            return False
        value = self.evaluate(expr, self.names(frame), header).unmark_deep()[0]
        return value.is_known and (value.raw is True or value.raw == "true")

    def object_value(self, frame: ModuleFrame, kind: str, name: str, *, refs: bool) -> Value:
        """``KIND.NAME``: attributes, or with ``refs`` what identifies it; by key where repeated."""
        declared = frame.module.objects[kind, name]
        instances = self.instances(frame, declared)
        if refs:
            return by_key(instances, lambda key: reference_value(frame.address(kind, name, key)))
        return by_key(
            instances,
            lambda key: self._attributes(
                frame.address(kind, name, key), frame, declared, instances.by_key[key]
            ),
        )

    def _attributes(
        self, address: Address, frame: ModuleFrame, declared: Object, repetition: Repetition
    ) -> Value:
        value = self.settled.get(address)
        if value is None:
            value = self.unsettled(frame, declared, repetition)
        if not value.is_known or value.is_null:
            return value.mark(Origin(address))
        identity = {
            "address": string(str(address)),
            "kind": string(declared.kind),
            "name": string(declared.name),
        }
        members = dict(value.entries())
        if declared.kind == "datastore":
            members["uri"] = string(f"datastore://{declared.name}")
        if declared.kind == "pipeline":
            members["outputs"] = self._pipeline_outputs(frame, declared, repetition)
        return object_of({**members, **identity}).mark(Origin(address))

    def _pipeline_outputs(
        self, frame: ModuleFrame, declared: Object, repetition: Repetition
    ) -> Value:
        pipeline = self.pipeline_frame(frame, declared, repetition)
        return object_of({o: self.pipeline_output(pipeline, o) for o in declared.outputs})

    def pipeline_member(self, frame: ModuleFrame, name: str, output: str) -> Value | None:
        """``pipeline.NAME.outputs.OUTPUT`` of a pipeline that is not repeated."""
        declared = frame.module.objects["pipeline", name]
        instances = self.instances(frame, declared)
        if instances.repeated or instances.unknown or None not in instances.by_key:
            return None
        if output not in declared.outputs:
            return DYNAMIC_UNKNOWN
        return self.pipeline_output(self.pipeline_frame(frame, declared, ONCE), output)

    def pipeline_output(self, pipeline: PipelineFrame, name: str) -> Value:
        """An output of a pipeline instance, as its ``value`` says."""
        body = pipeline.declared.outputs[name]
        expr = body.expr("value")
        if expr is None:
            return DYNAMIC_UNKNOWN
        names = self.names(pipeline.module, pipeline.repetition, pipeline)
        value = self.evaluate(expr, names, body.header)
        return moved_data(value, self.published(pipeline.address.child("outputs", name)))

    def input_value(self, pipeline: PipelineFrame, name: str) -> Value:
        """A pipeline's input."""
        return self.pipeline_input(pipeline, name)

    def steps_value(self, pipeline: PipelineFrame, name: str) -> Value:
        """``steps.NAME``: an object with ``outputs``, by key where repeated."""
        instances = self.step_instances(pipeline, name)
        return self._steps.of(pipeline, name, instances, self.output_types)

    # --- settling --------------------------------------------------------------------------

    def settle_attributes(self, address: Address, attributes: Value) -> None:
        """Tell what attributes an object has, or will have as far as that is known."""
        self._settles += 1
        self.settled[address] = attributes

    def settle_record(self, address: Address, record: StepRecord) -> None:
        """Tell what result a step has."""
        self._settles += 1
        self._steps.settle(address, record)


def reference_value(address: Address) -> Value:
    """An object known by its identity alone."""
    return object_of(
        {
            "address": string(str(address)),
            "kind": string(address.kind),
            "name": string(address.name),
        }
    ).mark(Origin(address))


def referred(value: Value, kind: str) -> Address | None:
    """The address an evaluated reference names; None when it names nothing of that kind."""
    bare = value.unmark()[0]
    if not bare.is_known or bare.is_null or not isinstance(bare.raw, dict):
        return None
    address = bare.raw.get("address", null()).unmark()[0]
    if not isinstance(address.raw, str):
        return None
    named = Address.parse(address.raw)
    return named if named.kind == kind else None
