"""Steps: which definition, which inputs, which target, and the key of the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mlctl.config.arguments import Arguments, arguments
from mlctl.config.command import command_value, own_names
from mlctl.config.declarations import Definition, StepDeclaration
from mlctl.config.decode import Decoded
from mlctl.config.evaluator import Evaluator, referred
from mlctl.config.frames import ModuleFrame, PipelineFrame, Repetition
from mlctl.config.inputs import Binder, Bound, Given, literal_text, placeholder
from mlctl.config.locate import Locator
from mlctl.config.names import Names
from mlctl.config.references import Place
from mlctl.config.software import SoftwareChoice, Softwares
from mlctl.config.units import duration_s, size_bytes
from mlctl.core.address import Address
from mlctl.core.desired import DesiredStep, EvaluationFailed, Located, Retry
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.digest import Digest
from mlctl.core.errors import MlctlError
from mlctl.core.job import DataKind, Layout, Limits
from mlctl.core.provenance import origins_of
from mlctl.core.secret import Secret
from mlctl.core.source import SourceSpan
from mlctl.core.step import AbsentInput, InputKey, LiteralInput, Pending, StepKey
from mlctl.core.suggest import did_you_mean
from mlctl.core.types import BOOL, NUMBER, STRING, ListType, MapType, is_keyed
from mlctl.core.value import SENSITIVE, Value, boolean, null, number, parse_number, string, unknown
from mlctl.hcl.ast import Expression, ObjectCons
from mlctl.hcl.convert import ConversionError, convert

THIS_MACHINE = Address.of("compute", "this_machine")
"""The implicit local target of steps for which none is named."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a step's definition comes from.

    Attributes:
        definition: The component's, or the step's own.
        names: What names stand for in it.
        component: The component's address; None for an inline step.
    """

    definition: Definition
    names: Names
    component: Address | None = None


@dataclass(slots=True)
class Steps:
    """Evaluates steps.

    Attributes:
        salt: From ``cache { version = … }``.
        binders: By module instance.
        overrides: Values for pipeline inputs given on the command line.
    """

    evaluator: Evaluator
    locator: Locator
    softwares: Softwares
    salt: str = ""
    overrides: Mapping[tuple[Address, str], Value] = field(default_factory=dict)

    # --- pipeline inputs -------------------------------------------------------------------

    def input_value(self, pipeline: PipelineFrame, name: str) -> Value:
        """A pipeline's input: data as data values, literals converted and checked."""
        known = pipeline.memo.get(name)
        if known is not None:
            return known
        port = pipeline.declared.inputs[name]
        frame = pipeline.module
        names = self.evaluator.names(frame, pipeline.repetition)
        binder = Binder(arguments(self.evaluator, names), frame, self.locator)
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
            self.evaluator.say(
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
    ) -> Mapping[str, str]:
        """The declared outputs of a step: type by name."""
        source = self.source(pipeline, pipeline.declared.steps[name], repetition)
        if source is None:
            return {}
        return {port.name: port.type for port in source.definition.outputs.values()}

    def source(
        self, pipeline: PipelineFrame, step: StepDeclaration, repetition: Repetition
    ) -> Source | None:
        """A step's definition; None when the component it names is not to be had."""
        names = self.evaluator.names(pipeline.module, repetition, pipeline)
        expr = step.body.expr("component")
        if expr is None:
            return Source(step.definition, names)
        value = self.evaluator.evaluate(expr, replace(names, refs=True), step.body.header)
        address = referred(value, "component")
        if address is None:
            if value.is_known:
                self._bad_component(expr, step.body)
            return None
        frame, repeated = self._locate(address)
        declared = frame.module.objects["component", address.name]
        assert declared.definition is not None
        return Source(declared.definition, self.evaluator.names(frame, repeated), address)

    def _bad_component(self, expr: Expression, body: Decoded) -> None:
        self.evaluator.say(
            Diagnostic(
                summary="Invalid component",
                detail='"component" names a component: component.NAME.',
                subject=expr.span(),
                block=body.header,
            )
        )

    def _locate(self, address: Address) -> tuple[ModuleFrame, Repetition]:
        modules = address.module
        frames = self.evaluator.frames(tuple(p.name for p in modules))
        frame = next(f for f in frames if f.parts == modules)
        declared = frame.module.objects[address.kind, address.name]
        return frame, self.evaluator.instances(frame, declared).by_key[address.key]

    # --- a step ----------------------------------------------------------------------------

    def step(self, pipeline: PipelineFrame, name: str, repetition: Repetition) -> DesiredStep:
        """What is wanted of one step.

        Raises:
            EvaluationFailed: Something in it is wrong.
        """
        evaluator = self.evaluator
        before = len(evaluator.found)
        step = pipeline.declared.steps[name]
        source = self.source(pipeline, step, repetition)
        made = (
            _StepBuilder(self, pipeline, step, repetition, source).build()
            if source is not None
            else None
        )
        if made is None or len(evaluator.found) > before:
            raise EvaluationFailed(tuple(evaluator.found[before:]))
        return made


