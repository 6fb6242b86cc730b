"""One step evaluated: inputs, target, software, code, and the key of its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlctl.config.arguments import Arguments, arguments, too_late
from mlctl.config.declarations import StepDeclaration
from mlctl.config.decode import Decoded
from mlctl.config.frames import PipelineFrame, Repetition
from mlctl.config.inputs import Binder, Bound, Given, literal_text, pending_value
from mlctl.config.references import Place
from mlctl.config.software import SoftwareChoice
from mlctl.config.step_command import CommandEvaluation
from mlctl.config.step_context import THIS_MACHINE, Source, StepContext
from mlctl.config.step_env import env_of, spelled
from mlctl.config.step_settings import StepSettings
from mlctl.core.address import Address
from mlctl.core.desired import DesiredStep, Located
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.digest import Digest
from mlctl.core.errors import MlctlError
from mlctl.core.job import DataKind
from mlctl.core.provenance import origins_of
from mlctl.core.secret import Secret
from mlctl.core.source import SourceSpan
from mlctl.core.step import LiteralInput, Pending, StepKey
from mlctl.core.suggest import did_you_mean
from mlctl.core.types import is_keyed
from mlctl.core.value import SENSITIVE, Value, unknown
from mlctl.hcl.ast import ObjectCons


@dataclass(slots=True)
class StepBuilder:
    """Builds one step.

    Attributes:
        needs: Grows with every value that is evaluated.
        here: Evaluates the step's own arguments.
        there: Evaluates its definition's.
    """

    context: StepContext
    pipeline: PipelineFrame
    declaration: StepDeclaration
    repetition: Repetition
    source: Source
    needs: set[Address] = field(default_factory=set)
    here: Arguments = field(init=False)
    there: Arguments = field(init=False)

    @property
    def address(self) -> Address:
        """The step's address."""
        return self.pipeline.address.child("step", self.declaration.name, self.repetition.key)

    def __post_init__(self) -> None:
        evaluator = self.context.evaluator
        names = evaluator.names(self.pipeline.module, self.repetition, self.pipeline)
        self.here = arguments(evaluator, names)
        self.there = arguments(evaluator, self.source.names)

    def build(self) -> DesiredStep:
        """Evaluate everything; what is wrong is said."""
        bound = self._inputs()
        definition = self.source.definition
        compute = self._compute()
        software = self._software(compute)
        env, env_key = self._env(software)
        code, code_key = self._code()
        settings = StepSettings(
            self.declaration.body, self.source.definition.body, self.here, self.there
        )
        limits = settings.limits()
        evaluate = CommandEvaluation(self.context, self.source, bound, self.needs)
        key = StepKey(
            code=code_key,
            command=evaluate.for_key(),
            inputs={name: one.key for name, one in bound.items()},
            software=software.key,
            env=env_key,
            outputs={p.name: p.type for p in definition.outputs.values()},
            platform=software.platform,
            instance_count=limits.instance_count,
            salt=self.context.salt,
        )
        for one in bound.values():
            self.needs |= one.needs
        self.needs |= settings.rest_on()
        self._depends_on()
        return DesiredStep(
            address=self.address,
            key=key,
            compute=compute,
            command=evaluate.for_layout,
            command_with=evaluate.as_if,
            code=code,
            inputs={n: one.content for n, one in bound.items() if one.content is not None},
            outputs=key.outputs,
            env=env,
            literals={n: t for n, one in bound.items() if (t := _literal(one)) is not None},
            software=software.lock,
            limits=limits,
            timeout_s=settings.timeout_s(),
            retry=settings.retry(),
            deterministic=settings.deterministic(),
            needs=tuple(sorted(self.needs)),
            carries_on=self._carries_on(),
        )

    # --- inputs ----------------------------------------------------------------------------

    def _inputs(self) -> dict[str, Bound]:
        evaluator, frame = self.context.evaluator, self.pipeline.module
        given = self._given()
        ports = self.source.definition.inputs
        binder = Binder(self.there, self.source.names.frame, self.context.locator)
        bound: dict[str, Bound] = {}
        for name, port in ports.items():
            one = binder.bind(port, given.get(name), frame)
            if one is not None:
                bound[name] = one
                continue
            if name not in given and port.body.expr("default") is None:
                self._missing_input(name, port.type)
            # Said; what the command makes of it must not be said as well.
            bound[name] = Bound(Pending(), pending_value(port))
        for name, value in given.items():
            if name in ports:
                continue
            if self.declaration.is_inline:
                inferred = binder.inferred(name, value, frame)
                if inferred is not None:
                    bound[name] = inferred
            else:
                evaluator.say(self._undeclared_input(name, value, ports))
        return bound

    def _given(self) -> dict[str, Given]:
        body = self.declaration.body
        expr = body.expr("inputs")
        if expr is None:
            return {}
        evaluator, names, header = self.context.evaluator, self.here.values, body.header
        if isinstance(expr, ObjectCons):
            written = [(key.bare_name(), key, value) for key, value in expr.items]
            if all(name is not None for name, _, _ in written):
                return {
                    str(name): Given(
                        evaluator.evaluate(v, names, header), v.span(), header, k.span()
                    )
                    for name, k, v in written
                }
        value = evaluator.evaluate(expr, names, header)
        bare, marks = value.unmark()
        if not bare.is_known:
            waits = origins_of(value)
            if waits and self.declaration.is_inline:
                evaluator.say(too_late("inputs", waits, expr, header))
            # Which inputs it gives is known after apply; until then it may give any of them.
            waiting = Given(unknown().with_marks(marks), expr.span(), header)
            return dict.fromkeys(self.source.definition.inputs, waiting)
        if not is_keyed(bare.type) or bare.is_null:
            evaluator.say(
                Diagnostic(
                    summary="Invalid inputs",
                    detail='"inputs" is an object: { NAME = value, … }.',
                    subject=expr.span(),
                    block=header,
                )
            )
            return {}
        return {
            name: Given(one.with_marks(one.marks | marks), expr.span(), header)
            for name, one in bare.entries().items()
        }

    def _missing_input(self, name: str, type_name: str) -> None:
        body = self.declaration.body
        expr = body.expr("inputs")
        self.context.evaluator.say(
            Diagnostic(
                summary="Missing required input",
                detail=f'The input "{name}" ({type_name}) of {self._what()} has no default, so the '
                "step must give it a value.",
                hint=f"Add it: inputs = {{ {name} = … }}",
                subject=expr.span() if expr else body.block.header_span(),
                block=body.header,
                address=str(self.address),
            )
        )

    def _undeclared_input(self, name: str, given: Given, ports: Mapping[str, object]) -> Diagnostic:
        return Diagnostic(
            summary="Undeclared input",
            detail=f'There is no input named "{name}" in {self._what()}.',
            hint=did_you_mean(name, ports) or f"Its inputs: {', '.join(ports) or 'none'}.",
            subject=given.name or given.subject,
            block=given.header,
        )

    def _what(self) -> str:
        component = self.source.component
        return f"the component {component}" if component else f'the step "{self.declaration.name}"'

    # --- where and in what -----------------------------------------------------------------

    def _compute(self) -> Address:
        pipeline = self.pipeline
        named = self._named(self.here, self.declaration.body, "compute")
        if named is not None:
            return named
        around = arguments(
            self.context.evaluator,
            self.context.evaluator.names(pipeline.module, pipeline.repetition),
        )
        named = self._named(around, pipeline.declared.body, "default_compute")
        if named is not None:
            return named
        workspace = self._named(around, pipeline.declared.body, "workspace")
        if workspace is None and ("workspace", "default") in pipeline.module.module.objects:
            workspace = pipeline.module.address("workspace", "default")
        return self._workspace_compute(workspace) or THIS_MACHINE

    def _workspace_compute(self, workspace: Address | None) -> Address | None:
        if workspace is None:
            return None
        frame, repetition = self.context.locate(workspace)
        names = self.context.evaluator.names(frame, repetition)
        body = frame.module.objects["workspace", workspace.name].body
        return self._named(arguments(self.context.evaluator, names), body, "default_compute")

    def _named(self, where: Arguments, body: Decoded, name: str) -> Address | None:
        value = where.value(body, name)
        self.needs |= origins_of(value)
        text = value.unmark()[0].raw
        return Address.parse(text) if isinstance(text, str) else None

    def _software(self, compute: Address) -> SoftwareChoice:
        named = self._named(self.there, self.source.definition.body, "environment")
        if compute != THIS_MACHINE:
            self.needs.add(compute)
        if named is not None:
            self.needs.add(named)
        return self.context.softwares.choose(named, compute)

    def _env(
        self, software: SoftwareChoice
    ) -> tuple[dict[str, str | Secret], dict[str, str | Pending]]:
        merged: dict[str, Value] = dict(software.env)
        merged |= env_of(self.there, self.source.definition.body)
        if self.source.component is not None:
            merged |= env_of(self.here, self.declaration.body)
        for value in merged.values():
            self.needs |= origins_of(value)
        return spelled(merged, self.context.locator.seal)

    def _code(self) -> tuple[Located | None, Digest | Pending | None]:
        body, frame = self.source.definition.body, self.source.names.frame
        value = self.there.value(body, "code")
        self.needs |= origins_of(value)
        bare = value.unmark()[0]
        if not bare.is_known:
            return None, Pending(tuple(sorted(origins_of(value))))
        if not isinstance(bare.raw, str):
            return None, None
        expr = body.expr("code")
        assert expr is not None
        place = frame.module.directory / bare.raw
        try:
            artifact = self.context.locator.sources.code(place)
        except OSError as error:
            self._code_problem(f'"{bare.raw}": {error.strerror}.', expr.span(), body)
            return None, None
        except MlctlError as error:
            self._code_problem(str(error), expr.span(), body)
            return None, None
        if artifact is None:
            return None, Pending()
        return Located(place, DataKind.FOLDER, artifact, code=True), artifact.digest

    def _code_problem(self, detail: str, subject: SourceSpan, body: Decoded) -> None:
        self.context.evaluator.say(
            Diagnostic(
                summary="The code folder cannot be read",
                detail=detail,
                hint="code is a folder, relative to the folder of the file that names it.",
                subject=subject,
                block=body.header,
            )
        )

    # --- the rest ----------------------------------------------------------------------

    def _carries_on(self) -> bool:
        names = self.context.evaluator.names(self.pipeline.module, self.pipeline.repetition)
        where = arguments(self.context.evaluator, names)
        return where.flag(self.pipeline.declared.body, "continue_on_step_failure", default=False)

    def _depends_on(self) -> None:
        place = Place(self.pipeline.module.module, self.pipeline.declared)
        explicit = (*self.declaration.meta.depends_on, *self.pipeline.declared.meta.depends_on)
        self.needs |= self.context.evaluator.dependencies(explicit, place)


def _literal(bound: Bound) -> str | Secret | None:
    if not isinstance(bound.key, LiteralInput):
        return None
    bare, marks = bound.value.unmark_deep()
    text = literal_text(bare)
    return Secret(text) if SENSITIVE in marks else text
