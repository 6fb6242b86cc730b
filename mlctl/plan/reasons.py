"""What differs between two keys: exactly one reason for each part that does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from mlctl.core.address import Address
from mlctl.core.desired import DesiredStep
from mlctl.core.digest import Digest, is_tree
from mlctl.core.reason import (
    CodeChanged,
    CommandChanged,
    EnvironmentChanged,
    EnvironmentPending,
    EnvVariableChanged,
    InputChanged,
    InterpreterChanged,
    OutputsChanged,
    PackageChange,
    PlatformChanged,
    Reason,
    SettingChanged,
    UpstreamPending,
    ValuePending,
)
from mlctl.core.step import (
    DataInput,
    InputKey,
    Interpreter,
    LiteralInput,
    LockedSoftware,
    Pending,
    SoftwareKey,
    StepKey,
)
from mlctl.plan.world import Kept, TreeChanges


def differences(before: StepKey, step: DesiredStep, kept: Kept) -> Iterator[Reason]:
    """Why ``step`` is not what ran under ``before``; parts still pending are left out."""
    after = step.key
    yield from _code(before.code, after.code, kept)
    yield from _command(before, step)
    yield from _inputs(before.inputs, after.inputs, kept)
    yield from _software(before.software, after.software)
    yield from _env(before.env, after.env)
    yield from _outputs(before.outputs, after.outputs)
    if not isinstance(after.platform, Pending) and before.platform != after.platform:
        yield PlatformChanged(str(before.platform), after.platform)
    if before.instance_count != after.instance_count:
        yield SettingChanged("instance_count", before.instance_count, after.instance_count)
    if before.salt != after.salt:
        yield SettingChanged("cache version", before.salt, after.salt)


def waiting(key: StepKey, settled: Collection[Address] = ()) -> Iterator[Reason]:
    """What a key's pending parts wait for: one reason for each object upstream.

    Args:
        key: With pending parts.
        settled: What is known already; a part that rests on it and on more waits for the rest.
    """
    parts: dict[Address, list[str]] = {}
    alone: list[str] = []
    for name, part in _named_parts(key):
        if not part.upstream:
            alone.append(name)
        open_ones = [a for a in part.upstream if a not in settled]
        for upstream in open_ones or part.upstream:
            parts.setdefault(upstream, []).append(name)
    for upstream, names in sorted(parts.items()):
        if upstream.kind == "environment" and names == ["environment"]:
            yield EnvironmentPending(upstream)
        else:
            yield UpstreamPending(upstream, tuple(names))
    if alone:
        yield ValuePending(tuple(alone))


def _named_parts(key: StepKey) -> Iterator[tuple[str, Pending]]:
    named: list[tuple[str, object]] = [
        ("code", key.code),
        ("command", key.command),
        *((f"inputs.{name}", part) for name, part in key.inputs.items()),
        ("environment", key.software),
        *((f"env.{name}", part) for name, part in key.env.items()),
        ("platform", key.platform),
    ]
    for name, part in named:
        if isinstance(part, Pending):
            yield name, part


def _code(
    before: Digest | Pending | None, after: Digest | Pending | None, kept: Kept
) -> Iterator[Reason]:
    if isinstance(before, Pending) or isinstance(after, Pending) or before == after:
        return
    found = kept.tree_changes(before, after) if before and after else TreeChanges()
    yield CodeChanged(before, after, found.changed, found.added, found.removed)


def _command(before: StepKey, step: DesiredStep) -> Iterator[Reason]:
    then, now = before.command, step.key.command
    if isinstance(then, Pending) or isinstance(now, Pending) or then == now:
        return
    # A literal input that is named in the command changes both. The command itself is the same
    # when it says the old thing for the old values.
    literals: dict[str, InputKey] = {
        name: part for name, part in before.inputs.items() if isinstance(part, LiteralInput)
    }
    if step.command_with(literals) != then:
        yield CommandChanged(then, now)


def _inputs(
    before: Mapping[str, InputKey | Pending], after: Mapping[str, InputKey | Pending], kept: Kept
) -> Iterator[Reason]:
    for name in sorted(before.keys() | after.keys()):
        then, now = before.get(name), after.get(name)
        if isinstance(then, Pending) or isinstance(now, Pending) or then == now:
            continue
        yield InputChanged(name, then, now, _changed_paths(then, now, kept))


def _changed_paths(then: InputKey | None, now: InputKey | None, kept: Kept) -> tuple[str, ...]:
    if not isinstance(then, DataInput) or not isinstance(now, DataInput):
        return ()
    if not (is_tree(then.digest) and is_tree(now.digest)):
        return ()
    found = kept.tree_changes(then.digest, now.digest)
    return tuple(sorted({*found.changed, *found.added, *found.removed}))


def _software(before: SoftwareKey | Pending, after: SoftwareKey | Pending) -> Iterator[Reason]:
    if isinstance(before, Pending) or isinstance(after, Pending) or before == after:
        return
    if isinstance(before, Interpreter) and isinstance(after, Interpreter):
        yield InterpreterChanged(before, after)
    else:
        yield EnvironmentChanged(before, after, _packages(before, after))


def _packages(before: SoftwareKey, after: SoftwareKey) -> tuple[PackageChange, ...]:
    if not isinstance(before, LockedSoftware) or not isinstance(after, LockedSoftware):
        return ()
    then, now = before.packages, after.packages
    return tuple(
        PackageChange(name, then.get(name), now.get(name))
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    )


def _env(
    before: Mapping[str, str | Pending], after: Mapping[str, str | Pending]
) -> Iterator[Reason]:
    for name in sorted(before.keys() | after.keys()):
        then, now = before.get(name), after.get(name)
        if isinstance(then, Pending) or isinstance(now, Pending) or then == now:
            continue
        yield EnvVariableChanged(name, then, now)


def _outputs(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Reason]:
    if before == after:
        return
    yield OutputsChanged(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(n for n in before.keys() & after.keys() if before[n] != after[n])),
    )
