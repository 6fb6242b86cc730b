"""What is published of a value: the content that stands at a pipeline's output. Writes nothing."""

from __future__ import annotations

import json

from mlctl.core.digest import Digest, of_bytes, parse_digest
from mlctl.core.provenance import is_sensitive
from mlctl.core.types import is_keyed
from mlctl.core.value import Value, to_json_plain


def published_content(value: Value) -> Digest | bytes | None:
    """The digest of the content a data value stands for, or the text of any other value.

    None for what is not published: what is not wholly known, and secrets.
    """
    if not value.is_wholly_known or is_sensitive(value):
        return None
    found = _data(value)
    return _text(value) if found is None else found


def published_digest(value: Value) -> Digest | None:
    """The digest of what is published of a value; None where nothing is."""
    content = published_content(value)
    return of_bytes(content) if isinstance(content, bytes) else content


def _data(value: Value) -> Digest | None:
    bare = value.unmark_deep()[0]
    if bare.is_null or not is_keyed(bare.type):
        return None
    entries = bare.entries()
    if not {"path", "digest", "type"} <= entries.keys() or not isinstance(
        entries["digest"].raw, str
    ):
        return None
    return parse_digest(entries["digest"].as_string())


def _text(value: Value) -> bytes:
    plain = to_json_plain(value, marks_ok=True)
    text = plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True, indent=2)
    return (text if text.endswith("\n") else text + "\n").encode("utf-8")
