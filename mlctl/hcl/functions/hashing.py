"""Functions of digests and identifiers: md5 sha1 sha256 sha512 base64sha256 uuid and their like."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable

from mlctl.core.types import STRING
from mlctl.core.value import Value, string, unknown
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function
from mlctl.hcl.functions.world import World

_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}

DIGESTS: dict[str, Callable[[bytes], str]] = {
    "base64sha256": lambda data: base64.b64encode(hashlib.sha256(data).digest()).decode(),
    "base64sha512": lambda data: base64.b64encode(hashlib.sha512(data).digest()).decode(),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "sha512": lambda data: hashlib.sha512(data).hexdigest(),
}
"""By function name: the digest of some bytes, as text."""


@function(
    "uuidv5",
    "The identifier that stands for a name in a namespace.",
    Parameter("namespace", STRING),
    Parameter("name", STRING),
    returns=STRING,
)
def _uuidv5(namespace: Value, name: Value) -> Value:
    given = namespace.as_string()
    bare = given.removeprefix("urn:uuid:")
    try:
        within = _NAMESPACES.get(given) or uuid.UUID(given)
    except ValueError:
        known_length = len(bare) in (32, 36, 38)
        why = "invalid UUID format" if known_length else f"invalid UUID length: {len(given)}"
        raise FunctionError(f"uuidv5() doesn't support namespace {given} ({why})") from None
    return string(str(uuid.uuid5(within, name.as_string())))


def functions(world: World) -> tuple[Function, ...]:
    """The functions of this family."""
    return (*map(_digest, DIGESTS), _uuid(world), _uuidv5)


def _digest(name: str) -> Function:
    encoded = " in base 64" if name.startswith("base64") else ""
    algorithm = name.removeprefix("base64")
    doc = f"The {algorithm} digest of a string{encoded}."
    compute = DIGESTS[name]

    @function(name, doc, Parameter("str", STRING), returns=STRING)
    def digest(text: Value) -> Value:
        return string(compute(text.as_string().encode()))

    return digest


def _uuid(world: World) -> Function:
    @function("uuid", "A new random identifier, known after apply.", returns=STRING)
    def new() -> Value:
        return unknown(STRING) if world.new_uuid is None else string(world.new_uuid())

    return new
