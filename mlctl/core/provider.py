"""The contract between mlctl and whatever can make or reach things.

A provider package imports ``mlctl.core`` and ``mlctl.kit`` and nothing else of mlctl. It offers
one function, named by an entry point of the group ``mlctl.providers``, that returns a
``Provider``. ``mlctl.kit.contracts`` holds every provider to the sentences below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from mlctl.core.digest import Digest, Json
from mlctl.core.job import Artifact, DataKind, Handle, JobSpec, JobStatus, Layout
from mlctl.core.schema import BlockSchema
from mlctl.core.secret import Secret

Attributes = Mapping[str, "Json | Secret"]
"""The attributes of one object, as its schema declares them; sensitive texts are ``Secret``."""

Report = Callable[[str], None]
"""Says one line of progress. Safe to call from any thread."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a provider may know of the run it serves.

    Attributes:
        root: The configuration's folder; relative paths start here.
        data_dir: mlctl's own folder beside the configuration (``.mlctl``).
        owner: Stable name of the state everything made here belongs to (its lineage).
        report: Says one line of progress.
    """

    root: Path
    data_dir: Path
    owner: str
    report: Report


@dataclass(frozen=True, slots=True)
class Found:
    """Something in the world that carries our mark.

    Attributes:
        address: The address it was made for, as its mark says.
        token: The token it was made with.
        attributes: As ``read`` gives them.
    """

    address: str
    token: str
    attributes: Attributes


class ResourceType(Protocol):
    """One kind of thing a provider makes and keeps, such as a ``local`` compute target."""

    @property
    def schema(self) -> BlockSchema:
        """The attributes and blocks, with what forces replacement and what is computed."""

    @property
    def version(self) -> int:
        """The number of the attributes' shape; raised when ``upgrade`` learns a new one."""

    def read(self, prior: Attributes, ctx: Context) -> Attributes | None:
        """What is really there now, or None when it is gone. Changes nothing.

        Raises:
            Unreachable: It cannot be asked; that is not the same as gone.
        """

    def create(self, planned: Attributes, token: str, ctx: Context) -> Attributes:
        """Ask for a new object and return as soon as its identity is known.

        The same token never makes a second object: after a crash the call is repeated and finds
        the first. What is returned is recorded before ``wait`` is called.
        """

    def wait(self, created: Attributes, ctx: Context) -> Attributes:
        """Block until the object is ready and return it with every attribute known."""

    def update(self, prior: Attributes, planned: Attributes, ctx: Context) -> Attributes:
        """Change the object in place and return it as it then is."""

    def delete(self, prior: Attributes, ctx: Context) -> None:
        """Remove the object. Removing what is already gone succeeds."""

    def find(self, ctx: Context) -> Iterator[Found]:
        """Everything in the world that carries the mark of ``ctx.owner``."""

    def upgrade(self, version: int, raw: Attributes) -> Attributes:
        """Bring recorded attributes of an older version to the present shape."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an executor can do, known before it is asked.

    Attributes:
        slots: Jobs it runs at the same time.
        gpus: GPUs it has.
        cpus: Processors it has, or None when unknown.
        memory_bytes: Main memory it has, or None when unknown.
        detach: A job survives whoever started it.
        images: It can run a job in a container image.
    """

    slots: int
    gpus: int = 0
    cpus: float | None = None
    memory_bytes: int | None = None
    detach: bool = True
    images: bool = False


class Artifacts(Protocol):
    """The store as an executor sees it: content comes out by digest and goes in by path.

    Safe to use from several threads.
    """

    def materialize(self, digest: Digest, destination: Path, *, writable: bool = False) -> None:
        """Put a file or folder at ``destination``, which must not exist.

        Read-only copies may share bytes with the store, but never so that a careless writer
        could reach the store's own.

        Raises:
            MissingContent: The store lacks some of it.
        """

    def ingest(self, path: Path, kind: DataKind) -> Artifact:
        """Take the file or folder at ``path`` into the store; ``path`` may be consumed.

        Raises:
            FileNotFoundError: Nothing is there.
            NotADirectoryError: A folder was expected.
            IsADirectoryError: A file was expected.
        """


class Executor(Protocol):
    """A compute target that can run jobs.

    Every call may be repeated without harm, from any thread; none blocks longer than it says.
    The job's folder on the target is the truth; a process table or a connection is only a hint.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def layout(self, job_id: str) -> Layout:
        """Where a job's things will be on the target. Asks nobody."""

    def stage(self, job: JobSpec, artifacts: Artifacts, report: Report) -> None:
        """Make the job's folder with code, inputs and environment, so that ``submit`` can start it.

        A folder left half made by a crash is made anew; one whose job was started is kept.
        """

    def submit(self, job: JobSpec) -> Handle:
        """Start the staged job, or attach to it when it was started before."""

    def handle(self, job_id: str) -> Handle:
        """The handle ``submit`` gives or would give. Asks nobody."""

    def poll(self, handles: Sequence[Handle], timeout_s: float = 0.0) -> Sequence[JobStatus]:
        """The status of each job, in one round trip.

        Returns as soon as one of them is not running, at the latest after ``timeout_s``.
        """

    def logs(self, handle: Handle, offset: int) -> bytes:
        """Log bytes from ``offset``; empty when there are none yet. Stdout and stderr together."""

    def cancel(self, handle: Handle, grace_s: float) -> None:
        """Ask the job to stop: TERM to its process group now, KILL after ``grace_s``.

        Returns at once; ``poll`` tells when it has ended.
        """

    def fetch(
        self, handle: Handle, outputs: Mapping[str, DataKind], artifacts: Artifacts
    ) -> Mapping[str, Artifact]:
        """Take the job's outputs into the store. Outputs that are not there are left out."""

    def forget(self, handle: Handle) -> None:
        """Remove the job's folder. Forgetting what is not there succeeds."""


@runtime_checkable
class Foreseeing(Protocol):
    """Extra ability of a resource type: it can tell computed attributes before it makes an object.

    With it a first plan already knows what steps run on, and so which results can be reused.
    """

    def foresee(self, planned: Attributes, ctx: Context) -> Attributes:
        """Computed attributes that will hold once the object is made. Changes nothing.

        Raises:
            Rejected: The planned attributes are wrong.
        """


@runtime_checkable
class ComputeType(Protocol):
    """Extra ability of a resource type of kind ``compute``: steps can run there."""

    def executor(self, attributes: Attributes, ctx: Context) -> Executor:
        """The way to run jobs on this target."""


@runtime_checkable
class DatastoreType(Protocol):
    """Extra ability of a resource type of kind ``datastore``: data assets can live there."""

    def local_path(self, attributes: Attributes, relative: str, ctx: Context) -> Path:
        """Where a file or folder of the datastore can be read on this machine.

        Raises:
            Rejected: ``relative`` leads out of the datastore.
        """


class Provider(Protocol):
    """A named set of resource types."""

    @property
    def name(self) -> str:
        """The word used in messages, such as ``local``."""

    @property
    def resource_types(self) -> Mapping[tuple[str, str], ResourceType]:
        """Resource types by block kind and type label, such as ``("compute", "local")``."""


def resource_types(providers: Iterable[Provider]) -> dict[tuple[str, str], ResourceType]:
    """Every resource type of several providers by kind and type label."""
    return {key: kind for provider in providers for key, kind in provider.resource_types.items()}
