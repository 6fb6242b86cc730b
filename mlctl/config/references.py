"""What a reference names: ``compute.gpu``, ``steps.prep.outputs.data``, ``module.m.out``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mlctl.config.declarations import Module, Object
from mlctl.config.schemas import KINDS
from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.suggest import did_you_mean
from mlctl.hcl.ast import ScopeTraversal

_WITHOUT_NODE = ("each", "count", "path")
"""Names that stand for no declaration."""

ROOT_NAMES = ("var", "local", "module", *KINDS, *_WITHOUT_NODE)
"""What a reference may begin with everywhere."""

PIPELINE_NAMES = ("steps", "inputs")
"""What it may begin with inside a pipeline, too."""

COMMAND_NAMES = ("inputs", "outputs")
"""What stands for a step's own inputs and outputs in its command."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reference is written, which decides what it may name.

    Attributes:
        pipeline: The pipeline around it.
        own: ``inputs`` and ``outputs`` are the step's own, as in a command.
        header: Of the outermost block, for messages.
    """

    module: Module
    pipeline: Object | None = None
    own: bool = False
    header: str = ""

    def inside_command(self) -> Place:
        """The same place, in a command."""
        return replace(self, own=True)


def resolve(reference: ScopeTraversal, place: Place, found: Diagnostics) -> Iterable[Address]:
    """The nodes a reference needs; what is not declared is said and needs nothing."""
    root = reference.name
    if root in _WITHOUT_NODE or (place.own and root in COMMAND_NAMES):
        return ()
    if place.pipeline is not None and root in PIPELINE_NAMES:
        return _in_pipeline(reference, place.module, place.pipeline, found)
    name = reference.attribute(0)
    if root not in ROOT_NAMES or name is None:
        known = root in ROOT_NAMES
        found.append(_incomplete(reference, root) if known else _unknown_root(reference, place))
        return ()
    special = {"module": _in_module, "pipeline": _pipeline}.get(root)
    if special is not None:
        return special(reference, name, place.module, found)
    return _declared(reference, root, name, place.module, found)


def _declared(
    reference: ScopeTraversal, kind: str, name: str, module: Module, found: Diagnostics
) -> tuple[Address, ...]:
    tables: Mapping[str, Iterable[str]] = {"var": module.variables, "local": module.locals}
    known = tables[kind] if kind in tables else module.names(kind)
    if name in known:
        return (module.address(kind, name),)
    if (kind, name) in module.broken:
        return ()  # it is declared, and what is wrong there has been said
    found.append(_undeclared(reference, kind, name, known))
    return ()


def _in_pipeline(
    reference: ScopeTraversal, module: Module, pipeline: Object, found: Diagnostics
) -> tuple[Address, ...]:
    root, name = reference.name, reference.attribute(0)
    if name is None:
        found.append(_incomplete(reference, root))
        return ()
    known: Iterable[str] = pipeline.steps if root == "steps" else pipeline.inputs
    if name not in known:
        what = "step" if root == "steps" else "input"
        found.append(_undeclared(reference, what, name, known))
        return ()
    address = module.address("pipeline", pipeline.name)
    kind = "step" if root == "steps" else "inputs"
    return (address.child(kind, name),)


def _pipeline(
    reference: ScopeTraversal, name: str, module: Module, found: Diagnostics
) -> tuple[Address, ...]:
    declared = module.objects.get(("pipeline", name))
    if declared is None:
        found.append(_undeclared(reference, "pipeline", name, module.names("pipeline")))
        return ()
    address = module.address("pipeline", name)
    named = next((i for i in (1, 2) if reference.attribute(i) == "outputs"), None)
    output = reference.attribute(named + 1) if named is not None else None
    if output is None:
        outputs = tuple(address.child("outputs", o) for o in declared.outputs)
        steps = tuple(address.child("step", s) for s in declared.steps)
        return (address, *steps, *outputs)
    if output not in declared.outputs:
        found.append(_undeclared(reference, "output", output, declared.outputs))
        return ()
    return (address, address.child("outputs", output))


def _in_module(
    reference: ScopeTraversal, name: str, module: Module, found: Diagnostics
) -> tuple[Address, ...]:
    call = module.calls.get(name)
    if call is None:
        found.append(_undeclared(reference, "module", name, module.calls))
        return ()
    address, child = module.address("module", name), call.module
    if child is None:
        return (address,)
    named = next((a for i in (1, 2) if (a := reference.attribute(i)) is not None), None)
    if named is None:
        objects = tuple(child.address(kind, n) for kind, n in child.objects)
        steps = tuple(
            child.address("pipeline", p.name).child("step", s)
            for p in child.objects.values()
            for s in p.steps
        )
        outputs = tuple(child.address("output", o) for o in child.outputs)
        return (address, *objects, *steps, *outputs)
    if named not in child.outputs:
        found.append(_undeclared(reference, "output", named, child.outputs))
        return ()
    return (address, child.address("output", named))


def _undeclared(
    reference: ScopeTraversal, kind: str, name: str, known: Iterable[str]
) -> Diagnostic:
    what = {"var": "variable", "local": "local value"}.get(kind, kind.replace("_", " "))
    names = list(known)
    hint = did_you_mean(name, names)
    if not hint and not names:
        hint = f"No {what} is declared here."
    return Diagnostic(
        summary=f"Reference to undeclared {what}",
        detail=f'No {what} named "{name}" is declared.',
        hint=hint,
        subject=reference.span(),
    )


def _incomplete(reference: ScopeTraversal, root: str) -> Diagnostic:
    return Diagnostic(
        summary="Invalid reference",
        detail=f'"{root}" must be followed by a name: {root}.NAME.',
        subject=reference.span(),
    )


def _unknown_root(reference: ScopeTraversal, place: Place) -> Diagnostic:
    names = (*ROOT_NAMES, *(PIPELINE_NAMES if place.pipeline else ()))
    if place.own:
        names = (*names, *COMMAND_NAMES)
    where = {
        "steps": '"steps" can be used inside a pipeline only.',
        "inputs": '"inputs" can be used inside a pipeline and in commands only.',
        "outputs": '"outputs" can be used in commands only; elsewhere name the step: '
        "steps.NAME.outputs.NAME.",
        "self": '"self" can be used in conditions about the object itself only.',
        "resource": 'mlctl has no "resource"; name the kind: compute.NAME.',
    }
    return Diagnostic(
        summary="Invalid reference",
        detail=where.get(reference.name, f'Nothing is named "{reference.name}" here.'),
        hint=did_you_mean(reference.name, names),
        subject=reference.root_span(),
    )
