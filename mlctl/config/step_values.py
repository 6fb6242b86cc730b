"""What ``steps.NAME`` stands for: the outputs of a step, one by one as their results settle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mlctl.config.data import output_value, pending_output
from mlctl.config.frames import Instances, PipelineFrame, Repetition
from mlctl.core.address import Address, InstanceKey
from mlctl.core.provenance import Origin
from mlctl.core.state import StepRecord
from mlctl.core.value import DYNAMIC_NULL, DYNAMIC_UNKNOWN, Value, object_of, string, tuple_of

OutputTypes = Callable[[PipelineFrame, str, Repetition], Mapping[str, str] | None]
"""The declared outputs of a step: type by name; None when its component is not known."""


@dataclass(slots=True)
class StepValues:
    """Values of steps. Those of a repeated step are kept together, and renewed one by one."""

    _records: dict[Address, StepRecord] = field(default_factory=dict)
    _whole: dict[Address, Value] = field(default_factory=dict)
    _settled: dict[Address, set[InstanceKey]] = field(default_factory=dict)

    def settle(self, address: Address, record: StepRecord) -> None:
        """Tell what result a step has."""
        self._records[address] = record
        self._settled.setdefault(address.declaration, set()).add(address.key)

    def of(
        self, pipeline: PipelineFrame, name: str, instances: Instances, types: OutputTypes
    ) -> Value:
        """An object with ``outputs``, by key where the step is repeated."""
        address = pipeline.address.child("step", name)
        settled = self._settled.pop(address, set())

        def make(key: InstanceKey) -> Value:
            declared = types(pipeline, name, instances.by_key[key])
            return self._value(address.instance(key), declared)

        known = self._whole.get(address)
        if known is None or not known.is_known:
            known = by_key(instances, make)
        elif settled:
            known = _renewed(known, {k: make(k) for k in settled if k in instances.by_key})
        self._whole[address] = known
        return known

    def _value(self, address: Address, types: Mapping[str, str] | None) -> Value:
        if types is None:
            return DYNAMIC_UNKNOWN.mark(Origin(address))
        record = self._records.get(address)
        outputs = {
            name: output_value(kind, record.outputs[name], record.values.get(name))
            if record is not None and name in record.outputs
            else pending_output(kind)
            for name, kind in types.items()
        }
        members = {"outputs": object_of(outputs), "address": string(str(address))}
        return object_of(members).mark(Origin(address))


def by_key(instances: Instances, make: Callable[[InstanceKey], Value]) -> Value:
    """The value of a declaration from those of its instances: itself, a tuple or an object."""
    if instances.unknown:
        return DYNAMIC_UNKNOWN.mark(*(Origin(a) for a in instances.pending))
    if not instances.repeated:
        return make(None) if None in instances.by_key else DYNAMIC_NULL
    if instances.counted:
        return tuple_of([make(key) for key in instances.by_key])
    return object_of({str(key): make(key) for key in instances.by_key})


def _renewed(known: Value, values: Mapping[InstanceKey, Value]) -> Value:
    if None in values:
        return values[None]
    if isinstance(known.raw, tuple):
        members = list(known.raw)
        for key, value in values.items():
            assert isinstance(key, int)
            members[key] = value
        return tuple_of(members)
    return object_of({**known.entries(), **{str(key): v for key, v in values.items()}})
