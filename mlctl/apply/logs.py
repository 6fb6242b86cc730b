"""What steps print: masked, made harmless, on disk before it is shown."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

from mlctl.core.secret import MASK

TAIL = 20
"""Lines of a failed step that are shown with its error."""
LONGEST_LINE = 64 * 1024
"""Characters of a line that are waited for before the beginning is shown."""
SHORTEST_FRAGMENT = 6
"""Characters a base64 fragment must have: shorter ones would mask innocent words."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Masker:
    """Replaces secrets, in clear, base64 and URL-quoted, wherever they stand in a text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        # Longest first, so that no form leaves the rest of a longer one behind.
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self.reach = max(map(len, forms), default=0)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __call__(self, text: str) -> str:
        """The text with every form of every secret replaced."""
        return self._pattern.sub(MASK, text) if self._pattern else text


class StepLogFile:
    """One step's log: takes bytes as they come, keeps and passes on whole lines.

    Used by one thread at a time. A full disk does not stop a step: what does not fit is left out of
    the file, shown all the same, and ``trouble`` says so.

    Attributes:
        offset: Bytes taken so far.
        trouble: Why the file lacks something; often empty.
    """

    def __init__(self, path: Path, masker: Masker, show: Callable[[str], None]) -> None:
        """Make one; the file is made with the first line.

        Args:
            path: Of the file; what is there already stays.
            masker: Of the step's secrets.
            show: Takes lines, with their ends, once they are in the file.
        """
        self.offset = 0
        self.trouble = ""
        self._path = path
        self._masker = masker
        self._show = show
        self._rest = b""
        self._file: int | None = None
        self._tail: deque[str] = deque(maxlen=TAIL)

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines."""
        return tuple(self._tail)

    def feed(self, content: bytes) -> None:
        """Take the next bytes."""
        self.offset += len(content)
        whole, end, rest = (self._rest + content).rpartition(b"\n")
        self._rest = rest
        if end:
            self._write([_harmless(self._masker(_decoded(line))) for line in whole.split(b"\n")])
        if len(self._rest) > LONGEST_LINE:
            self._write_beginning()

    def restart(self) -> None:
        """Another attempt begins: its log is read from its first byte, after the earlier one's."""
        self.finish()
        self.offset = 0

    def finish(self) -> None:
        """No more bytes come: the last line may lack its end."""
        rest, self._rest = self._rest, b""
        if rest:
            self._write([_harmless(self._masker(_decoded(rest)))])
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write_beginning(self) -> None:
        # Kept back: as much as a secret could need that is not whole yet.
        text = self._masker(_decoded(self._rest))
        cut = len(text) - self._masker.reach
        self._rest = text[cut:].encode("utf-8", "replace")
        self._write([_harmless(text[:cut])])

    def _write(self, lines: list[str]) -> None:
        self._tail.extend(lines)
        text = "".join(line + "\n" for line in lines)
        try:
            self._append(text.encode("utf-8", "replace"))
        except OSError as error:
            self.trouble = f"its log {self._path} is not whole: {error.strerror or error}"
        self._show(text)

    def _append(self, content: bytes) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._file = os.open(self._path, flags, 0o600)
        while content:
            content = content[os.write(self._file, content) :]


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace")


def _harmless(line: str) -> str:
    # A carriage return writes over the line, so of a progress bar only the last state counts.
    shown = line.rstrip("\r").rpartition("\r")[2]
    return _CONTROL.sub(lambda found: _escaped(found[0]), shown)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _forms(secret: str) -> Iterable[str]:
    # Line by line, since a log is masked line by line.
    for line in {secret, *secret.splitlines()}:
        if not line.strip():
            continue
        plain = line.encode("utf-8", "surrogatepass")
        yield line
        yield line.strip()
        yield json.dumps(line)[1:-1]
        yield quote(plain, safe="")
        yield quote(plain)
        yield quote_plus(plain)
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quote(plain, safe=""))
        yield binascii.hexlify(plain).decode()
        yield from _base64_forms(plain)


def _base64_forms(plain: bytes) -> Iterable[str]:
    """What the secret looks like inside any longer text that was encoded whole.

    Three bytes become four characters, so there are three ways to fall; the characters at either
    end that also depend on neighbours are left out.
    """
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain).decode().rstrip("=")
        first = -(-before * 8 // 6)
        last = len(encoded) if not (before + len(plain)) % 3 else len(encoded) - 1
        fragment = encoded[first:last]
        if len(fragment) >= SHORTEST_FRAGMENT:
            yield fragment
            yield fragment.replace("+", "-").replace("/", "_")
