"""Root outputs: what they say now beside what they said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlctl.config.decode import Decoded
from mlctl.config.ports import Seal
from mlctl.core.desired import EvaluationFailed
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.plan import Action, OutputChange
from mlctl.core.provenance import without_origins
from mlctl.core.state import OutputValue
from mlctl.core.types import type_from_json
from mlctl.core.value import SENSITIVE, Value, from_plain, string, to_json_plain
from mlctl.hcl.ast import Expression
from mlctl.hcl.convert import ConversionError, convert
from mlctl.plan.selection import Selection
from mlctl.plan.world import World


@dataclass(slots=True)
class OutputPlanner:
    """Decides for the outputs of the root module, after everything they may speak of."""

    world: World
    found: Diagnostics
    changes: list[OutputChange] = field(default_factory=list)

    def plan(self, selection: Selection) -> None:
        """Decide for those that are part of the plan."""
        recorded = self.world.state.outputs
        root = self.world.evaluation.configuration.root
        for name in sorted(root.outputs):
            node = root.address("output", name)
            if selection.has_node(node) and node not in self.world.graph.stuck:
                self._output(name, root.outputs[name], recorded.get(name))
        if not selection.is_limited:
            gone = {name: recorded[name] for name in recorded.keys() - root.outputs.keys()}
            self.changes.extend(removed_outputs(gone))

    def _output(self, name: str, body: Decoded, recorded: OutputValue | None) -> None:
        evaluation = self.world.evaluation
        try:
            value = evaluation.output(name)
        except EvaluationFailed:
            return  # said when its node was looked at
        sensitive = evaluation.output_is_sensitive(name)
        change = output_change(name, recorded, value, sensitive=sensitive, seal=self.world.seal)
        if change.sensitive and not sensitive:
            self.found.append(_leaking(name, body.expr("value"), body.header))
        self.changes.append(change)


def removed_outputs(recorded: Mapping[str, OutputValue]) -> list[OutputChange]:
    """The changes of outputs that go."""
    return [
        OutputChange(name, Action.DELETE, _before(one), None, one.sensitive)
        for name, one in sorted(recorded.items())
    ]


def output_change(
    name: str,
    recorded: OutputValue | None,
    value: Value,
    *,
    sensitive: bool,
    seal: Seal,
) -> OutputChange:
    """The change of one output; it is secret when it is declared so or rests on what is."""
    after = without_origins(value)[0]
    bare, marks = after.unmark_deep()
    secret = sensitive or SENSITIVE in marks
    before = None if recorded is None else _before(recorded)
    action = _action(recorded, bare, secret=secret, seal=seal)
    return OutputChange(name, action, before, after.mark(SENSITIVE) if secret else after, secret)


def _before(recorded: OutputValue) -> Value:
    if recorded.sensitive:
        return string("").mark(SENSITIVE)
    value = from_plain(recorded.value)
    try:
        # A number that no float is stands in the record as its text.
        return convert(value, type_from_json(recorded.type))
    except ConversionError:
        return value  # a sealed part is a text where something else was


def _leaking(name: str, expr: Expression | None, header: str) -> Diagnostic:
    return Diagnostic(
        summary="Output refers to sensitive values",
        detail=f'The output "{name}" rests on a sensitive value and is not declared sensitive '
        "itself.",
        hint="If that is meant, add: sensitive = true",
        subject=expr.span() if expr else None,
        block=header,
    )


def _action(recorded: OutputValue | None, bare: Value, *, secret: bool, seal: Seal) -> Action:
    if recorded is None:
        return Action.CREATE
    if not bare.is_wholly_known or recorded.sensitive is not secret:
        return Action.UPDATE
    if secret:
        kept = recorded.value
        same = isinstance(kept, dict) and kept.get("hmac") == seal(
            json.dumps(to_json_plain(bare), sort_keys=True)
        )
    else:
        same = recorded.type == bare.type.to_json() and recorded.value == to_json_plain(bare)
    return Action.NO_OP if same else Action.UPDATE
