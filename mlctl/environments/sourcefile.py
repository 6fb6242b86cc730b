"""A text file that a configuration names."""

from __future__ import annotations

from pathlib import Path


class SourceUnreadable(Exception):
    """The file gives no text; says why in a whole sentence."""


def read_source(root: Path, path: str) -> str:
    """The text of a file, by its path relative to the configuration's folder.

    Raises:
        SourceUnreadable: It cannot be read, or is no text.
    """
    try:
        return (root / path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SourceUnreadable(f"{path} is not a text in UTF-8.") from error