@dataclass(slots=True)
class _StepBuilder:
    steps: Steps
    pipeline: PipelineFrame
    declaration: StepDeclaration
    repetition: Repetition
    source: Source
    needs: set[Address] = field(default_factory=set)

    @property
    def address(self) -> Address:
        return self.pipeline.address.child("step", self.declaration.name, self.repetition.key)

    @property
    def here(self) -> Arguments:
        """The step's own arguments."""
        names = self.steps.evaluator.names(self.pipeline.module, self.repetition, self.pipeline)
        return arguments(self.steps.evaluator, names)

    @property
    def there(self) -> Arguments:
        """The definition's arguments."""
        return arguments(self.steps.evaluator, self.source.names)

    def build(self) -> DesiredStep | None:
        bound = self._inputs()
        definition = self.source.definition
        compute = self._compute()
        software = self._software(compute)
        env, env_key = self._env(software)
        code, code_key = self._code()
        limits = self._limits()
        evaluate = _CommandEvaluation(self, bound)
        key = StepKey(
            code=code_key,
            command=evaluate.for_key({}),
            inputs={name: one.key for name, one in bound.items()},
            software=software.key,
            env=env_key,
            outputs={p.name: p.type for p in definition.outputs.values()},
            platform=software.platform,
            instance_count=limits.instance_count,
            salt=self.steps.salt,
        )
        for one in bound.values():
            self.needs |= one.needs
        self._depends_on()
        return DesiredStep(
            address=self.address,
            key=key,
            compute=compute,
            command=evaluate.for_layout,
            command_with=evaluate.for_key,
            code=code,
            inputs={n: one.content for n, one in bound.items() if one.content is not None},
            outputs=key.outputs,
            env=env,
            literals={n: t for n, one in bound.items() if (t := _literal(one)) is not None},
            software=software.lock,
            limits=limits,
            timeout_s=self._timeout(),
            retry=self._retry(),
            deterministic=self._flag("deterministic", default=True),
            needs=tuple(sorted(self.needs)),
            carries_on=self._carries_on(),
        )

    # --- inputs ----------------------------------------------------------------------------

    def _inputs(self) -> dict[str, Bound]:
        evaluator, frame = self.steps.evaluator, self.pipeline.module
        given = self._given()
        ports = self.source.definition.inputs
        binder = Binder(self.there, self.source.names.frame, self.steps.locator)
        bound: dict[str, Bound] = {}
        for name, port in ports.items():
            one = binder.bind(port, given.get(name), frame)
            if one is not None:
                bound[name] = one
            elif name not in given and port.body.expr("default") is None:
                self._missing_input(name, port.type)
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
        evaluator, names, header = self.steps.evaluator, self.here.values, body.header
        if isinstance(expr, ObjectCons):
            written = [(key.bare_name(), key, value) for key, value in expr.items]
            if all(name is not None for name, _, _ in written):
                return {
                    str(name): Given(evaluator.evaluate(v, names, header), v.span(), header)
                    for name, _, v in written
                }
        value = evaluator.evaluate(expr, names, header)
        bare, marks = value.unmark()
        if not bare.is_known:
            return {}
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
        self.steps.evaluator.say(
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
            detail=f'{self._what().capitalize()} has no input named "{name}".',
            hint=did_you_mean(name, ports) or f"Its inputs: {', '.join(ports) or 'none'}.",
            subject=given.subject,
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
            self.steps.evaluator,
            self.steps.evaluator.names(pipeline.module, pipeline.repetition),
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
        frame, repetition = self.steps._locate(workspace)
        names = self.steps.evaluator.names(frame, repetition)
        body = frame.module.objects["workspace", workspace.name].body
        return self._named(arguments(self.steps.evaluator, names), body, "default_compute")

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
        return self.steps.softwares.choose(named, compute)

    def _env(
        self, software: SoftwareChoice
    ) -> tuple[dict[str, str | Secret], dict[str, str | Pending]]:
        merged: dict[str, Value] = dict(software.env)
        merged |= self._env_of(self.there, self.source.definition.body)
        if self.source.component is not None:
            merged |= self._env_of(self.here, self.declaration.body)
        clear: dict[str, str | Secret] = {}
        key: dict[str, str | Pending] = {}
        for name, value in merged.items():
            bare, marks = value.unmark_deep()
            if not bare.is_known:
                key[name] = Pending(tuple(sorted(origins_of(value))))
            elif not bare.is_null:
                text = bare.as_string()
                secret = SENSITIVE in marks
                clear[name] = Secret(text) if secret else text
                key[name] = self.steps.locator.seal(text) if secret else text
        return clear, key

    def _env_of(self, where: Arguments, body: Decoded) -> dict[str, Value]:
        value = where.value(body, "env")
        self.needs |= origins_of(value)
        bare, marks = value.unmark()
        if bare.is_null or not bare.is_known or not isinstance(bare.type, MapType):
            return {}
        return {n: one.with_marks(one.marks | marks) for n, one in bare.entries().items()}

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
            artifact = self.steps.locator.sources.code(place)
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
        self.steps.evaluator.say(
            Diagnostic(
                summary="The code folder cannot be read",
                detail=detail,
                hint="code is a folder, relative to the folder of the file that names it.",
                subject=subject,
                block=body.header,
            )
        )

    # --- settings --------------------------------------------------------------------------

    def _where(self, name: str) -> tuple[Arguments, Decoded]:
        """The step's own argument or block if it is written, else the definition's."""
        own = self.declaration.body
        written = name in own.arguments or name in own.blocks
        return (self.here, own) if written else (self.there, self.source.definition.body)

    def _flag(self, name: str, *, default: bool) -> bool:
        where, body = self._where(name)
        return where.flag(body, name, default)

    def _timeout(self) -> float | None:
        where, body = self._where("timeout")
        return where.unit(body, "timeout", duration_s)

    def _retry(self) -> Retry:
        where, body = self._where("retry")
        block = body.one("retry")
        if block is None:
            return Retry()
        on = where.value(block, "on").unmark_deep()[0]
        return Retry(
            attempts=int(where.number(block, "attempts") or 1),
            backoff_s=where.unit(block, "backoff", duration_s) or 0.0,
            on=tuple(e.as_string() for e in on.elements()) if on.raw and on.is_known else (),
        )

    def _limits(self) -> Limits:
        where, body = self._where("resources")
        block = body.one("resources")
        if block is None:
            return Limits()
        return Limits(
            cpus=where.number(block, "cpus"),
            memory_bytes=where.unit(block, "memory", size_bytes),
            gpus=int(where.number(block, "gpus") or 0),
            shm_size_bytes=where.unit(block, "shm_size", size_bytes),
            instance_count=int(where.number(block, "instance_count") or 1),
        )

    def _carries_on(self) -> bool:
        names = self.steps.evaluator.names(self.pipeline.module, self.pipeline.repetition)
        where = arguments(self.steps.evaluator, names)
        return where.flag(self.pipeline.declared.body, "continue_on_step_failure", default=False)

    def _depends_on(self) -> None:
        place = Place(self.pipeline.module.module, self.pipeline.declared)
        explicit = (*self.declaration.meta.depends_on, *self.pipeline.declared.meta.depends_on)
        self.needs |= self.steps.evaluator.dependencies(explicit, place)


@dataclass(frozen=True, slots=True)
class _CommandEvaluation:
    """Evaluates a step's command for placeholders and for real paths."""

    builder: _StepBuilder
    bound: Mapping[str, Bound]

    def for_key(self, literals: Mapping[str, InputKey]) -> str | tuple[str, ...] | Pending:
        """The command with canonical paths; literal inputs may be replaced by recorded ones."""
        values = {
            name: self._literal_value(one, literals.get(name), placeholder(name))
            for name, one in self.bound.items()
        }
        outputs = {
            name: string(f"/mlctl/outputs/{name}")
            for name in self.builder.source.definition.outputs
        }
        value = self._evaluate(values, outputs)
        if not value.is_wholly_known:
            waits = origins_of(value)
            self.builder.needs |= waits
            return Pending(tuple(sorted(waits)))
        self.builder.needs |= origins_of(value)
        return _words(value)

    def for_layout(self, layout: Layout) -> str | tuple[str, ...]:
        """The command with the real paths.

        Raises:
            EvaluationFailed: It does not evaluate for them.
        """
        evaluator = self.builder.steps.evaluator
        before = len(evaluator.found)
        values = {
            name: self._literal_value(one, None, string(layout.input(name)))
            for name, one in self.bound.items()
        }
        outputs = {
            name: string(layout.output(name)) for name in self.builder.source.definition.outputs
        }
        value = self._evaluate(values, outputs)
        if len(evaluator.found) > before:
            raise EvaluationFailed(tuple(evaluator.found[before:]))
        return _words(value)

    def _literal_value(self, bound: Bound, then: InputKey | None, path: Value) -> Value:
        if isinstance(then, LiteralInput):
            return recorded_literal(then)
        if isinstance(bound.key, LiteralInput):
            return bound.value
        if isinstance(bound.key, AbsentInput):
            return null(STRING)
        if isinstance(bound.key, Pending) and bound.value.type in (STRING, NUMBER, BOOL):
            return bound.value
        return path

    def _evaluate(self, inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> Value:
        body, source = self.builder.source.definition.body, self.builder.source
        expr = body.expr("command")
        if expr is None:
            return string("")
        evaluator = self.builder.steps.evaluator

        def evaluate(part: Expression, own: Mapping[str, Value]) -> Value:
            return evaluator.evaluate(part, replace(source.names, own=own), body.header)

        problems: Diagnostics = []
        try:
            value = _as_command(command_value(expr, own_names(inputs, outputs), evaluate))
        except ConversionError as error:
            problems.append(_unfit(f"{str(error).rstrip('.')}.", expr, body))
            value = string("")
        if SENSITIVE in value.marks_deep():
            problems.append(_secret_in_command(expr, body))
        for problem in problems:
            evaluator.say(problem)
        return value


def _as_command(value: Value) -> Value:
    """A string, or a list of strings.

    Raises:
        ConversionError: It is neither.
    """
    bare = value.unmark()[0]
    if not bare.is_known:
        return value
    if bare.is_null:
        raise ConversionError("a command is required")
    if isinstance(bare.raw, tuple):
        return convert(value, ListType(STRING))
    return convert(value, STRING)


def _words(value: Value) -> str | tuple[str, ...]:
    bare = value.unmark_deep()[0]
    if bare.type is STRING:
        return bare.as_string()
    return tuple(word.as_string() for word in bare.elements())


def recorded_literal(key: LiteralInput) -> Value:
    """The value that a key's literal input spells."""
    text = str(key.value)
    match key.type:
        case "number" | "integer":
            return number(parse_number(text))
        case "boolean":
            return boolean(text == "true")
        case _:
            return string(text)


def _literal(bound: Bound) -> str | Secret | None:
    if not isinstance(bound.key, LiteralInput):
        return None
    bare, marks = bound.value.unmark_deep()
    text = literal_text(bare)
    return Secret(text) if SENSITIVE in marks else text


def _unfit(detail: str, expr: Expression, body: Decoded) -> Diagnostic:
    return Diagnostic(
        summary="Invalid command",
        detail=f"A command is a text for the shell or a list of words: {detail}",
        subject=expr.span(),
        block=body.header,
    )


def _secret_in_command(expr: Expression, body: Decoded) -> Diagnostic:
    return Diagnostic(
        summary="A secret on a command line",
        detail="The command holds a sensitive value, and command lines can be read by everybody "
        "on the machine.",
        hint="Give it to the step as an environment variable, env = { NAME = … }, and let the "
        'command say "$NAME" or the program read it.',
        subject=expr.span(),
        block=body.header,
    )
