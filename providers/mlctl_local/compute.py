"""``compute "local"``: this machine as a place where steps run."""

from __future__ import annotations

import functools
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from mlctl.core.errors import Rejected
from mlctl.core.provider import Attributes, Context, Found
from mlctl.core.schema import Attribute, BlockSchema
from mlctl.core.types import NUMBER, STRING, MapType
from mlctl.kit import interpreters
from mlctl_local.executor import LocalExecutor, Target
from mlctl_local.gpus import Gpus, count_gpus

_MEMORY_STEP = 256 * 1024 * 1024

_SCHEMA = BlockSchema(
    doc="This machine. Steps run as processes of the user who runs mlctl.",
    attributes={
        "description": Attribute(type=STRING, doc="What it is for."),
        "tags": Attribute(type=MapType(STRING), doc="For people and tools; mean nothing to mlctl."),
        "labels": Attribute(type=MapType(STRING), doc="For people and tools, as tags."),
        "max_parallel_steps": Attribute(
            type=NUMBER,
            doc="Steps that run at the same time. Not given: one a processor.",
            computed=True,
        ),
        "root": Attribute(
            type=STRING,
            doc="Folder that holds jobs and environments, from the configuration's folder on. "
            "Not given: mlctl's own folder beside the configuration.",
        ),
        "python": Attribute(
            type=STRING,
            doc="Interpreter of steps without an environment of their own, from the "
            "configuration's folder on. Not given: the one that runs mlctl.",
        ),
        "os": Attribute(type=STRING, doc="The operating system, such as `linux`.", computed=True),
        "arch": Attribute(type=STRING, doc="The processor, such as `x86_64`.", computed=True),
        "cpus": Attribute(type=NUMBER, doc="Processors this process may use.", computed=True),
        "memory_bytes": Attribute(
            type=NUMBER,
            doc="Main memory, in whole steps of 256 MiB: a new kernel takes a little more or less.",
            computed=True,
        ),
        "gpus": Attribute(type=NUMBER, doc="GPUs the NVIDIA driver shows.", computed=True),
        "python_version": Attribute(
            type=STRING, doc="Version of the interpreter, as `3.11.7`.", computed=True
        ),
        "python_implementation": Attribute(
            type=STRING, doc="Kind of the interpreter, as `CPython`.", computed=True
        ),
    },
)


class LocalCompute:
    """This machine; see ``mlctl.core.provider.ResourceType`` and ``ComputeType``.

    Nothing is made and nothing is removed: a machine is there before and after. What its jobs leave
    goes with the jobs.
    """

    schema = _SCHEMA
    version = 1

    def foresee(self, planned: Attributes, ctx: Context) -> Attributes:
        """What the machine is: known before anything is made, for the machine is there.

        Raises:
            Rejected: ``python`` is no interpreter.
        """
        found = self.read(planned, ctx)
        assert found is not None, "this machine is there"
        return {name: found[name] for name, a in _SCHEMA.attributes.items() if a.computed}

    def read(self, prior: Attributes, ctx: Context) -> Attributes | None:
        """The machine as it is. It is never gone; it starts no program unless ``python`` is given.

        Raises:
            Rejected: ``python`` is no interpreter.
        """
        python = interpreters.inspect(_python(prior, ctx))
        facts: Attributes = {
            "os": platform.system().lower(),
            "arch": platform.machine(),
            "cpus": _cpus(),
            "memory_bytes": _memory_bytes(),
            "gpus": count_gpus(),
            "python_version": python.version,
            "python_implementation": python.implementation,
        }
        written = {name: prior.get(name) for name in _SCHEMA.attributes}
        return {**written, "max_parallel_steps": _slots(prior), **facts}

    def create(self, planned: Attributes, token: str, ctx: Context) -> Attributes:  # noqa: ARG002
        """Look at the machine; the token has nothing to mark."""
        found = self.read(planned, ctx)
        assert found is not None, "this machine is there"
        return found

    def wait(self, created: Attributes, ctx: Context) -> Attributes:  # noqa: ARG002
        """It is ready."""
        return created

    def update(self, prior: Attributes, planned: Attributes, ctx: Context) -> Attributes:  # noqa: ARG002
        """Look again, with the new attributes."""
        return self.create(planned, "", ctx)

    def delete(self, prior: Attributes, ctx: Context) -> None:
        """Nothing was made, so nothing goes."""

    def find(self, ctx: Context) -> Iterator[Found]:  # noqa: ARG002
        """Nothing carries a mark."""
        return iter(())

    def upgrade(self, version: int, raw: Attributes) -> Attributes:  # noqa: ARG002
        """There was no other shape yet."""
        return raw

    def executor(self, attributes: Attributes, ctx: Context) -> LocalExecutor:
        """The way to run jobs on this machine."""
        root = _path(attributes, "root", ctx) or ctx.data_dir
        target = Target(
            root=root.absolute(),
            python=_python(attributes, ctx),
            slots=_slots(attributes),
            cpus=_cpus(),
            memory_bytes=_memory_bytes(),
        )
        return LocalExecutor(target, Gpus(count_gpus(), target.root / "gpus"))


def _slots(attributes: Attributes) -> int:
    match attributes.get("max_parallel_steps"):
        case None:
            return _cpus()
        case int() | float() as slots if slots >= 1 and slots == int(slots):
            return int(slots)
        case other:
            raise Rejected("max_parallel_steps", f"{other} is not a whole number from 1 on")


def _python(attributes: Attributes, ctx: Context) -> Path:
    return _path(attributes, "python", ctx) or Path(sys.executable)


def _path(attributes: Attributes, name: str, ctx: Context) -> Path | None:
    given = attributes.get(name)
    return ctx.root / Path(given).expanduser() if isinstance(given, str) else None


@functools.cache
def _cpus() -> int:
    """Processors this process may use: a container or ``taskset`` may give it fewer."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


@functools.cache
def _memory_bytes() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return total - total % _MEMORY_STEP
