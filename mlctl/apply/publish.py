"""At the end of a run: pipeline outputs where people look for them, root outputs for the state."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from mlctl.apply.ports import Ports
from mlctl.apply.script import Outcome, Script, Work, WorkFailed
from mlctl.core.address import Address
from mlctl.core.desired import EvaluationFailed
from mlctl.core.digest import Digest, Json, parse_digest
from mlctl.core.event import Notice, OutputPublished
from mlctl.core.job import DataKind
from mlctl.core.plan import OutputChange
from mlctl.core.provenance import is_sensitive
from mlctl.core.state import OutputValue
from mlctl.core.types import is_keyed
from mlctl.core.value import Value, to_json_plain
from mlctl.state.paths import output_path


def script(address: Address, ports: Ports) -> Script:
    """Put one pipeline output in its place, if its value is known and no secret."""
    try:
        value = ports.evaluation.pipeline_output(address)
    except EvaluationFailed as error:
        yield Notice(f"The output {address} is not published: {error}")
        return Outcome.FAILED
    if not value.is_wholly_known or is_sensitive(value):
        return Outcome.DONE
    path = output_path(ports.context.data_dir, address)
    try:
        yield Work(lambda: _publish(value, path, ports))
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


def _publish(value: Value, path: Path, ports: Ports) -> None:
    digest = _content(value)
    if digest is None:
        digest = _stored_text(to_json_plain(value, marks_ok=True), ports)
    ports.store.publish(digest, path)


def _content(value: Value) -> Digest | None:
    """The digest of the content a data value stands for; None for other values."""
    bare = value.unmark_deep()[0]
    if bare.is_null or not is_keyed(bare.type):
        return None
    entries = bare.entries()
    if not {"path", "digest", "type"} <= entries.keys() or not isinstance(
        entries["digest"].raw, str
    ):
        return None
    return parse_digest(entries["digest"].as_string())


def _stored_text(plain: Json, ports: Ports) -> Digest:
    text = plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True, indent=2)
    with tempfile.TemporaryDirectory(prefix="mlctl-") as folder:
        path = Path(folder) / "value"
        path.write_text(text if text.endswith("\n") else text + "\n", "utf-8")
        return ports.store.ingest(path, DataKind.FILE).digest
