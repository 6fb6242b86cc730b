"""What a step runs in: a locked environment or the target's own interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlctl.config.arguments import arguments
from mlctl.config.env_names import members
from mlctl.config.evaluator import Evaluator
from mlctl.config.frames import ModuleFrame, Repetition
from mlctl.config.ports import Locks, Requested, Software
from mlctl.core.address import Address
from mlctl.core.diagnostic import Diagnostic
from mlctl.core.errors import MlctlError
from mlctl.core.job import SoftwareLock
from mlctl.core.step import Interpreter, LockedSoftware, Pending, SoftwareKey
from mlctl.core.value import Value


@dataclass(frozen=True, slots=True)
class SoftwareChoice:
    """What a step's key and job need to know of its software.

    Attributes:
        env: The environment's variables.
        lock: None for the target's own interpreter, or while it is not resolved.
    """

    key: SoftwareKey | Pending
    platform: str | Pending
    env: Mapping[str, Value] = field(default_factory=dict)
    lock: SoftwareLock | None = None


@dataclass(frozen=True, slots=True)
class Softwares:
    """Chooses software for steps."""

    evaluator: Evaluator
    locks: Locks

    def choose(self, environment: Address | None, compute: Address) -> SoftwareChoice:
        """The software of a step with this environment on this target."""
        platform = self._platform(compute)
        if environment is None:
            return SoftwareChoice(self._interpreter(compute), platform)
        frame, repetition = self._locate(environment)
        env = self._env(frame, environment, repetition)
        requested = self.requested(frame, environment, repetition)
        if requested is None:
            return SoftwareChoice(self._interpreter(compute), platform, env)
        software = self.current(requested, environment)
        if software is None:
            return SoftwareChoice(Pending((environment,)), platform, env)
        lock = software.lock
        key = LockedSoftware(lock.digest, lock.python, software.packages)
        return SoftwareChoice(key, platform, env, lock)

    def requested(
        self, frame: ModuleFrame, environment: Address, repetition: Repetition
    ) -> Requested | None:
        """What an environment asks for; None when it is the target's own interpreter."""
        body = frame.module.objects["environment", environment.name].body
        where = arguments(self.evaluator, self.evaluator.names(frame, repetition))
        if not where.flag(body, "managed", default=True):
            return None
        listed = where.value(body, "requirements").unmark_deep()[0]
        texts = (
            [e.as_string() for e in listed.elements() if e.is_known and not e.is_null]
            if isinstance(listed.raw, tuple)
            else []
        )
        directory = self.evaluator.paths(frame).entries()["module"].as_string()
        file = inside(directory, where.text(body, "requirements_file"))
        conda = inside(directory, where.text(body, "conda_file"))
        return Requested(
            name=lock_name(environment),
            python=where.text(body, "python"),
            requirements=tuple(texts),
            requirements_file=file,
            conda_file=conda,
        )

    def current(self, requested: Requested, environment: Address) -> Software | None:
        """The lock for what is asked; what is wrong with it is said."""
        try:
            return self.locks.current(requested)
        except OSError as error:
            detail = f"{error.filename}: {error.strerror}."
        except MlctlError as error:
            detail = str(error)
        frame, _ = self._locate(environment)
        body = frame.module.objects["environment", environment.name].body
        self.evaluator.say(
            Diagnostic(
                summary="The environment's requirements cannot be read",
                detail=detail,
                subject=body.block.header_span(),
                block=body.header,
            )
        )
        return None

    def _env(
        self, frame: ModuleFrame, environment: Address, repetition: Repetition
    ) -> Mapping[str, Value]:
        body = frame.module.objects["environment", environment.name].body
        where = arguments(self.evaluator, self.evaluator.names(frame, repetition))
        return members(where.value(body, "env"))

    def _interpreter(self, compute: Address) -> Interpreter | Pending:
        facts = self._facts(compute)
        implementation, version = facts.get("python_implementation"), facts.get("python_version")
        if implementation is None or version is None:
            return Pending((compute,))
        return Interpreter(implementation, version)

    def _platform(self, compute: Address) -> str | Pending:
        facts = self._facts(compute)
        if "os" not in facts or "arch" not in facts:
            return Pending((compute,))
        return f"{facts['os']}/{facts['arch']}"

    def _facts(self, compute: Address) -> Mapping[str, str]:
        value = self.evaluator.settled.get(compute)
        if value is None or not isinstance(value.raw, dict):
            return {}
        texts = {name: one.unmark()[0].raw for name, one in value.raw.items()}
        return {name: text for name, text in texts.items() if isinstance(text, str)}

    def _locate(self, address: Address) -> tuple[ModuleFrame, Repetition]:
        frame = self.evaluator.frame(address.module)
        declared = frame.module.objects[address.kind, address.name]
        return frame, self.evaluator.instances(frame, declared).by_key[address.key]


def inside(directory: str, file: str | None) -> str | None:
    """A module's file, relative to the root folder."""
    return file if file is None or directory == "." else f"{directory}/{file}"


def lock_name(environment: Address) -> str:
    """The name in an environment's lock file: ``sklearn`` for ``environment.sklearn``."""
    texts = [
        part.name if part.key is None else f"{part.name}-{part.key}" for part in environment.parts
    ]
    return ".".join(texts)
