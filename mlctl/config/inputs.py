"""The inputs of a step or a pipeline: given values held against what is declared."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlctl.config.arguments import Arguments
from mlctl.config.data import (
    LITERAL_TYPE,
    STORE_SCHEME,
    artifact_of,
    data_value,
    is_data,
    kind_of,
    pending_output,
)
from mlctl.config.declarations import Port
from mlctl.config.frames import ModuleFrame
from mlctl.config.locate import Locator
from mlctl.core.address import Address
from mlctl.core.desired import Content, Located, Stored
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.errors import MlctlError
from mlctl.core.job import DataKind
from mlctl.core.provenance import origins_of, without_origins
from mlctl.core.source import SourceSpan
from mlctl.core.step import AbsentInput, DataInput, InputKey, LiteralInput, MembersInput, Pending
from mlctl.core.types import BOOL, NUMBER, STRING, is_keyed, is_sequence
from mlctl.core.value import (
    SENSITIVE,
    Value,
    null,
    number_text,
    object_of,
    string,
    tuple_of,
    unknown,
)
from mlctl.hcl.console_format import format_value
from mlctl.hcl.convert import ConversionError, convert


@dataclass(frozen=True, slots=True)
class Given:
    """A value for an input and where it is written.

    Attributes:
        name: Where the input's name is written, when it is.
    """

    value: Value
    subject: SourceSpan
    header: str
    name: SourceSpan | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """An input with its value.

    Attributes:
        key: Its part of the step's key.
        value: What ``inputs.NAME`` is outside of commands: literals, or data values; marks kept.
        content: For data that is known: what to stage.
        needs: What the value came from.
    """

    key: InputKey | Pending
    value: Value
    content: Content | Mapping[str, Content] | None = None
    needs: frozenset[Address] = frozenset()


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds given values to declared inputs.

    Attributes:
        arguments: Evaluates what the declaration says: defaults, bounds.
        frame: The module instance whose folder relative paths in defaults start from.
        locator: Finds content at paths.
    """

    arguments: Arguments
    frame: ModuleFrame
    locator: Locator

    def bind(self, port: Port, given: Given | None, caller: ModuleFrame) -> Bound | None:
        """An input's value; None when there is none and that has been said, or is an error.

        Args:
            port: As declared.
            given: What was given, if anything.
            caller: The module instance whose folder given relative paths start from.
        """
        if given is None or given.value.is_null:
            default = self._default(port)
            if default is None:
                return self._absent(port, given)
            given, caller = default, self.frame
        return self.typed(port.type, port.name, given, caller, port)

    def _default(self, port: Port) -> Given | None:
        expr = port.body.expr("default")
        if expr is None:
            return None
        value = self.arguments.value(port.body, "default")
        return None if value.is_null else Given(value, expr.span(), port.body.header)

    def _absent(self, port: Port, given: Given | None) -> Bound | None:
        if self.arguments.flag(port.body, "optional", default=False):
            return Bound(AbsentInput(), _null(port))
        if given is not None:
            self._say("Missing required input", f'The input "{port.name}" is null.', given)
        return None

    def typed(
        self, type_name: str, name: str, given: Given, caller: ModuleFrame, port: Port | None
    ) -> Bound | None:
        """A given value as an input of a type."""
        if type_name in LITERAL_TYPE:
            return self._literal(type_name, name, given, port)
        return self._data(type_name, name, given, caller)

    def inferred(self, name: str, given: Given, caller: ModuleFrame) -> Bound | None:
        """A given value as an input whose type its value tells."""
        value, needs = given.value, origins_of(given.value)
        if value.is_null:
            return Bound(AbsentInput(), value, needs=needs)
        if value.is_any:  # a literal or data: neither its key nor the command can be told
            return Bound(Pending(tuple(sorted(needs))), value, needs=needs)
        return self.typed(inferred_type(given.value), name, given, caller, None)

    # --- literals --------------------------------------------------------------------------

    def _literal(self, type_name: str, name: str, given: Given, port: Port | None) -> Bound | None:
        try:
            value = convert(given.value, LITERAL_TYPE[type_name])
        except ConversionError as error:
            why = "a whole number is required" if type_name == "integer" else str(error).rstrip(".")
            detail = f'Inappropriate value for input "{name}" ({type_name}): {why}.'
            self._say("Invalid value for input", detail, given)
            return None
        bare, marks = value.unmark_deep()
        needs = origins_of(value)
        if not bare.is_known:
            return Bound(Pending(tuple(sorted(needs))), value, needs=needs)
        if bare.is_null:
            return None
        problem = self._outside(type_name, bare, port)
        if problem:
            shown = "its value" if SENSITIVE in marks else format_value(bare)
            self._say("Invalid value for input", f'Input "{name}": {shown} {problem}.', given)
            return None
        text = literal_text(bare)
        key = self.locator.seal(text) if SENSITIVE in marks else text
        return Bound(LiteralInput(type_name, key), value, needs=needs)

    def _outside(self, type_name: str, bare: Value, port: Port | None) -> str:
        if type_name == "integer" and bare.as_number() != int(bare.as_number()):
            return "is not a whole number"
        if port is None:
            return ""
        return self._outside_bounds(bare, port) or self._outside_enum(bare, port)

    def _outside_bounds(self, bare: Value, port: Port) -> str:
        if bare.type is not NUMBER:
            return ""
        least = self.arguments.value(port.body, "min").unmark_deep()[0]
        most = self.arguments.value(port.body, "max").unmark_deep()[0]
        if _is_number(least) and _is_number(most) and least.as_number() > most.as_number():
            return "cannot be right, for its min is greater than its max"
        if _is_number(least) and bare.as_number() < least.as_number():
            return f"is less than the minimum {number_text(least.as_number())}"
        if _is_number(most) and bare.as_number() > most.as_number():
            return f"is greater than the maximum {number_text(most.as_number())}"
        return ""

    def _outside_enum(self, bare: Value, port: Port) -> str:
        allowed = self.arguments.value(port.body, "enum").unmark_deep()[0]
        if not allowed.is_wholly_known or allowed.is_null or not isinstance(allowed.raw, tuple):
            return ""
        texts = [convert(one, STRING) for one in allowed.elements()]
        if convert(bare, STRING) in texts:
            return ""
        return f"is not one of: {', '.join(one.as_string() for one in texts)}"

    # --- data ------------------------------------------------------------------------------

    def _data(self, type_name: str, name: str, given: Given, caller: ModuleFrame) -> Bound | None:
        value, marks = given.value.unmark()
        needs = origins_of(given.value)
        if not value.is_known:
            waiting = pending_output(type_name).with_marks(marks)
            return Bound(Pending(tuple(sorted(needs))), waiting, needs=needs)
        if not is_data(value) and (is_sequence(value.type) or is_keyed(value.type)):
            return self._members(name, given, caller)
        found = self._content(type_name, given, caller, kind_of(type_name))
        if found is None:
            return None
        shown, content = found
        shown = shown.with_marks(shown.marks | marks)
        if content is None:
            return Bound(Pending(tuple(sorted(needs))), shown, needs=needs)
        return Bound(DataInput(content.artifact.digest), shown, content, needs)

    def _members(self, name: str, given: Given, caller: ModuleFrame) -> Bound | None:
        value, marks = given.value.unmark()
        entries = (
            dict(value.entries())
            if is_keyed(value.type)
            else {str(i): one for i, one in enumerate(value.elements())}
        )
        needs = origins_of(given.value)
        shown: dict[str, Value] = {}
        contents: dict[str, Content] = {}
        for key, one in entries.items():
            if "/" in key or key in ("", ".", ".."):
                self._say(
                    "Invalid value for input",
                    f'Input "{name}": the key "{key}" cannot name an entry of a folder.',
                    given,
                )
                return None
            member = self._content("", Given(one, given.subject, given.header), caller, None)
            if member is None:
                return None
            shown[key] = member[0]
            if member[1] is not None:
                contents[key] = member[1]
        made = object_of(shown) if is_keyed(value.type) else tuple_of(shown.values())
        made = made.with_marks(marks)
        if len(contents) < len(entries):
            return Bound(Pending(tuple(sorted(needs))), made, needs=needs)
        digests = {key: content.artifact.digest for key, content in contents.items()}
        return Bound(MembersInput(digests), made, contents, needs)

    def _content(
        self, type_name: str, given: Given, caller: ModuleFrame, kind: DataKind | None
    ) -> tuple[Value, Content | None] | None:
        """One piece of data: the value that stands for it and, when known, its content."""
        value = given.value.unmark()[0]
        if not value.is_known:
            return given.value, None
        if is_data(value):
            plain = without_origins(value)[0].unmark_deep()[0]
            content = self._known_content(plain)
            if content is not None and not self._fits(content, kind, given):
                return None
            return given.value, content
        if value.type is not STRING or value.is_null:
            self._say(
                "Invalid value for input",
                "Data is expected: a step's output, a data asset, a pipeline's input, or a path "
                f"as a string; this is a {value.type.friendly_name}.",
                given,
            )
            return None
        return self._at_path(type_name, value.as_string(), given, caller, kind)

    def _known_content(self, plain: Value) -> Content | None:
        artifact = artifact_of(plain)
        if artifact is None:
            return None
        path = plain.entries()["path"]
        text = path.raw if isinstance(path.raw, str) else STORE_SCHEME
        if text.startswith(STORE_SCHEME) or self.locator.is_stored(artifact.digest):
            return Stored(artifact)
        try:
            place = self.locator.place(text, self.locator.root)
        except MlctlError:
            return Stored(artifact)
        kind = DataKind.FOLDER if place.is_dir() else DataKind.FILE
        return Located(place, kind, artifact)

    def _at_path(
        self,
        type_name: str,
        text: str,
        given: Given,
        caller: ModuleFrame,
        kind: DataKind | None,
    ) -> tuple[Value, Content | None] | None:
        try:
            place = self.locator.place(text, caller.module.directory)
            is_kind, artifact = self.locator.sources.data(place)
        except OSError as error:
            why = "There is nothing" if isinstance(error, FileNotFoundError) else error.strerror
            self._say("Data cannot be read", f'{why} at "{text}".', given)
            return None
        except MlctlError as error:
            self._say("Data cannot be read", str(error), given)
            return None
        shown = data_value(self._relative(place), type_name, artifact)
        content = Located(place, is_kind, artifact) if artifact else None
        if kind not in (None, is_kind):
            self._wrong_kind(is_kind, given)
            return None
        return shown, content

    def _relative(self, place: Path) -> str:
        root = self.locator.root
        inside = place.is_relative_to(root)
        return Path(os.path.relpath(place, root)).as_posix() if inside else str(place)

    def _fits(self, content: Content, kind: DataKind | None, given: Given) -> bool:
        is_kind = (
            content.kind
            if isinstance(content, Located)
            else DataKind.FOLDER
            if content.artifact.digest.startswith("sha256-tree:")
            else DataKind.FILE
        )
        if kind in (None, is_kind):
            return True
        self._wrong_kind(is_kind, given)
        return False

    def _wrong_kind(self, is_kind: DataKind, given: Given) -> None:
        wanted = "folder" if is_kind is DataKind.FILE else "file"
        self._say("Invalid value for input", f"A {wanted} is expected; this is a {is_kind}.", given)

    def _say(self, summary: str, detail: str, given: Given) -> None:
        self.arguments.evaluator.say(
            Diagnostic(summary=summary, detail=detail, subject=given.subject, block=given.header)
        )


def _is_number(bound: Value) -> bool:
    return bound.type is NUMBER and bound.is_known and not bound.is_null


def inferred_type(value: Value) -> str:
    """The input type that a value tells by itself."""
    if value.type is NUMBER:
        return "number"
    if value.type is BOOL:
        return "boolean"
    if value.type is STRING:
        return "string"
    return "custom_model"  # data of either shape


def literal_text(bare: Value) -> str:
    """A literal in its canonical spelling; marks must be gone."""
    return convert(bare, STRING).as_string()


def pending_value(port: Port) -> Value:
    """What an input is while nothing is known of it."""
    kind = LITERAL_TYPE.get(port.type)
    return unknown(kind) if kind is not None else unknown()


def placeholder(name: str) -> Value:
    """The canonical path of an input in a key."""
    return string(f"/mlctl/inputs/{name}")


def _null(port: Port) -> Value:
    return null(LITERAL_TYPE.get(port.type, STRING))
