"""CSV as Go reads it: RFC 4180, empty lines skipped, quotes checked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlctl.hcl.functions.go_quote import quote
from mlctl.hcl.functions.spec import FunctionError

_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_BARE = re.compile(r"[^,\n]*")


def csv_rows(text: str) -> list[list[str]]:
    """The rows of a CSV text, the header first, all of the header's length.

    Raises:
        FunctionError: A row is shorter or longer, a name is repeated, a quote is out of place, or
            there is no header.
    """
    reader = _Reader(text.replace("\r\n", "\n"))
    rows: list[list[str]] = []
    while (row := reader.row()) is not None:
        if rows and len(row) != len(rows[0]):
            raise reader.error("wrong number of fields")
        rows.append(row)
        if len(rows) == 1:
            _check_names(row)
    if not rows:
        raise FunctionError("missing header line")
    return rows


def _check_names(names: list[str]) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise FunctionError(f"duplicate column name {quote(name)}")


@dataclass
class _Reader:
    """Reads rows from the beginning of a text.

    Attributes:
        line: Of the row being read, from 1.
    """

    text: str
    at: int = 0
    line: int = 1
    lines_read: int = 0

    def row(self) -> list[str] | None:
        """The next row that is not empty; None at the end."""
        while self.text.startswith("\n", self.at):
            self.at += 1
            self.lines_read += 1
        if self.at >= len(self.text):
            return None
        self.line = self.lines_read + 1
        fields = [self._field()]
        while self.text.startswith(",", self.at):
            self.at += 1
            fields.append(self._field())
        self.at += 1
        self.lines_read += 1
        return fields

    def error(self, why: str) -> FunctionError:
        return FunctionError(f"CSV parse error on line {self.line}: {why}")

    def _field(self) -> str:
        if self.text.startswith('"', self.at):
            return self._quoted()
        match = _BARE.match(self.text, self.at)
        assert match is not None
        if '"' in match.group():
            raise self.error('bare " in non-quoted-field')
        self.at = match.end()
        return match.group()

    def _quoted(self) -> str:
        match = _QUOTED.match(self.text, self.at)
        if match is None or self.text[match.end() : match.end() + 1] not in ("", ",", "\n"):
            raise self.error('extraneous or missing " in quoted-field')
        self.at = match.end()
        self.lines_read += match.group().count("\n")
        return match.group(1).replace('""', '"')
