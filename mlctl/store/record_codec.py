"""A result record as bytes, with a checksum over all of them.

The first line is the format and the SHA-256 of the rest; the rest is JSON, for people and ``jq``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from mlctl.core.digest import Digest, Json, canonical
from mlctl.core.job import Artifact
from mlctl.core.result import OtherRun, OutputRecord, ResultRecord

_HEAD = b"mlctl-result 1 "


def encode_record(record: ResultRecord) -> bytes:
    """The bytes of a record."""
    body = canonical(_plain(record))
    return b"%s%s\n%s\n" % (_HEAD, hashlib.sha256(body).hexdigest().encode(), body)


def decode_record(content: bytes, fingerprint: Digest) -> ResultRecord:
    """Read what ``encode_record`` wrote.

    Args:
        content: The bytes.
        fingerprint: Whose record it should be.

    Raises:
        ValueError: It is damaged, of another format, or of another fingerprint.
    """
    head, _, body = content.partition(b"\n")
    if not head.startswith(_HEAD):
        raise ValueError("it is damaged, or of another format")
    if not body.endswith(b"\n") or hashlib.sha256(body[:-1]).hexdigest().encode() != head[15:]:
        raise ValueError("it is damaged")
    try:
        record = _record(_mapping(json.loads(body.decode("utf-8", "surrogatepass"))))
    except (KeyError, TypeError) as error:
        raise ValueError(f"a part of it is not as expected: {error!r}") from error
    if record.fingerprint != fingerprint:
        raise ValueError(f"it is of {record.fingerprint}")
    return record


def _plain(record: ResultRecord) -> Json:
    return {
        "fingerprint": record.fingerprint,
        "key": record.key,
        "run_id": record.run_id,
        "address": record.address,
        "outputs": {
            name: {
                "digest": output.artifact.digest,
                "size_bytes": output.artifact.size_bytes,
                "type": output.type,
            }
            for name, output in record.outputs.items()
        },
        "values": record.values,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "duration_s": record.duration_s,
        "compute": record.compute,
        "host": record.host,
        "also": [{"run_id": run.run_id, "outputs": run.outputs} for run in record.also],
    }


def _record(raw: Mapping[str, Json]) -> ResultRecord:
    return ResultRecord(
        fingerprint=Digest(_text(raw["fingerprint"])),
        key=raw["key"],
        run_id=_text(raw["run_id"]),
        address=_text(raw["address"]),
        outputs={name: _output(part) for name, part in _mapping(raw["outputs"]).items()},
        values=_mapping(raw["values"]),
        started_at=_text(raw["started_at"]),
        finished_at=_text(raw["finished_at"]),
        duration_s=float(_number(raw["duration_s"])),
        compute=_text(raw["compute"]),
        host=_mapping(raw["host"]),
        also=tuple(_other(part) for part in _list(raw["also"])),
    )


def _output(raw: Json) -> OutputRecord:
    part = _mapping(raw)
    artifact = Artifact(Digest(_text(part["digest"])), int(_number(part["size_bytes"])))
    return OutputRecord(artifact, _text(part["type"]))


def _other(raw: Json) -> OtherRun:
    part = _mapping(raw)
    outputs = {name: Digest(_text(of)) for name, of in _mapping(part["outputs"]).items()}
    return OtherRun(_text(part["run_id"]), outputs)


def _mapping(raw: Json) -> Mapping[str, Json]:
    if not isinstance(raw, dict):
        raise TypeError(f"an object was expected, not {raw!r}")
    return raw


def _list(raw: Json) -> list[Json]:
    if not isinstance(raw, list):
        raise TypeError(f"a list was expected, not {raw!r}")
    return raw


def _text(raw: Json) -> str:
    if not isinstance(raw, str):
        raise TypeError(f"a text was expected, not {raw!r}")
    return raw


def _number(raw: Json) -> float:
    if not isinstance(raw, int | float):
        raise TypeError(f"a number was expected, not {raw!r}")
    return raw
