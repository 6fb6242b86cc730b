"""A step's key: everything that can change its result, typed, and nothing else.

docs/fingerprints.md says what counts and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mlctl.core.address import Address
from mlctl.core.digest import Digest, Json, digest

KEY_FORMAT = 1
"""Raised when the meaning of a key changes; older results are then not found any more."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A part that is known only after apply.

    Attributes:
        upstream: The objects it waits for.
    """

    upstream: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class LiteralInput:
    """A value: its declared type and its canonical spelling; sealed when it is secret."""

    type: str
    value: Json


@dataclass(frozen=True, slots=True)
class DataInput:
    """Content, whatever path or address it came from."""

    digest: Digest


@dataclass(frozen=True, slots=True)
class MembersInput:
    """Several contents staged as one folder, one entry a member."""

    members: Mapping[str, Digest]


@dataclass(frozen=True, slots=True)
class AbsentInput:
    """An optional input that was not given."""


InputKey = LiteralInput | DataInput | MembersInput | AbsentInput


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The target's own interpreter, for steps without a managed environment."""

    implementation: str
    version: str


@dataclass(frozen=True, slots=True)
class LockedSoftware:
    """A resolved environment: its digest decides, the rest names what differs."""

    digest: Digest
    python: str
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Image:
    """A container image, by digest."""

    digest: str


SoftwareKey = Interpreter | LockedSoftware | Image


@dataclass(frozen=True, slots=True, kw_only=True)
class StepKey:
    """What a result is kept under.

    Attributes:
        code: Digest of the code folder's tree; None without one.
        command: A shell text, or an argv, with canonical placeholder paths.
        inputs: By name.
        software: What the step runs in.
        env: Declared variables; secret ones sealed.
        outputs: Declared type by name.
        platform: Operating system and architecture, as ``linux/x86_64``.
        instance_count: Machines that share the work; part of the key when more than one.
        salt: From ``cache { version = … }``.
    """

    code: Digest | Pending | None
    command: str | tuple[str, ...] | Pending
    inputs: Mapping[str, InputKey | Pending]
    software: SoftwareKey | Pending
    env: Mapping[str, str | Pending]
    outputs: Mapping[str, str]
    platform: str | Pending
    instance_count: int = 1
    salt: str = ""

    def pending(self) -> tuple[Address, ...]:
        """The objects this key waits for, in address order; empty also when nothing is pending."""
        return tuple(sorted({a for p in self._pending_parts() for a in p.upstream}))

    @property
    def is_known(self) -> bool:
        """True when nothing is pending."""
        return next(self._pending_parts(), None) is None

    def _pending_parts(self) -> Iterator[Pending]:
        single = (self.code, self.command, self.software, self.platform)
        for part in (*single, *self.inputs.values(), *self.env.values()):
            if isinstance(part, Pending):
                yield part

    def fingerprint(self) -> Digest:
        """The digest that names this key.

        Raises:
            ValueError: A part is pending.
        """
        return digest("mlctl/step", self.to_json())

    def to_json(self) -> dict[str, Json]:
        """The whole key in plain data, from which ``from_json`` makes it again.

        Raises:
            ValueError: A part is pending.
        """
        if not self.is_known:
            raise ValueError("a key with pending parts has no spelling")
        assert not isinstance(self.command, Pending)
        assert not isinstance(self.code, Pending)
        assert not isinstance(self.platform, Pending)
        command: Json = (
            {"shell": self.command} if isinstance(self.command, str) else {"argv": self.command}
        )
        return {
            "format": KEY_FORMAT,
            "code": self.code,
            "command": command,
            "inputs": {name: _input_json(part) for name, part in self.inputs.items()},
            "software": _software_json(self.software),
            "env": {name: str(text) for name, text in self.env.items()},
            "outputs": dict(self.outputs),
            "platform": self.platform,
            "instance_count": self.instance_count,
            "salt": self.salt,
        }

    @classmethod
    def from_json(cls, raw: Json) -> StepKey:
        """Read what ``to_json`` wrote.

        Raises:
            ValueError: It is of another format, or not a key at all.
        """
        if not isinstance(raw, Mapping) or raw.get("format") != KEY_FORMAT:
            raise ValueError("not a step key of this format")
        try:
            return _read_key(raw)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a step key: {error!r}") from error


def _input_json(part: InputKey | Pending) -> Json:
    match part:
        case LiteralInput(kind, value):
            return {"type": kind, "value": value}
        case DataInput(of):
            return {"data": of}
        case MembersInput(members):
            return {"members": dict(members)}
        case AbsentInput():
            return None
        case Pending():
            raise ValueError("pending")


def _software_json(part: SoftwareKey | Pending) -> Json:
    match part:
        case Interpreter(implementation, version):
            return {"interpreter": implementation, "version": version}
        case LockedSoftware(of, python, packages):
            return {"lock": of, "python": python, "packages": dict(packages)}
        case Image(of):
            return {"image": of}
        case Pending():
            raise ValueError("pending")


def _read_key(raw: Mapping[str, Json]) -> StepKey:
    command = _mapping(raw["command"])
    return StepKey(
        code=None if raw["code"] is None else Digest(str(raw["code"])),
        command=(
            str(command["shell"])
            if "shell" in command
            else tuple(str(word) for word in _list(command["argv"]))
        ),
        inputs={name: _read_input(part) for name, part in _mapping(raw["inputs"]).items()},
        software=_read_software(_mapping(raw["software"])),
        env={name: str(text) for name, text in _mapping(raw["env"]).items()},
        outputs={name: str(kind) for name, kind in _mapping(raw["outputs"]).items()},
        platform=str(raw["platform"]),
        instance_count=int(str(raw["instance_count"])),
        salt=str(raw["salt"]),
    )


def _read_input(raw: Json) -> InputKey:
    if raw is None:
        return AbsentInput()
    part = _mapping(raw)
    if "data" in part:
        return DataInput(Digest(str(part["data"])))
    if "members" in part:
        return MembersInput({k: Digest(str(v)) for k, v in _mapping(part["members"]).items()})
    return LiteralInput(str(part["type"]), part["value"])


def _read_software(raw: Mapping[str, Json]) -> SoftwareKey:
    if "interpreter" in raw:
        return Interpreter(str(raw["interpreter"]), str(raw["version"]))
    if "image" in raw:
        return Image(str(raw["image"]))
    packages = {name: str(version) for name, version in _mapping(raw["packages"]).items()}
    return LockedSoftware(Digest(str(raw["lock"])), str(raw["python"]), packages)


def _mapping(raw: Json) -> Mapping[str, Json]:
    if not isinstance(raw, Mapping):
        raise TypeError(f"expected an object, found {raw!r}")
    return raw


def _list(raw: Json) -> list[Json]:
    if isinstance(raw, str) or not isinstance(raw, list | tuple):
        raise TypeError(f"expected a list, found {raw!r}")
    return list(raw)
