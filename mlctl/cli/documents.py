"""JSON documents on stdout."""

from __future__ import annotations

import json

from mlctl.cli.outlet import say
from mlctl.core.digest import Json


def say_json(document: Json) -> None:
    """Print one document, indented, with a line end."""
    say(json.dumps(document, indent=2, allow_nan=False) + "\n")
