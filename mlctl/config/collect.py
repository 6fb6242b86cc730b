"""The blocks of one module's files to its declarations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.config import schemas
from mlctl.config.declarations import (
    Definition,
    Meta,
    Module,
    ModuleCall,
    Object,
    Port,
    StepDeclaration,
    Variable,
)
from mlctl.config.decode import Decoded, check_labels, constant_text, decode
from mlctl.config.meta import read_meta
from mlctl.config.variable_block import read_variable
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.provider import ResourceType
from mlctl.core.schema import BlockSchema
from mlctl.core.source import SourceSpan
from mlctl.core.suggest import did_you_mean, nearest
from mlctl.hcl.ast import Attribute, Block, Body

_LATER = ("moved", "import", "removed", "check")


@dataclass(slots=True)
class _Collector:
    """Sorts blocks by what they declare; a name declared twice is said, the first one stays."""

    resource_types: Mapping[tuple[str, str], ResourceType]
    found: Diagnostics
    variables: dict[str, Variable] = field(default_factory=dict)
    locals: dict[str, Attribute] = field(default_factory=dict)
    outputs: dict[str, Decoded] = field(default_factory=dict)
    calls: dict[str, ModuleCall] = field(default_factory=dict)
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    settings: Decoded | None = None
    broken: set[tuple[str, str]] = field(default_factory=set)
    _seen: dict[tuple[str, str], SourceSpan] = field(default_factory=dict)

    def take(self, block: Block) -> None:
        """Sort one top-level block."""
        labels = schemas.BLOCK_LABELS.get(block.type)
        if labels is None:
            self.found.append(_unknown(block))
        elif not check_labels(block, labels, self.found):
            self.broken.add((block.type, block.labels[-1] if block.labels else ""))
        elif self._is_new(block):
            self._declare(block)

    def _is_new(self, block: Block) -> bool:
        if block.type == "locals":
            return True
        name = block.labels[-1] if block.labels else ""
        key = (block.type, name)
        if key not in self._seen:
            self._seen[key] = block.header_span()
            return True
        what = f'{block.type} named "{name}"' if name else f"{block.type} block"
        self.found.append(
            Diagnostic(
                summary=f"Duplicate {block.type}",
                detail=f"A {what} was already declared at {self._seen[key]}.",
                hint="Names are unique within their kind, whatever the type label.",
                subject=block.header_span(),
                block=block.header(),
            )
        )
        return False

    def _declare(self, block: Block) -> None:
        match block.type:
            case "mlctl":
                self.settings = decode(block, schemas.MLCTL, self.found)
            case "variable":
                self.variables[block.labels[0]] = read_variable(block, self.found)
            case "locals":
                self._locals(block)
            case "output":
                self.outputs[block.labels[0]] = decode(block, schemas.OUTPUT, self.found)
            case "module":
                self.calls[block.labels[0]] = _read_call(block, self.found)
            case _:
                self._object(block)

    def _locals(self, block: Block) -> None:
        for inner in block.body.blocks:
            self.found.append(
                Diagnostic(
                    summary="Unsupported block type",
                    detail='A "locals" block holds arguments only: name = value.',
                    subject=inner.type_span(),
                    block=block.header(),
                )
            )
        for name, attribute in block.body.attributes.items():
            key = ("local", name)
            if key in self._seen:
                self.found.append(
                    Diagnostic(
                        summary="Duplicate local value",
                        detail=f'"{name}" was already declared at {self._seen[key]}.',
                        subject=attribute.name_span(),
                        block=block.header(),
                    )
                )
            else:
                self._seen[key] = attribute.name_span()
                self.locals[name] = attribute

    def _object(self, block: Block) -> None:
        kind, name = block.type, block.labels[-1]
        type_label = block.labels[0] if kind in schemas.TYPED_KINDS else ""
        schema = self._schema(block, type_label)
        if schema is None:
            self.broken.add((kind, name))
            return
        body = decode(block, schemas.with_meta(schema), self.found)
        meta = read_meta(body, self.found)
        match kind:
            case "component":
                made = Object(kind, type_label, name, body, meta, self._definition(body))
                _check_command(body, self.found)
            case "pipeline":
                made = self._pipeline(name, body, meta)
            case _:
                made = Object(kind, type_label, name, body, meta)
        self.objects[kind, name] = made

    def _schema(self, block: Block, type_label: str) -> BlockSchema | None:
        base = schemas.KINDS[block.type]
        if not type_label:
            return base
        offered = self.resource_types.get((block.type, type_label))
        if offered is None:
            known = [label for kind, label in self.resource_types if kind == block.type]
            self.found.append(
                Diagnostic(
                    summary=f"Unknown {block.type} type",
                    detail=f'No installed provider offers {block.type} "{type_label}". '
                    f"Offered: {', '.join(sorted(known)) or 'none'}.",
                    hint=did_you_mean(type_label, known),
                    subject=block.label_nodes[0].span(),
                    block=block.header(),
                )
            )
            return None
        schema = offered.schema
        return BlockSchema(
            doc=schema.doc,
            attributes={**base.attributes, **schema.attributes},
            blocks={**base.blocks, **schema.blocks},
        )

    def _pipeline(self, name: str, body: Decoded, meta: Meta) -> Object:
        steps: dict[str, StepDeclaration] = {}
        for one in self._unique(body, "step"):
            step = self._step(one)
            steps[step.name] = step
        return Object(
            "pipeline",
            "",
            name,
            body,
            meta,
            inputs=self._ports(body, "input"),
            steps=steps,
            outputs={o.block.labels[0]: o for o in self._unique(body, "output")},
        )

    def _step(self, body: Decoded) -> StepDeclaration:
        step = StepDeclaration(
            body.block.labels[0], body, read_meta(body, self.found), self._definition(body)
        )
        if step.is_inline:
            _check_command(body, self.found)
        else:
            self._refuse_inline_parts(body)
        return step

    def _refuse_inline_parts(self, body: Decoded) -> None:
        spans = {
            n: body.arguments[n].name_span() for n in schemas.INLINE_ONLY if n in body.arguments
        }
        spans |= {
            kind: body.blocks[kind][0].block.type_span()
            for kind in ("input", "output")
            if kind in body.blocks
        }
        spans.pop("description", None)
        spans.pop("tags", None)
        for name, span in spans.items():
            self.found.append(
                Diagnostic(
                    summary="Conflicting definition",
                    detail=f'"{name}" belongs to the component. A step either names a component '
                    "or defines everything itself.",
                    subject=span,
                    block=body.header,
                )
            )

    def _definition(self, body: Decoded) -> Definition:
        return Definition(body, self._ports(body, "input"), self._ports(body, "output"))

    def _ports(self, body: Decoded, kind: str) -> dict[str, Port]:
        ports: dict[str, Port] = {}
        for one in self._unique(body, kind):
            name = one.block.labels[0]
            ports[name] = Port(name, constant_text(one, "type", self.found) or "", one)
        return ports

    def _unique(self, body: Decoded, kind: str) -> list[Decoded]:
        seen: dict[str, Decoded] = {}
        for one in body.blocks.get(kind, ()):
            name = one.block.labels[0]
            if name in seen:
                self.found.append(
                    Diagnostic(
                        summary=f"Duplicate {kind}",
                        detail=f'The {kind} "{name}" was already declared at '
                        f"{seen[name].block.header_span()}.",
                        subject=one.block.header_span(),
                        block=body.header,
                    )
                )
            else:
                seen[name] = one
        return list(seen.values())


def collect(
    bodies: list[Body],
    path: tuple[str, ...],
    directory: Path,
    resource_types: Mapping[tuple[str, str], ResourceType],
    found: Diagnostics,
) -> Module:
    """Merge the files of one folder; the order of files and blocks never matters."""
    collector = _Collector(resource_types, found)
    for body in bodies:
        for attribute in body.attributes.values():
            found.append(_stray(attribute))
        for block in body.blocks:
            collector.take(block)
    return Module(
        path=path,
        directory=directory,
        variables=collector.variables,
        locals=collector.locals,
        outputs=collector.outputs,
        calls=collector.calls,
        objects=collector.objects,
        settings=collector.settings,
        broken=frozenset(collector.broken),
    )


def _read_call(block: Block, found: Diagnostics) -> ModuleCall:
    body = decode(block, schemas.MODULE, found, is_open=True)
    arguments = {n: a for n, a in body.arguments.items() if n not in schemas.MODULE.attributes}
    return ModuleCall(block.labels[0], body, read_meta(body, found), arguments)


def _check_command(body: Decoded, found: Diagnostics) -> None:
    if body.expr("command") is None and "command" not in body.block.body.attributes:
        found.append(
            Diagnostic(
                summary="Missing required argument",
                detail='The argument "command" is required: what to run, as a text for the shell '
                "or as a list of words."
                + (" A step may name a component instead." if body.block.type == "step" else ""),
                subject=body.block.header_span(),
                block=body.header,
            )
        )


def _stray(attribute: Attribute) -> Diagnostic:
    kind = nearest(attribute.name, schemas.BLOCK_LABELS)
    return Diagnostic(
        summary="Unsupported argument",
        detail=f'"{attribute.name} = …" stands outside of every block.',
        hint=f'Did you mean a block of type "{kind}"?'
        if kind
        else "Values with names go into locals { … }.",
        subject=attribute.name_span(),
    )


def _unknown(block: Block) -> Diagnostic:
    if block.type in _LATER:
        detail = f'Blocks of type "{block.type}" are not supported by this version of mlctl.'
    else:
        detail = f'Blocks of type "{block.type}" are not expected here.'
    return Diagnostic(
        summary="Unsupported block type",
        detail=detail,
        hint=did_you_mean(block.type, schemas.BLOCK_LABELS),
        subject=block.type_span(),
    )
