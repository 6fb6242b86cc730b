"""Data as values: the object ``{ path, digest, size_bytes, type }`` that stands for content."""

from __future__ import annotations

from collections.abc import Mapping

from mlctl.config.schemas import FILE_TYPES, LITERAL_TYPES, METRICS
from mlctl.core.digest import Digest, Json
from mlctl.core.job import Artifact, DataKind
from mlctl.core.result import OutputRecord
from mlctl.core.types import BOOL, DYNAMIC, NUMBER, STRING, Type, is_keyed
from mlctl.core.value import (
    NOT_NULL,
    Value,
    from_plain,
    number,
    object_of,
    string,
    unknown,
)
from mlctl.core.value_number import parse_number

STORE_SCHEME = "artifact:"
"""Begins the path of content that only the store holds."""

LITERAL_TYPE: Mapping[str, Type] = {
    "string": STRING,
    "number": NUMBER,
    "integer": NUMBER,
    "boolean": BOOL,
}
"""The language's type of each literal type."""


def data_value(path: str, type_name: str, artifact: Artifact | None) -> Value:
    """The value that stands for content; digest and size unknown while they are."""
    return object_of(
        {
            "path": string(path),
            "type": string(type_name),
            "digest": string(artifact.digest) if artifact else unknown(STRING, NOT_NULL),
            "size_bytes": number(artifact.size_bytes) if artifact else unknown(NUMBER, NOT_NULL),
        }
    )


def is_data(value: Value) -> bool:
    """True for the object that stands for content, perhaps with parts still unknown."""
    return (
        is_keyed(value.type)
        and value.is_known
        and not value.is_null
        and {"path", "digest"} <= value.entries().keys()
    )


def output_value(type_name: str, record: OutputRecord, value: Json) -> Value:
    """The value of a step's output that is there."""
    if type_name in LITERAL_TYPES or type_name == METRICS:
        return recorded_output(type_name, value)
    return data_value(STORE_SCHEME + record.artifact.digest, type_name, record.artifact)


def recorded_output(type_name: str, value: Json) -> Value:
    """The value of a literal or metrics output, from the JSON it is recorded in.

    A number that no float is stands there as its exact text (``to_json_plain``).
    """
    if type_name == METRICS and isinstance(value, Mapping):
        return object_of({name: recorded_output("number", one) for name, one in value.items()})
    if isinstance(value, str) and LITERAL_TYPE.get(type_name) == NUMBER:
        return number(parse_number(value))
    return from_plain(value)


def pending_output(type_name: str) -> Value:
    """The value of a step's output that only apply will tell."""
    if type_name == METRICS:
        return unknown(DYNAMIC)
    if type_name in LITERAL_TYPE:
        return unknown(LITERAL_TYPE[type_name], NOT_NULL)
    return object_of(
        {
            "path": unknown(STRING, NOT_NULL),
            "type": string(type_name),
            "digest": unknown(STRING, NOT_NULL),
            "size_bytes": unknown(NUMBER, NOT_NULL),
        }
    )


def moved_data(value: Value, path: str) -> Value:
    """A data value standing at another path; other values as they are."""
    bare, marks = value.unmark()
    if not is_data(bare):
        return value
    return object_of({**bare.entries(), "path": string(path)}).with_marks(marks)


def kind_of(type_name: str) -> DataKind | None:
    """The shape a type has on disk; None where both are possible."""
    if type_name in FILE_TYPES:
        return DataKind.FILE
    return None if type_name == "custom_model" else DataKind.FOLDER


def artifact_of(value: Value) -> Artifact | None:
    """The content a data value stands for; None while it is unknown. Marks must be gone."""
    entries = value.entries()
    digest, size = entries["digest"], entries.get("size_bytes")
    if not digest.is_known or digest.is_null:
        return None
    known = size is not None and size.is_known and not size.is_null
    return Artifact(Digest(digest.as_string()), int(size.as_number()) if size and known else 0)
