"""The table of all functions: names at once, families when a function of theirs is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol, cast

from mlctl.hcl.functions.spec import Function
from mlctl.hcl.functions.world import World

NAMESPACE = "core::"
"""Every function may also be called by its name in this namespace."""

_PURE = {
    "conversion": "ephemeralasnull issensitive nonsensitive sensitive tobool tolist tomap tonumber "
    "toset tostring",
    "encoding": "base64decode base64encode base64gzip csvdecode textdecodebase64 textencodebase64 "
    "urlencode",
    "formatting": "format formatlist",
    "ip": "cidrhost cidrnetmask cidrsubnet cidrsubnets",
    "json_text": "jsondecode jsonencode",
    "lists": "alltrue anytrue coalesce coalescelist contains element index length one sum",
    "maps": "keys lookup matchkeys merge transpose values zipmap",
    "numeric": "abs ceil floor log max min parseint pow signum",
    "patterns": "regex regexall replace",
    "reshape": "chunklist compact concat distinct flatten range reverse slice",
    "sets": "setintersection setproduct setsubtract setunion",
    "text": "chomp endswith indent join lower sort split startswith strcontains strrev substr "
    "title trim trimprefix trimspace trimsuffix upper",
    "yaml_text": "yamldecode yamlencode",
}
_OF_WORLD = {
    "files": "abspath basename dirname file filebase64 filebase64sha256 filebase64sha512 "
    "fileexists filemd5 fileset filesha1 filesha256 filesha512 pathexpand",
    "hashing": "base64sha256 base64sha512 md5 sha1 sha256 sha512 uuid uuidv5",
    "templates": "templatefile templatestring",
    "times": "formatdate plantimestamp timeadd timecmp timestamp",
}

_FAMILY_OF = {
    name: family
    for table in (_PURE, _OF_WORLD)
    for family in table
    for name in table[family].split()
}

NAMES = tuple(sorted(_FAMILY_OF))
"""The names of all functions but ``try`` and ``can``, which take expressions, not values."""

_NEED_TEMPLATES = frozenset({"templatefile", "templatestring"})
_NEED_FILES = frozenset(_OF_WORLD["files"].split()) - {"basename", "dirname"} | {"templatefile"}


class _PureFamily(Protocol):
    def functions(self) -> tuple[Function, ...]: ...


class _FamilyOfWorld(Protocol):
    def functions(self, world: World) -> tuple[Function, ...]: ...


@dataclass
class FunctionTable(Mapping[str, Function]):
    """Functions by name. A family's module is imported when one of its functions is looked up."""

    world: World
    _loaded: dict[str, Function] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Function:
        plain = name.removeprefix(NAMESPACE)
        if plain not in self._loaded:
            self._load(_FAMILY_OF[plain])
        return self._loaded[plain]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._offers(name.removeprefix(NAMESPACE))

    def __iter__(self) -> Iterator[str]:
        names = [name for name in NAMES if self._offers(name)]
        yield from names
        yield from (NAMESPACE + name for name in names)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _offers(self, name: str) -> bool:
        """False for what the world does not let be done: files and templates may be absent."""
        if self.world.files is None and name in _NEED_FILES:
            return False
        if self.world.render is None and name in _NEED_TEMPLATES:
            return False
        return name in _FAMILY_OF

    def _load(self, family: str) -> None:
        module = import_module(f"mlctl.hcl.functions.{family}")
        if family in _PURE:
            made = cast(_PureFamily, module).functions()
        else:
            made = cast(_FamilyOfWorld, module).functions(self.world)
        self._loaded |= {function.name: function for function in made}
