"""From an ended job to a result: outputs taken in, values read, sources looked at again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlctl.apply import outputs
from mlctl.apply.job import moved, output_kinds
from mlctl.apply.logs import StepLogFile
from mlctl.apply.ports import Ports, rfc3339
from mlctl.core.desired import DesiredStep
from mlctl.core.digest import Digest, Json
from mlctl.core.job import Artifact, Exited, Handle, Layout
from mlctl.core.provider import Executor
from mlctl.core.result import OutputRecord, ResultRecord

_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job of ours on its target.

    Attributes:
        refresh: Its result takes the place of the one that is kept.
        host: What is known of the machine, for people.
    """

    step: DesiredStep
    fingerprint: Digest
    executor: Executor
    handle: Handle
    layout: Layout
    log: StepLogFile
    refresh: bool
    host: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Collected:
    """What a job gave.

    Attributes:
        published: It is the answer for its key.
        note: Something people should know of it; often empty.
    """

    result: ResultRecord
    published: bool
    note: str


def collect(job: Job, exited: Exited, ports: Ports) -> Collected:
    """Make a result of a job that exited well, and keep it.

    Raises:
        OutputsMissing: It did not write what it declares.
        OutputInvalid: It wrote something that is not of the declared type.
        MlctlError: Its target does not answer, or the store refuses.
    """
    drain(job)
    found = job.executor.fetch(job.handle, output_kinds(job.step), ports.store)
    _check_complete(job, found)
    result = _result(job, exited, found, ports)
    if paths := moved(job.step, ports.sources):
        note = f"{', '.join(paths)} changed while it ran, so nobody else gets this result"
        return Collected(result, published=False, note=note)
    kept = ports.results.put(result, refresh=job.refresh)
    return Collected(kept, published=True, note=job.log.trouble)


def drain(job: Job) -> None:
    """Take the rest of the log."""
    while content := job.executor.logs(job.handle, job.log.offset):
        job.log.feed(content)
    job.log.finish()


def _result(job: Job, exited: Exited, found: Mapping[str, Artifact], ports: Ports) -> ResultRecord:
    now = ports.clock.now()
    finished = exited.finished_at if exited.finished_at is not None else now
    started = exited.started_at if exited.started_at is not None else finished
    types = job.step.outputs
    return ResultRecord(
        fingerprint=job.fingerprint,
        key=job.step.key.to_json(),
        run_id=ports.run_id,
        address=str(job.step.address),
        outputs={name: OutputRecord(found[name], types[name]) for name in types},
        values={
            name: outputs.parse(name, type_name, ports.store.read_bytes(found[name].digest))
            for name, type_name in types.items()
            if outputs.is_value(type_name)
        },
        started_at=rfc3339(started),
        finished_at=rfc3339(finished),
        duration_s=max(0.0, finished - started),
        compute=str(job.step.compute),
        host=job.host,
    )


def _check_complete(job: Job, found: Mapping[str, Artifact]) -> None:
    missing = {n: job.layout.output(n) for n in job.step.outputs if n not in found}
    if missing:
        raise outputs.OutputsMissing(missing, _listed(Path(job.layout.outputs)))


def _listed(folder: Path) -> tuple[str, ...] | None:
    # Only where the target is this machine can its folder be looked into.
    try:
        names = sorted(entry.name + "/" * entry.is_dir() for entry in folder.iterdir())
    except OSError:
        return None
    more = len(names) - _LISTED
    return (*names[:_LISTED], *((f"and {more} more",) if more > 0 else ()))
