"""The variables of a saved plan: all are in it but the secret ones, whose seals are.

Secret ones are given again when the plan is applied; nothing else may be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from mlctl.config.given import ENVIRONMENT_PREFIX, OnCommandLine
from mlctl.core.digest import Json
from mlctl.core.errors import MlctlError
from mlctl.core.provenance import is_sensitive
from mlctl.core.value import to_json_plain
from mlctl.hcl.parser import parse_bytes
from mlctl.outside.session import Invocation, Session


class GivenAgain(MlctlError):
    """A variable was given beside a saved plan, which has its own."""

    def __init__(self, names: Iterable[str], secret: Iterable[str]) -> None:
        """Name what was given, and what may be."""
        named = " and ".join(f'"{name}"' for name in names)
        super().__init__(f"a saved plan has its variables, and takes no other value for {named}")
        allowed = ", ".join(secret)
        may_be = (
            f"Only sensitive ones, which no plan file holds, are given again: {allowed}. "
            if allowed
            else ""
        )
        self.hint = f"{may_be}For other values, make a new plan with mlctl plan --out FILE."


def kept(session: Session) -> dict[str, Json]:
    """What the manifest says of variables: those that were given, and the seals of secret ones."""
    invocation, loaded = session.invocation, session.loaded
    declared = loaded.configuration.root.variables
    hidden = {name for name, variable in declared.items() if variable.sensitive}
    hidden |= {name for name, value in loaded.variables.items() if is_sensitive(value)}
    environment = invocation.environment
    return {
        "given": {
            "line": [[one.name, one.text] for one in invocation.given if one.name not in hidden],
            "environment": [
                [ENVIRONMENT_PREFIX + name, environment[ENVIRONMENT_PREFIX + name]]
                for name in declared
                if name not in hidden and ENVIRONMENT_PREFIX + name in environment
            ],
        },
        "seals": {name: _seal(session, name) for name in loaded.variables if name in hidden},
    }


def again(manifest: Mapping[str, Json], invocation: Invocation) -> Invocation:
    """The invocation with the plan's variables.

    Raises:
        GivenAgain: It gives one that is in the plan.
    """
    given, seals = _object(manifest["given"]), _object(manifest["seals"])
    more = [name for one in invocation.given for name in _names(one) if name not in seals]
    if more:
        raise GivenAgain(dict.fromkeys(more), sorted(seals))
    line = [OnCommandLine(name, text) for name, text in _pairs(given["line"])]
    # One that was set since is no more part of the plan than one on the command line.
    environment = {
        name: text
        for name, text in invocation.environment.items()
        if not name.startswith(ENVIRONMENT_PREFIX) or name.removeprefix(ENVIRONMENT_PREFIX) in seals
    }
    return replace(
        invocation,
        given=(*line, *invocation.given),
        environment={**environment, **dict(_pairs(given["environment"]))},
    )


def moved(manifest: Mapping[str, Json], session: Session) -> Iterator[str]:
    """What to say of secret variables that are missing, or are not what they were."""
    for name, seal in _object(manifest["seals"]).items():
        if name not in session.loaded.variables:
            yield f'the sensitive variable "{name}" is in no plan file, so it must be given again'
        elif _seal(session, name) != seal:
            yield f'the sensitive variable "{name}" is not what it was when the plan was made'


def _names(one: OnCommandLine) -> list[str]:
    """The variables that an option gives a value to."""
    if one.name:
        return [one.name]
    path = Path(one.text)
    if not path.is_file():
        return []  # reading the variables says so
    body, _ = parse_bytes(one.text, path.read_bytes())
    return list(body.attributes)


def _seal(session: Session, name: str) -> Json:
    plain = to_json_plain(session.loaded.variables[name], marks_ok=True)
    return session.seal(json.dumps(plain, sort_keys=True))


def _pairs(raw: Json) -> list[tuple[str, str]]:
    assert isinstance(raw, list)
    return [(str(pair[0]), str(pair[1])) for pair in raw if isinstance(pair, list)]


def _object(raw: Json) -> Mapping[str, Json]:
    assert isinstance(raw, Mapping)
    return raw
