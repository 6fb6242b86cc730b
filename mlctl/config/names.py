"""Names to values: what ``var.x``, ``steps.prep.outputs.data`` or ``each.key`` stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mlctl.config.frames import ONCE, ModuleFrame, PipelineFrame, Repetition
from mlctl.config.references import PIPELINE_NAMES
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.value import DYNAMIC_UNKNOWN, Value, number, object_of, string
from mlctl.hcl.ast import ScopeTraversal
from mlctl.hcl.functions import Function
from mlctl.hcl.scope import Resolved, Scope


class Objects(Protocol):
    """Where the values of declarations come from."""

    functions: Mapping[str, Function]

    def variable(self, frame: ModuleFrame, name: str) -> Value:
        """A variable of one module instance."""

    def local(self, frame: ModuleFrame, name: str) -> Value:
        """A local value."""

    def paths(self, frame: ModuleFrame) -> Value:
        """``path``."""

    def call_value(self, frame: ModuleFrame, name: str) -> Value:
        """``module.NAME``: its outputs, by instance where repeated."""

    def call_output(self, frame: ModuleFrame, name: str, output: str) -> Value | None:
        """``module.NAME.OUTPUT``; None where instances must be chosen first."""

    def object_value(self, frame: ModuleFrame, kind: str, name: str, *, refs: bool) -> Value:
        """``KIND.NAME``; with ``refs`` only what identifies it."""

    def pipeline_member(self, frame: ModuleFrame, name: str, output: str) -> Value | None:
        """``pipeline.NAME.outputs.OUTPUT``; None where instances must be chosen first."""

    def steps_value(self, pipeline: PipelineFrame, name: str) -> Value:
        """``steps.NAME``."""

    def input_value(self, pipeline: PipelineFrame, name: str) -> Value:
        """A pipeline's input."""


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What names stand for at one place.

    Attributes:
        own: What ``inputs`` and ``outputs`` stand for in a command.
        refs: Objects are wanted for their identity only, so that any two of a kind have one type.
    """

    objects: Objects
    frame: ModuleFrame
    pipeline: PipelineFrame | None = None
    repetition: Repetition = ONCE
    own: Mapping[str, Value] | None = None
    refs: bool = False

    def scope(self) -> Scope:
        """The scope to evaluate in."""
        return Scope({}, self.objects.functions, None, self.resolve)

    def resolve(self, reference: ScopeTraversal) -> Resolved:
        """The value of a reference's first part; unknown for what is not declared.

        What is not declared is said by ``mlctl.config.references`` and only there.
        """
        root = reference.name
        if self.own is not None and root in self.own:
            return Resolved(self.own[root], reference.steps)
        if root in ("each", "count"):
            return self._repetition(reference)
        if root == "path":
            return Resolved(self.objects.paths(self.frame), reference.steps)
        name = reference.attribute(0)
        if name is None:
            return _MISSING
        if root in PIPELINE_NAMES and self.pipeline is not None:
            return self._in_pipeline(reference, root, name, self.pipeline)
        return self._declared(reference, root, name)

    def _in_pipeline(
        self, reference: ScopeTraversal, root: str, name: str, pipeline: PipelineFrame
    ) -> Resolved:
        rest = reference.steps[1:]
        if root == "steps" and name in pipeline.declared.steps:
            return Resolved(self.objects.steps_value(pipeline, name), rest)
        if root == "inputs" and name in pipeline.declared.inputs:
            return Resolved(self.objects.input_value(pipeline, name), rest)
        return _MISSING

    def _declared(self, reference: ScopeTraversal, root: str, name: str) -> Resolved:
        module, rest = self.frame.module, reference.steps[1:]
        if root == "var":
            known = name in module.variables
            return Resolved(self.objects.variable(self.frame, name), rest) if known else _MISSING
        if root == "local":
            known = name in module.locals
            return Resolved(self.objects.local(self.frame, name), rest) if known else _MISSING
        if root == "module":
            return self._call(reference, name) if name in module.calls else _MISSING
        if (root, name) in module.objects:
            return self._object(reference, root, name)
        return _MISSING

    def _call(self, reference: ScopeTraversal, name: str) -> Resolved:
        output = reference.attribute(1)
        if output is not None:
            value = self.objects.call_output(self.frame, name, output)
            if value is not None:
                return Resolved(value, reference.steps[2:])
        return Resolved(self.objects.call_value(self.frame, name), reference.steps[1:])

    def _object(self, reference: ScopeTraversal, kind: str, name: str) -> Resolved:
        output = reference.attribute(2)
        if kind == "pipeline" and reference.attribute(1) == "outputs" and output is not None:
            value = self.objects.pipeline_member(self.frame, name, output)
            if value is not None:
                return Resolved(value, reference.steps[3:])
        value = self.objects.object_value(self.frame, kind, name, refs=self.refs)
        return Resolved(value, reference.steps[1:])

    def _repetition(self, reference: ScopeTraversal) -> Resolved:
        # A step that is not repeated itself speaks of the instance of its pipeline.
        around = self.pipeline.repetition if self.pipeline is not None else ONCE
        for key, value in ((r.key, r.value) for r in (self.repetition, around)):
            if reference.name == "count" and isinstance(key, int):
                return Resolved(object_of({"index": number(key)}), reference.steps)
            if reference.name == "each" and isinstance(key, str) and value is not None:
                return Resolved(object_of({"key": string(key), "value": value}), reference.steps)
        needed = "for_each" if reference.name == "each" else "count"
        return Resolved(
            DYNAMIC_UNKNOWN,
            (),
            (
                Diagnostic(
                    summary=f'Reference to "{reference.name}" in a block without {needed}',
                    detail=f'"{reference.name}" can be used only in blocks with "{needed}" set.',
                    subject=reference.span(),
                ),
            ),
        )


_MISSING = Resolved(DYNAMIC_UNKNOWN)
"""For names that the check of references has already said are not declared."""
