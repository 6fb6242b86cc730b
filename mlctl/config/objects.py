"""Objects that are made and recorded: their attributes, and what mlctl itself works out of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlctl.config.arguments import Arguments, arguments
from mlctl.config.declarations import Object
from mlctl.config.decode import Decoded
from mlctl.config.definition import definition_digest
from mlctl.config.evaluator import Evaluator
from mlctl.config.frames import ModuleFrame, Repetition
from mlctl.config.locate import Locator
from mlctl.config.meta import reference_list
from mlctl.config.references import Place
from mlctl.config.schemas import META_NAMES
from mlctl.config.software import Softwares
from mlctl.core.address import Address
from mlctl.core.desired import DesiredResource, EvaluationFailed, Lifecycle
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.digest import short
from mlctl.core.errors import MlctlError
from mlctl.core.job import Artifact, DataKind
from mlctl.core.provenance import without_origins
from mlctl.core.schema import BlockSchema
from mlctl.core.suggest import did_you_mean
from mlctl.core.types import STRING, MapType
from mlctl.core.value import NOT_NULL, Value, map_of, number, object_of, string, unknown
from mlctl.hcl.ast import ScopeTraversal, TupleCons, keyword

_NOT_RECORDED = ("lifecycle", "input", "output", "step", "retry", "resources")
"""Nested blocks that are not attributes of what is recorded."""

_DEFINITION = ("code", "command", "environment", "env", "timeout", "deterministic")
"""Arguments of a component that its digest stands for."""


@dataclass(frozen=True, slots=True)
class Objects:
    """Evaluates objects."""

    evaluator: Evaluator
    locator: Locator
    softwares: Softwares
    providers: Mapping[tuple[str, str], str]

    def value(self, frame: ModuleFrame, declared: Object, repetition: Repetition) -> Value:
        """The value of an object nobody has settled: what is written, and unknown for the rest."""
        made = self._attributes(frame, declared, repetition)
        computed = {
            name: unknown(attribute.type)
            for name, attribute in declared.body.schema.attributes.items()
            if attribute.computed and name not in made.entries()
        }
        return object_of({**made.entries(), **computed})

    def resource(
        self, frame: ModuleFrame, declared: Object, repetition: Repetition
    ) -> DesiredResource:
        """What is wanted of an object.

        Raises:
            EvaluationFailed: Something in it is wrong.
        """
        before = len(self.evaluator.heard)
        address = frame.address(declared.kind, declared.name, repetition.key)
        attributes, needs = without_origins(self._attributes(frame, declared, repetition))
        place = Place(frame.module)
        needs |= self.evaluator.dependencies(declared.meta.depends_on, place)
        where = arguments(self.evaluator, self.evaluator.names(frame, repetition))
        lifecycle = self._lifecycle(where, declared, place)
        failed = self.evaluator.failed_since(before)
        if failed:
            raise EvaluationFailed(failed)
        return DesiredResource(
            address=address,
            kind=declared.kind,
            type=declared.type,
            attributes=attributes,
            schema=_recorded_schema(declared),
            provider=self.providers.get((declared.kind, declared.type), ""),
            needs=tuple(sorted(needs - {address})),
            lifecycle=lifecycle,
        )

    def _attributes(self, frame: ModuleFrame, declared: Object, repetition: Repetition) -> Value:
        where = arguments(self.evaluator, self.evaluator.names(frame, repetition))
        skip = _DEFINITION if declared.kind == "component" else ()
        schema = BlockSchema(
            doc="",
            attributes={n: a for n, a in declared.body.schema.attributes.items() if n not in skip},
            blocks={k: b for k, b in declared.body.schema.blocks.items() if k not in _NOT_RECORDED},
        )
        written = where.object(declared.body, schema)
        extra = self._worked_out(frame, declared, repetition, where, written)
        return object_of({**written.entries(), **extra})

    def _worked_out(
        self,
        frame: ModuleFrame,
        declared: Object,
        repetition: Repetition,
        where: Arguments,
        written: Value,
    ) -> Mapping[str, Value]:
        match declared.kind:
            case "component":
                return self._component(frame, declared, where, written)
            case "data_asset":
                return self._data_asset(frame, declared.body, where, written)
            case "environment":
                address = frame.address("environment", declared.name, repetition.key)
                return self._environment(frame, address, repetition)
            case _:
                return {}

    def _component(
        self, frame: ModuleFrame, declared: Object, where: Arguments, written: Value
    ) -> Mapping[str, Value]:
        code: Artifact | None = None
        folder = where.text(declared.body, "code")
        if folder is not None:
            try:
                code = self.locator.sources.code(frame.module.directory / folder)
            except (OSError, MlctlError) as error:
                why = error.strerror if isinstance(error, OSError) else str(error)
                self._say(
                    "The code folder cannot be read", f'"{folder}": {why}.', declared.body, "code"
                )
                return {}
            if code is None:
                return {"digest": unknown(STRING, NOT_NULL)}
        assert declared.definition is not None
        environment = where.value(declared.body, "environment").unmark()[0]
        env = where.value(declared.body, "env")
        of = definition_digest(declared.definition, code, environment, env)
        return {"digest": string(of), **_version(written, short(of))}

    def _data_asset(
        self, frame: ModuleFrame, body: Decoded, where: Arguments, written: Value
    ) -> Mapping[str, Value]:
        path, marks = written.entries()["path"].unmark()
        if not path.is_known or path.is_null or path.type is not STRING:
            return {}
        wanted = DataKind.FILE if where.text(body, "type") == "uri_file" else DataKind.FOLDER
        try:
            kind, artifact = self.locator.sources.data(
                self.locator.place(path.as_string(), frame.module.directory)
            )
        except (OSError, MlctlError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self._say("Data cannot be read", f'"{path.as_string()}": {why}.', body, "path")
            return {}
        if kind is not wanted:
            detail = f'"{path.as_string()}" is a {kind}, and its type says {wanted}.'
            self._say("Data of another shape", detail, body, "path")
            return {}
        shown = self._shown_path(path.as_string(), frame).with_marks(marks)
        if artifact is None:
            return {"path": shown, "digest": unknown(STRING, NOT_NULL)}
        return {
            "path": shown,
            "digest": string(artifact.digest),
            "size_bytes": number(artifact.size_bytes),
            **_version(written, short(artifact.digest)),
        }

    def _shown_path(self, text: str, frame: ModuleFrame) -> Value:
        """The path as others may use it: relative to the root, whichever module wrote it."""
        if "://" in text or text.startswith(("/", "~")) or not frame.parts:
            return string(text)
        folder = self.evaluator.paths(frame).entries()["module"].as_string()
        return string(f"{folder}/{text.removeprefix('./')}")

    def _environment(
        self, frame: ModuleFrame, address: Address, repetition: Repetition
    ) -> Mapping[str, Value]:
        requested = self.softwares.requested(frame, address, repetition)
        if requested is None:
            empty = string("")
            return {"lock_digest": empty, "python_version": empty, "packages": map_of({}, STRING)}
        software = self.softwares.current(requested, address)
        if software is None:
            return {
                "lock_digest": unknown(STRING, NOT_NULL),
                "python_version": unknown(STRING, NOT_NULL),
                "packages": unknown(MapType(STRING), NOT_NULL),
            }
        packages = {name: string(version) for name, version in software.packages.items()}
        return {
            "lock_digest": string(software.lock.digest),
            "python_version": string(software.lock.python),
            "packages": map_of(packages, STRING),
        }

    # --- lifecycle -------------------------------------------------------------------------

    def _lifecycle(self, where: Arguments, declared: Object, place: Place) -> Lifecycle:
        block = declared.body.one("lifecycle")
        if block is None:
            return Lifecycle()
        self._preconditions(where, block)
        problems: Diagnostics = []
        triggers = reference_list(block, "replace_triggered_by", problems)
        ignored = self._ignored(declared, block)
        for problem in problems:
            self.evaluator.say(problem)
        return Lifecycle(
            prevent_destroy=where.flag(block, "prevent_destroy", default=False),
            create_before_destroy=where.flag(block, "create_before_destroy", default=False),
            ignore_changes=ignored or (),
            ignore_all=ignored is None,
            replace_triggered_by=tuple(sorted(self.evaluator.dependencies(triggers, place))),
        )

    def _preconditions(self, where: Arguments, block: Decoded) -> None:
        for rule in block.blocks.get("precondition", ()):
            held = where.value(rule, "condition").unmark_deep()[0]
            if held.raw is False:
                expr = rule.expr("condition")
                self.evaluator.say(
                    Diagnostic(
                        summary="Resource precondition failed",
                        detail=where.text(rule, "error_message") or "The condition does not hold.",
                        subject=expr.span() if expr else None,
                        block=rule.header,
                    )
                )

    def _ignored(self, declared: Object, block: Decoded) -> tuple[str, ...] | None:
        """The attributes left as found; None for all of them."""
        expr = block.expr("ignore_changes")
        if expr is None:
            return ()
        if keyword(expr) == "all":
            return None
        items = expr.items if isinstance(expr, TupleCons) else []
        names = [i.name for i in items if isinstance(i, ScopeTraversal) and not i.steps]
        known = [n for n in declared.body.schema.attributes if n not in META_NAMES]
        wrong = next((n for n in names if n not in known), None)
        if not names or len(names) < len(items) or wrong is not None:
            self.evaluator.say(
                Diagnostic(
                    summary='Invalid "ignore_changes"',
                    detail='"ignore_changes" is a list of attribute names, or the word all.'
                    + (f' There is no attribute "{wrong}".' if wrong else ""),
                    hint=did_you_mean(wrong, known) if wrong else "",
                    subject=expr.span(),
                    block=block.header,
                )
            )
        return tuple(names)

    def _say(self, summary: str, detail: str, body: Decoded, name: str) -> None:
        expr = body.expr(name)
        self.evaluator.say(
            Diagnostic(
                summary=summary,
                detail=detail,
                subject=expr.span() if expr else body.block.header_span(),
                block=body.header,
            )
        )


def _version(written: Value, digest: str) -> Mapping[str, Value]:
    """The content is the version, unless one is written."""
    given = written.entries().get("version")
    return {} if given is not None and not given.is_null else {"version": string(digest)}


def _recorded_schema(declared: Object) -> BlockSchema:
    schema = declared.body.schema
    hidden = (*META_NAMES, *(_DEFINITION if declared.kind == "component" else ()))
    return BlockSchema(
        doc=schema.doc,
        attributes={n: a for n, a in schema.attributes.items() if n not in hidden},
        blocks={k: b for k, b in schema.blocks.items() if k not in _NOT_RECORDED},
    )
