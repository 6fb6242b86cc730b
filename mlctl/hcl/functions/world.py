"""What functions may ask of the world: files, templates, the time. All of it is handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mlctl.core.value import Value
from mlctl.hcl.functions.spec import Function


class FileAccess(Protocol):
    """The files of a configuration, relative paths from its module's folder.

    Every file read is remembered by its implementation, so that a change of one is noticed.
    """

    def read_bytes(self, path: str) -> bytes:
        """The content of a file.

        Raises:
            FileNotFoundError: There is none.
            OSError: It cannot be read, or is a directory.
        """
        ...

    def exists(self, path: str) -> bool:
        """True when there is a regular file.

        Raises:
            OSError: There is something else, such as a directory.
        """
        ...

    def absolute(self, path: str) -> str:
        """The path from the root of the file system, without ``.`` and ``..``."""
        ...

    def home(self) -> str:
        """The folder that ``~`` stands for."""
        ...

    def files_below(self, path: str) -> list[str]:
        """All regular files below a folder, as paths relative to it with ``/``."""
        ...


class TemplateRenderer(Protocol):
    """The template engine, which is the evaluator's."""

    def __call__(
        self,
        source: str,
        name: str,
        variables: Mapping[str, Value],
        functions: Mapping[str, Function],
    ) -> Value:
        """What a template makes of its variables.

        Args:
            source: The template.
            name: What messages call it: the path of its file.
            variables: All a template may refer to.
            functions: All it may call.

        Raises:
            FunctionError: It does not parse, lacks a variable (argument 1) or fails.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What functions may ask of the world; what is None is not known yet.

    Attributes:
        files: None where no file may be read: the file functions are absent.
        render: None where templates are not available: the template functions are absent.
        plan_time: When the plan was made.
        now: The time of apply; None at plan, where ``timestamp()`` is unknown.
        new_uuid: A fresh random UUID; None at plan, where ``uuid()`` is unknown.
    """

    files: FileAccess | None = None
    render: TemplateRenderer | None = None
    plan_time: datetime | None = None
    now: Callable[[], datetime] | None = None
    new_uuid: Callable[[], str] | None = None
