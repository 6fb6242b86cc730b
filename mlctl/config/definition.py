"""The digest of a component's definition: its version when none is written."""

from __future__ import annotations

from mlctl.config.declarations import Definition, Port
from mlctl.core.digest import Digest, Json, digest
from mlctl.core.job import Artifact
from mlctl.core.value import Value, to_json_plain


def definition_digest(
    definition: Definition, code: Artifact | None, environment: Value, env: Value
) -> Digest:
    """Of the code, the command as written, the environment's name, and the declared ports.

    Descriptions and tags are not in it, nor is anything a step may override without another
    result: timeouts, retries, resources.
    """
    command = definition.body.expr("command")
    described: dict[str, Json] = {
        "code": code.digest if code else None,
        "command": command.text() if command else None,
        "environment": environment.raw if isinstance(environment.raw, str) else None,
        "env": _plain(env),
        "inputs": {name: _port(port) for name, port in definition.inputs.items()},
        "outputs": {name: port.type for name, port in definition.outputs.items()},
    }
    return digest("mlctl/component", described)


def _port(port: Port) -> Json:
    written = {n: a.expr.text() for n, a in port.body.arguments.items() if n != "description"}
    return {"type": port.type, **written}


def _plain(env: Value) -> Json:
    """The variables; a component must have a version even while one of them is unknown."""
    bare = env.unmark_deep()[0]
    if not bare.is_wholly_known:
        return "unknown"
    plain: Json = to_json_plain(bare)
    return plain
