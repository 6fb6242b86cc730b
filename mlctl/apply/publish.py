"""At the end of a run: pipeline outputs where people look for them, root outputs for the state."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from mlctl.apply.ports import Ports
from mlctl.apply.script import Outcome, Script, Work, WorkFailed
from mlctl.core.address import Address
from mlctl.core.desired import EvaluationFailed
from mlctl.core.digest import Digest, Json
from mlctl.core.event import Notice, OutputPublished
from mlctl.core.job import DataKind
from mlctl.core.plan import OutputChange
from mlctl.core.provenance import is_sensitive
from mlctl.core.published import published_content
from mlctl.core.state import OutputValue
from mlctl.core.value import Value, to_json_plain
from mlctl.state.paths import output_path


def script(address: Address, ports: Ports) -> Script:
    """Put one pipeline output in its place, if its value is known and no secret."""
    try:
        value = ports.evaluation.pipeline_output(address)
    except EvaluationFailed as error:
        yield Notice(f"The output {address} is not published: {error}")
        return Outcome.FAILED
    content = published_content(value)
    if content is None:
        return Outcome.DONE
    path = output_path(ports.context.data_dir, address)
    try:
        yield Work(lambda: _publish(content, path, ports))
    except WorkFailed as error:
        yield Notice(f"The output {address} is not published: {error}")
        return Outcome.FAILED
    yield OutputPublished(address, str(path))
    return Outcome.DONE


def root_outputs(
    changes: tuple[OutputChange, ...],
    before: Mapping[str, OutputValue],
    evaluate: Callable[[str], Value],
    seal: Callable[[str], str],
) -> tuple[dict[str, OutputValue], tuple[str, ...]]:
    """The root outputs as they now are, and sentences about those that do not evaluate.

    One that does not evaluate, or is not known because a step did not succeed, stays as it was.
    """
    found: dict[str, OutputValue] = {}
    problems: list[str] = []
    for change in changes:
        if change.after is None:
            continue
        try:
            value = evaluate(change.name)
        except EvaluationFailed as error:
            problems.append(f'The output "{change.name}" does not evaluate: {error}')
            value = None
        if value is not None and value.is_wholly_known:
            found[change.name] = _recorded(value, change.sensitive or is_sensitive(value), seal)
        elif change.name in before:
            found[change.name] = before[change.name]
    return found, tuple(problems)


def _recorded(value: Value, sensitive: bool, seal: Callable[[str], str]) -> OutputValue:
    plain: Json = to_json_plain(value, marks_ok=True)
    if sensitive:
        text = json.dumps(plain, sort_keys=True)
        plain = {"sensitive": True, "hmac": seal(text)}
    kind: Json = json.loads(json.dumps(value.type.to_json()))
    return OutputValue(plain, kind, sensitive)


def removal(folder: Path, keep: frozenset[Path]) -> Script:
    """Take away what is published in a pipeline's folder, except what ``keep`` names."""
    try:
        yield Work(lambda: _remove(folder, keep))
    except WorkFailed as error:
        yield Notice(f"What is published in {folder} could not be removed: {error}")
        return Outcome.FAILED
    return Outcome.DONE


def _publish(content: Digest | bytes, path: Path, ports: Ports) -> None:
    digest = _kept(content, ports) if isinstance(content, bytes) else content
    ports.store.publish(digest, path)


def _kept(text: bytes, ports: Ports) -> Digest:
    with tempfile.TemporaryDirectory(prefix="mlctl-") as folder:
        path = Path(folder) / "value"
        path.write_bytes(text)
        return ports.store.ingest(path, DataKind.FILE).digest


def _remove(folder: Path, keep: frozenset[Path]) -> None:
    if not folder.is_dir():
        return
    for path in set(folder.iterdir()) - keep:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
