"""Addresses: the one way to name a declared object, as in ``pipeline.p.step.train["small"]``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

InstanceKey = str | int | None
"""What tells instances of one declaration apart: a ``for_each`` key, a ``count`` index, or none."""

_PART = re.compile(
    r"""(?P<kind>[a-z][a-z_]*)\.(?P<name>[^\W\d][\w-]*)
        (?:\[(?:(?P<index>\d+)|(?P<key>"(?:[^"\\]|\\.)*"))\])?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One link of an address: a kind, a name and perhaps an instance key."""

    kind: str
    name: str
    key: InstanceKey = None

    def __str__(self) -> str:
        match self.key:
            case None:
                return f"{self.kind}.{self.name}"
            case int():
                return f"{self.kind}.{self.name}[{self.key}]"
            case _:
                return f"{self.kind}.{self.name}[{_quoted(self.key)}]"


@dataclass(frozen=True, slots=True, eq=False)
class Address:
    """Where an object lives in the configuration and in the state.

    Addresses order as people expect: by name, and instances by number where keys are numbers.
    """

    parts: tuple[Part, ...]
    text: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Compared, hashed and printed far more often than made, so the text is made once.
        object.__setattr__(self, "text", ".".join(map(str, self.parts)))

    def __str__(self) -> str:
        return self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.text == other.text

    def __lt__(self, other: Address) -> bool:
        return self._order() < other._order()

    def _order(self) -> list[tuple[str, str, int, int, str]]:
        return [(part.kind, part.name, *_key_order(part.key)) for part in self.parts]

    @classmethod
    def of(cls, kind: str, name: str, key: InstanceKey = None) -> Address:
        """An address of one part."""
        return cls((Part(kind, name, key),))

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address, the inverse of ``str``.

        Raises:
            ValueError: ``text`` is not an address.
        """
        parts, at = [], 0
        while match := _PART.match(text, at):
            parts.append(Part(match["kind"], match["name"], _key(match)))
            at = match.end()
            if at == len(text):
                return cls(tuple(parts))
            if text[at] != ".":
                break
            at += 1
        raise ValueError(f"not an address: {text!r} (expected kind.name, as in compute.gpu)")

    def child(self, kind: str, name: str, key: InstanceKey = None) -> Address:
        """The address of something inside this one."""
        return Address((*self.parts, Part(kind, name, key)))

    def instance(self, key: InstanceKey) -> Address:
        """The same declaration's instance ``key``."""
        return Address((*self.parts[:-1], Part(self.kind, self.name, key)))

    @property
    def declaration(self) -> Address:
        """The same object without its own instance key; its parents keep theirs."""
        return self.instance(None) if self.key is not None else self

    @property
    def parent(self) -> Address | None:
        """What this stands in, if anything."""
        return Address(self.parts[:-1]) if len(self.parts) > 1 else None

    @property
    def kind(self) -> str:
        """The last part's kind: ``step`` for a step."""
        return self.parts[-1].kind

    @property
    def name(self) -> str:
        """The last part's name."""
        return self.parts[-1].name

    @property
    def key(self) -> InstanceKey:
        """The last part's instance key."""
        return self.parts[-1].key

    @property
    def module(self) -> tuple[Part, ...]:
        """The modules it stands in, outermost first; empty in the root module."""
        return tuple(p for p in self.parts if p.kind == "module")

    def covers(self, other: Address) -> bool:
        """True when naming this names ``other`` too: itself, its instances, what stands in it."""
        if len(self.parts) > len(other.parts):
            return False
        return all(
            (mine.kind, mine.name) == (theirs.kind, theirs.name) and mine.key in (None, theirs.key)
            for mine, theirs in zip(self.parts, other.parts, strict=False)
        )


def _key_order(key: InstanceKey) -> tuple[int, int, str]:
    match key:
        case None:
            return (0, 0, "")
        case int():
            return (1, key, "")
        case _:
            return (2, 0, key)


def _quoted(key: str) -> str:
    # HCL's spelling: JSON's escapes, and no template marker left alive.
    text = json.dumps(key, ensure_ascii=False)
    return text.replace("${", "$${").replace("%{", "%%{")


def _key(match: re.Match[str]) -> InstanceKey:
    if match["index"] is not None:
        return int(match["index"])
    if match["key"] is not None:
        return str(json.loads(match["key"].replace("$${", "${").replace("%%{", "%{")))
    return None
