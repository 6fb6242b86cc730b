"""Values as YAML text: block style, keys sorted, strings quoted or as literal blocks."""

from __future__ import annotations

import io
from collections.abc import Iterator

import yaml

from mlctl.core.value import Value, number_text, string
from mlctl.core.value_number import is_finite

_NO_BREAK_SPACE = 0xA0
_BYTE_ORDER_MARK = 0xFEFF


def to_yaml_text(value: Value) -> str:
    """The YAML of a wholly known value without marks, as libyaml lays it out."""
    out = io.StringIO()
    emitter = _Emitter(out, allow_unicode=True)
    events = [
        yaml.StreamStartEvent(),
        yaml.DocumentStartEvent(),
        *_events(value),
        yaml.DocumentEndEvent(),
        yaml.StreamEndEvent(),
    ]
    for event in events:
        emitter.emit(event)
    return out.getvalue()


def scalar_text(value: Value) -> str:
    """A string itself; another scalar as YAML writes it."""
    match value.raw:
        case None:
            return "null"
        case bool(truth):
            return "true" if truth else "false"
        case str(text):
            return text
        case _:
            n = value.as_number()
            if is_finite(n):
                return number_text(n)
            return "-.Inf" if n < 0 else "+.Inf"


class _Emitter(yaml.emitter.Emitter):
    """PyYAML's emitter, with an empty key in quotes on one line as Terraform writes it."""

    def check_simple_key(self) -> bool:
        event = self.event
        if isinstance(event, yaml.ScalarEvent) and event.value == "":
            return True
        return bool(super().check_simple_key())

    def check_empty_document(self) -> bool:
        """Never: Terraform does not put ``---`` before an empty string."""
        return False

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        """Folds a long line at a space and leaves the space out, as libyaml does."""
        self.write_indicator('"', need_whitespace=True)
        after_space = False
        for i, c in enumerate(text):
            fold = split and c == " " and not after_space and self.column > self.best_width
            if fold and 0 < i < len(text) - 1:
                self.write_indent()
                self._put("\\" if text[i + 1] == " " else "")
            else:
                self._put(_escaped(c))
            after_space = c == " "
        self.write_indicator('"', need_whitespace=False)

    def _put(self, text: str) -> None:
        self.column += len(text)
        self.stream.write(text)


def _escaped(c: str) -> str:
    code = ord(c)
    short = yaml.emitter.Emitter.ESCAPE_REPLACEMENTS.get(c)
    if short is not None and code != _NO_BREAK_SPACE:
        return f"\\{short}"
    if 0x20 <= code < 0x7F or _is_printable(code):
        return c
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _is_printable(code: int) -> bool:
    """As libyaml counts, which takes nothing beyond the basic plane for printable."""
    surrogate = 0xD800 <= code < 0xE000
    return _NO_BREAK_SPACE <= code <= 0xFFFD and not surrogate and code != _BYTE_ORDER_MARK


def _events(value: Value) -> Iterator[yaml.Event]:
    raw = value.raw
    if isinstance(raw, dict):
        yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not raw)
        for key, member in raw.items():
            yield from _events(string(key))
            yield from _events(member)
        yield yaml.MappingEndEvent()
    elif isinstance(raw, tuple):
        yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not raw)
        for member in raw:
            yield from _events(member)
        yield yaml.SequenceEndEvent()
    else:
        text = scalar_text(value)
        style = None if not isinstance(raw, str) else "|" if "\n" in text else '"'
        yield yaml.ScalarEvent(None, None, (True, True), text, style=style)
