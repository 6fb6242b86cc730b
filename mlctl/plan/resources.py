"""Objects: create, update, replace or delete, by what their schema says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mlctl.core.address import Address
from mlctl.core.desired import DesiredResource
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.digest import canonical
from mlctl.core.plan import Action, ActionReason, Drift, ResourceChange
from mlctl.core.provider import Attributes
from mlctl.core.schema import Attribute
from mlctl.core.secret import Secret
from mlctl.core.state import ResourceRecord, Status
from mlctl.core.types import DYNAMIC
from mlctl.core.value import (
    NOT_NULL,
    SENSITIVE,
    Value,
    from_plain,
    null,
    object_of,
    to_json_plain,
    unknown,
)
from mlctl.hcl.convert import ConversionError, convert
from mlctl.plan.recorded import Recorded, as_recorded, recorded_value, sealed
from mlctl.plan.world import World


@dataclass(slots=True)
class ResourcePlanner:
    """Decides for one object after the other, what they need first.

    Attributes:
        changing: What is updated or replaced: it triggers the replacement of what names it in
            ``replace_triggered_by``.
    """

    world: World
    found: Diagnostics
    changes: list[ResourceChange] = field(default_factory=list)
    changing: set[Address] = field(default_factory=set)
    drift: list[Drift] = field(default_factory=list)

    def plan(self, desired: DesiredResource) -> None:
        """Decide for one declared object, and tell evaluation what its attributes will be."""
        address = desired.address
        prior = self.world.state.resources.get(address)
        there = self._there(prior, desired)
        change = self._decide(desired, prior, there)
        if change.action is Action.REPLACE and desired.lifecycle.prevent_destroy:
            self.found.append(_prevented(change))
        assert change.after is not None
        self.world.evaluation.settle_attributes(address, _settled(change.after, desired, there))
        self.changes.append(change)
        if change.action in (Action.UPDATE, Action.REPLACE):
            self.changing.add(address)

    def keep(self, address: Address) -> None:
        """Let an object be as it is recorded: it is not part of this plan."""
        record = self.world.state.resources.get(address)
        if record is not None:
            self.world.evaluation.settle_attributes(
                address, recorded_value(record.attributes).value
            )

    def delete(self, record: ResourceRecord, reason: ActionReason) -> None:
        """Decide that a recorded object goes."""
        self.changes.append(
            ResourceChange(
                address=record.address,
                kind=record.kind,
                type=record.type,
                action=Action.DELETE,
                before=recorded_value(record.attributes).value,
                reason=reason,
            )
        )

    # --- what is there ---------------------------------------------------------------------

    def _there(self, prior: ResourceRecord | None, desired: DesiredResource) -> Recorded | None:
        """The object as it really is; None when there is none. Drift is noted."""
        if prior is None:
            return None
        recorded = recorded_value(prior.attributes, desired.schema)
        if prior.address not in self.world.observed:
            return recorded
        seen = self.world.observed[prior.address]
        found = None if seen is None else self._found(seen, desired)
        if found is None or (found.value, found.sealed) != (recorded.value, recorded.sealed):
            after = None if found is None else found.value
            self.drift.append(Drift(prior.address, prior.kind, prior.type, recorded.value, after))
        return found

    def _found(self, seen: Attributes, desired: DesiredResource) -> Recorded:
        """What refresh found, with whatever is secret sealed as a record has it."""
        secret = {n for n, a in desired.schema.attributes.items() if a.sensitive}
        plain = {n: sealed(v, self.world.seal, hide=n in secret) for n, v in seen.items()}
        return recorded_value(plain, desired.schema)

    # --- what to do ------------------------------------------------------------------------

    def _decide(
        self, desired: DesiredResource, prior: ResourceRecord | None, there: Recorded | None
    ) -> ResourceChange:
        change = ResourceChange(
            address=desired.address,
            kind=desired.kind,
            type=desired.type,
            action=Action.NO_OP,
            before=there.value if there else None,
            needs=desired.needs,
        )
        if prior is None or there is None or prior.status is Status.CREATING:
            return self._create(change, desired, prior)
        wanted = self._wanted(desired)
        schema = desired.schema.attributes
        changed = [n for n in wanted if self._differs(n, wanted[n], there, schema.get(n))]
        forcing = tuple(n for n in changed if n in schema and schema[n].forces_replacement)
        reason = self._replacement(desired, prior, forcing)
        if reason is not ActionReason.NONE:
            return replace(
                change,
                action=Action.REPLACE,
                after=self._made(desired),
                reason=reason,
                replace_paths=forcing,
            )
        if not changed:
            return replace(change, after=there.value)
        # What the provider chooses may change with what is written: another interpreter is of
        # another version, and the steps that run on it must know now.
        foreseen = self._foreseen(desired, wanted)
        updated = {name: wanted[name] for name in changed}
        after = object_of({**there.value.entries(), **foreseen, **updated})
        return replace(change, action=Action.UPDATE, after=after)

    def _create(
        self, change: ResourceChange, desired: DesiredResource, prior: ResourceRecord | None
    ) -> ResourceChange:
        reason = ActionReason.NONE
        if prior is not None:
            creating = prior.status is Status.CREATING
            reason = ActionReason.RESUME_CREATION if creating else ActionReason.CREATE_BECAUSE_GONE
        return replace(
            change, action=Action.CREATE, before=None, after=self._made(desired), reason=reason
        )

    def _replacement(
        self, desired: DesiredResource, prior: ResourceRecord, forcing: tuple[str, ...]
    ) -> ActionReason:
        if prior.status is Status.TAINTED:
            return ActionReason.REPLACE_BECAUSE_TAINTED
        if any(wanted.covers(desired.address) for wanted in self.world.options.replace):
            return ActionReason.REPLACE_BY_REQUEST
        if forcing:
            return ActionReason.REPLACE_BECAUSE_CANNOT_UPDATE
        if self.changing.intersection(desired.lifecycle.replace_triggered_by):
            return ActionReason.REPLACE_BY_TRIGGERS
        return ActionReason.NONE

    def _wanted(self, desired: DesiredResource) -> dict[str, Value]:
        """The attributes as written, but for those to be left as found."""
        if desired.lifecycle.ignore_all:
            return {}
        ignored = desired.lifecycle.ignore_changes
        return {
            name: value
            for name, value in desired.attributes.entries().items()
            if name not in ignored and not self._keeps(name, value, desired.schema.attributes)
        }

    @staticmethod
    def _keeps(name: str, value: Value, schema: Mapping[str, Attribute]) -> bool:
        """True for an attribute the provider chooses, where nothing is written."""
        attribute = schema.get(name)
        return attribute is not None and attribute.computed and value.is_null

    def _differs(
        self, name: str, wanted: Value, there: Recorded, attribute: Attribute | None
    ) -> bool:
        bare, marks = wanted.unmark_deep()
        if not bare.is_wholly_known:
            return True
        found = there.value.entries().get(name)
        if found is None or found.is_null:
            return not bare.is_null
        hidden = attribute is not None and attribute.sensitive
        if name in there.sealed or hidden or SENSITIVE in marks:
            secret = wanted.mark(SENSITIVE) if hidden else wanted
            return there.sealed.get(name) != as_recorded(secret, self.world.seal)
        return canonical(to_json_plain(found)) != canonical(to_json_plain(bare))

    def _made(self, desired: DesiredResource) -> Value:
        """The attributes of an object yet to be made: written, foreseen, or unknown."""
        written = {
            name: value
            for name, value in desired.attributes.entries().items()
            if not self._keeps(name, value, desired.schema.attributes)
        }
        foreseen = self._foreseen(desired, written)
        rest = {
            name: foreseen.get(name, unknown(attribute.type, NOT_NULL))
            for name, attribute in desired.schema.attributes.items()
            if name not in written and attribute.computed
        }
        return object_of({**written, **rest})

    def _foreseen(self, desired: DesiredResource, written: Mapping[str, Value]) -> dict[str, Value]:
        if not desired.provider or not all(v.is_wholly_known for v in written.values()):
            return {}
        plain = {n: to_json_plain(v, marks_ok=True) for n, v in written.items()}
        seen = self.world.foresee(desired.kind, desired.type, plain)
        attributes = desired.schema.attributes
        return {
            name: _typed(from_plain(value), attributes[name])
            for name, value in seen.items()
            if name in attributes and not isinstance(value, Secret)
        }


def _settled(after: Value, desired: DesiredResource, there: Recorded | None) -> Value:
    """What others see of an object: secrets that only their seals record are told as written."""
    if there is None or not there.sealed:
        return after
    written = desired.attributes.entries()
    return object_of(
        {
            n: written[n] if n in there.sealed and n in written else v
            for n, v in after.entries().items()
        }
    )


def _typed(value: Value, attribute: Attribute) -> Value:
    try:
        return convert(value, attribute.type)
    except ConversionError:
        return value if attribute.type is DYNAMIC else null(attribute.type)


def _prevented(change: ResourceChange) -> Diagnostic:
    return Diagnostic(
        summary="Object must not be destroyed",
        detail=f"{change.address} has lifecycle.prevent_destroy set, but the plan calls for it to "
        "be destroyed.",
        hint="Change prevent_destroy, or leave the object out with --target or --exclude.",
        address=str(change.address),
    )


def delete_order(
    changes: Iterable[ResourceChange], records: Mapping[Address, ResourceRecord]
) -> list[ResourceChange]:
    """The same changes, each deletion after everything that needed what is deleted."""
    listed = list(changes)
    users: dict[Address, set[Address]] = {}
    for change in listed:
        record = records.get(change.address)
        if record is not None and change.action is not Action.NO_OP:
            for target in record.dependencies:
                users.setdefault(target, set()).add(change.address)
    kept = [c for c in listed if c.action is not Action.DELETE]
    going = {
        c.address: replace(c, needs=tuple(sorted(users.get(c.address, set()) - {c.address})))
        for c in listed
        if c.action is Action.DELETE
    }
    return [*kept, *_users_first(going)]


def _users_first(going: Mapping[Address, ResourceChange]) -> list[ResourceChange]:
    """Deletions in an order in which each comes after those it needs."""
    made: list[ResourceChange] = []
    entered: set[Address] = set()
    for start in going:
        path = [(start, iter(going[start].needs))] if start not in entered else []
        entered.add(start)
        while path:
            address, needs = path[-1]
            ahead = next((n for n in needs if n in going and n not in entered), None)
            if ahead is None:
                made.append(going[address])
                path.pop()
            else:
                entered.add(ahead)
                path.append((ahead, iter(going[ahead].needs)))
    return made
