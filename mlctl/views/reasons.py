"""Why a step will run, one short exact sentence a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from mlctl.core.digest import Digest, Json, short
from mlctl.core.reason import (
    CodeChanged,
    CommandChanged,
    EnvironmentChanged,
    EnvironmentPending,
    EnvVariableChanged,
    Forced,
    FormatChanged,
    InputChanged,
    InterpreterChanged,
    NeverRan,
    OutputMissing,
    OutputsChanged,
    PackageChange,
    PlatformChanged,
    Reason,
    ResultNotKept,
    SettingChanged,
    UpstreamPending,
    ValuePending,
)
from mlctl.core.secret import MASK
from mlctl.core.step import Interpreter
from mlctl.views.key_text import input_text, software_text, text_or_secret
from mlctl.views.sealed import recorded_value
from mlctl.views.text import listed, safe_line
from mlctl.views.value_text import inline

MAX_NAMES = 8
"""Files, packages or members named in one sentence; the rest is counted."""


def sentence(reason: Reason) -> str:
    """One reason on one line. Whatever was sensitive shows as ``(sensitive value)``."""
    return safe_line(_sentence(reason))


def _sentence(reason: Reason) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a reason type
    match reason:
        case NeverRan():
            return "never ran: no result is kept for it"
        case CodeChanged():
            return _code(reason)
        case CommandChanged(before=before, after=after):
            return f"command: {command_text(before)} -> {command_text(after)}"
        case InputChanged():
            return _input(reason)
        case EnvironmentChanged():
            return _environment(reason)
        case EnvironmentPending(environment=environment, requested=requested):
            asked = f", which now asks for {listed(requested, MAX_NAMES)}" if requested else ""
            return f"waits for {environment}{asked}: packages known after apply"
        case InterpreterChanged(before=before_python, after=after_python):
            return f"interpreter: {_python(before_python)} -> {_python(after_python)}"
        case EnvVariableChanged():
            return _env_variable(reason)
        case OutputsChanged():
            return _outputs(reason)
        case PlatformChanged(before=before_platform, after=after_platform):
            return f"platform: {before_platform} -> {after_platform}"
        case SettingChanged(name=name, before=before_json, after=after_json):
            return f"{name}: {_plain(before_json)} -> {_plain(after_json)}"
        case FormatChanged():
            return "its recorded key has the format of another mlctl version: nothing to compare"
        case UpstreamPending(upstream=upstream, parts=parts):
            return f"waits for {upstream} ({listed(parts, MAX_NAMES)}): known after apply"
        case ValuePending(parts=parts):
            return f"{listed(parts, MAX_NAMES)}: known only when it runs"
        case OutputMissing(name=name, digest=of):
            return f"output {name} ({short(of)}) is missing from the store, or damaged there"
        case ResultNotKept():
            return "ran before for this key, but a source moved meanwhile: no result is kept for it"
        case Forced(by=by):
            return f"forced by {by}"
        case _:
            assert_never(reason)


def command_text(command: str | tuple[str, ...]) -> str:
    """A shell text as it is, an argv as a list."""
    if isinstance(command, str):
        return command.strip("\n")
    return inline(recorded_value(list(command)))


def _code(reason: CodeChanged) -> str:
    if reason.before is None or reason.after is None:
        return f"code changed: {_digest(reason.before)} -> {_digest(reason.after)}"
    files = [
        *reason.changed,
        *(f"{path} (new)" for path in reason.added),
        *(f"{path} (gone)" for path in reason.removed),
    ]
    if not files:
        return f"code changed: {short(reason.before)} -> {short(reason.after)}"
    return f"code changed: {listed(files, MAX_NAMES)}"


def _digest(of: Digest | None) -> str:
    return "no code folder" if of is None else short(of)


def _input(reason: InputChanged) -> str:
    name, before, after = reason.name, reason.before, reason.after
    if before is None and after is not None:
        return f"input {name} is new: {input_text(after)}"
    if after is None:
        was = "" if before is None else f", was {input_text(before)}"
        return f"input {name} is not declared any more{was}"
    assert before is not None
    old, new = input_text(before), input_text(after)
    if old == new == MASK:
        return f"input {name}: {MASK} changed"
    if old == new:
        old, new = input_text(before, exact=True), input_text(after, exact=True)
    files = f" ({listed(reason.changed, MAX_NAMES)})" if reason.changed else ""
    return f"input {name}: {old} -> {new}{files}"


def _environment(reason: EnvironmentChanged) -> str:
    packages = reason.packages
    if not packages:
        return f"environment: {software_text(reason.before)} -> {software_text(reason.after)}"
    if len(packages) == 1:
        return f"package {_package(packages[0])}"
    return f"packages {listed([_package(p) for p in packages], MAX_NAMES)}"


def _package(change: PackageChange) -> str:
    match change:
        case PackageChange(name, None, after):
            return f"{name}: {after} (new)"
        case PackageChange(name, before, None):
            return f"{name}: {before} (gone)"
        case PackageChange(name, before, after):
            return f"{name}: {before} -> {after}"


def _python(interpreter: Interpreter) -> str:
    return f"{interpreter.implementation} {interpreter.version}"


def _env_variable(reason: EnvVariableChanged) -> str:
    name = f"env {reason.name}"
    match reason.before, reason.after:
        case (None, None):
            return f"{name} changed"
        case (None, str(after)):
            return f"{name} is new: {text_or_secret(after)}"
        case (str(before), None):
            return f"{name} is not declared any more, was {text_or_secret(before)}"
        case (before, after):
            old, new = text_or_secret(str(before)), text_or_secret(str(after))
            return f"{name}: {MASK} changed" if old == new == MASK else f"{name}: {old} -> {new}"


def _outputs(reason: OutputsChanged) -> str:
    names = [
        *(f"{name} (new)" for name in reason.added),
        *(f"{name} (gone)" for name in reason.removed),
        *(f"{name} (another type)" for name in reason.changed),
    ]
    return f"declared outputs changed: {listed(names, MAX_NAMES) or 'names or types'}"


def _plain(value: Json | Mapping[str, Json]) -> str:
    return inline(recorded_value(value))
