"""From a wanted step to a job: its name, its environment variables, its content in the store."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlctl.apply.outputs import FILES
from mlctl.apply.ports import Sources, Store
from mlctl.core.address import Address
from mlctl.core.desired import Content, DesiredStep, Located, Stored
from mlctl.core.digest import Digest, digest, hex_of
from mlctl.core.errors import MlctlError
from mlctl.core.job import Artifact, DataKind, JobSpec, Layout
from mlctl.core.secret import Secret


@dataclass
class SourceChanged(MlctlError):
    """Code or data is not what the step's key was made from."""

    path: str
    planned: Digest
    found: Digest

    hint = "Wait until nothing writes there, then apply again."

    def __str__(self) -> str:
        return f"{self.path} changed since it was looked at for the plan"


def job_id(step: DesiredStep, fingerprint: Digest) -> str:
    """The name of the step's job; the same work has the same one.

    A step that is not deterministic does work of its own each time, so its address counts too.
    """
    if step.deterministic:
        return hex_of(fingerprint)
    return hex_of(digest("mlctl/job", [fingerprint, str(step.address)]))


def pipeline_of(address: Address) -> Address:
    """The pipeline a step stands in."""
    parent = address.parent
    return parent if parent is not None else address


def environment(step: DesiredStep, layout: Layout, run_id: str) -> dict[str, str | Secret]:
    """The variables a step sees beyond the clean base; declared ones win over mlctl's own."""
    inputs: dict[str, str | Secret] = {
        **{name: layout.input(name) for name in step.inputs},
        **step.literals,
    }
    return {
        "MLCTL_RUN_ID": run_id,
        "MLCTL_PIPELINE": pipeline_of(step.address).name,
        "MLCTL_STEP": _instance(step.address),
        **{f"MLCTL_INPUT_{_variable(name)}": text for name, text in inputs.items()},
        **{f"MLCTL_OUTPUT_{_variable(name)}": layout.output(name) for name in step.outputs},
        **step.env,
    }


def output_kinds(step: DesiredStep) -> dict[str, DataKind]:
    """The shape of each declared output."""
    return {
        name: DataKind.FILE if type_name in FILES else DataKind.FOLDER
        for name, type_name in step.outputs.items()
    }


def job_spec(step: DesiredStep, name: str, layout: Layout, run_id: str, grace_s: float) -> JobSpec:
    """The job of a step. Evaluates its command, so only the writing thread may ask.

    Raises:
        EvaluationFailed: The command does not evaluate.
    """
    command = step.command(layout)
    return JobSpec(
        id=name,
        address=str(step.address),
        script=command if isinstance(command, str) else None,
        argv=None if isinstance(command, str) else command,
        env=environment(step, layout, run_id),
        code=step.code.artifact.digest if step.code else None,
        inputs={input_name: _artifacts(content) for input_name, content in step.inputs.items()},
        outputs=output_kinds(step),
        software=step.software,
        limits=step.limits,
        timeout_s=step.timeout_s,
        grace_s=grace_s,
    )


def located(step: DesiredStep) -> Iterator[Located]:
    """Everything the step takes from outside the store."""
    if step.code is not None:
        yield step.code
    for content in step.inputs.values():
        members = content.values() if isinstance(content, Mapping) else (content,)
        yield from (member for member in members if isinstance(member, Located))


def take_in(step: DesiredStep, store: Store, sources: Sources) -> None:
    """Have code and inputs in the store, as they were when the step's key was made.

    Raises:
        SourceChanged: Some of it is something else now.
        MlctlError: Some of it cannot be read or kept.
        OSError: Likewise.
    """
    contents = {content.artifact.digest: content for content in located(step)}
    # What the store holds already is the very content of the key; the path does not matter then.
    for wanted in store.present(contents):
        content = contents[wanted]
        found = sources.take(content)
        if found.digest != wanted:
            raise SourceChanged(str(content.path), wanted, found.digest)


def moved(step: DesiredStep, sources: Sources) -> tuple[str, ...]:
    """Paths whose content is not that of the step's key any more."""
    return tuple(str(content.path) for content in located(step) if _has_moved(content, sources))


def _has_moved(content: Located, sources: Sources) -> bool:
    try:
        return sources.look(content).digest != content.artifact.digest
    except (OSError, MlctlError):
        return True


def _artifacts(content: Content | Mapping[str, Content]) -> Artifact | Mapping[str, Artifact]:
    match content:
        case Located() | Stored():
            return content.artifact
        case _:
            return {name: member.artifact for name, member in content.items()}


def _instance(address: Address) -> str:
    return str(address.parts[-1]).removeprefix(f"{address.kind}.")


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())
