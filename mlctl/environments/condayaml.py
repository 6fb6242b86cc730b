"""The YAML of a conda ``environment.yml``: its lines with their numbers, and nothing translated.

Imports PyYAML, which is slow to load; so this module is imported on first use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import yaml


class CondaLine(NamedTuple):
    """A text in the file and the line it stands on, counted from 1."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class CondaText:
    """What matters of an environment.

    Attributes:
        dependencies: Conda packages.
        pip: Lines of the ``pip`` section, in requirements grammar.
        has_variables: It sets environment variables.
    """

    channels: tuple[str, ...]
    dependencies: tuple[CondaLine, ...]
    pip: tuple[CondaLine, ...]
    has_variables: bool


class CondaTextInvalid(ValueError):
    """The text is no conda environment; says why in a whole sentence."""


def parse_conda_text(text: str) -> CondaText:
    """Read an environment's text.

    Raises:
        CondaTextInvalid: It is no YAML, or has another shape.
    """
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise CondaTextInvalid(f"This is no YAML: {' '.join(str(error).split())}.") from error
    top = _fields(document, "The file")
    if "dependencies" not in top:
        raise CondaTextInvalid("It has no dependencies.")
    items = _items(top["dependencies"], "dependencies")
    pip = [
        section["pip"]
        for section in (_fields(item, "A section") for item in items if not _is_text(item))
        if "pip" in section
    ]
    channels = _items(top["channels"], "channels") if "channels" in top else []
    return CondaText(
        channels=tuple(line.text for line in _lines(channels)),
        dependencies=tuple(_lines([item for item in items if _is_text(item)])),
        pip=tuple(line for section in pip for line in _lines(_items(section, "pip"))),
        has_variables="variables" in top,
    )


def _is_text(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode)


def _fields(node: yaml.Node | None, what: str) -> Mapping[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise CondaTextInvalid(f"{what} must be a mapping{_at(node)}.")
    return {str(key.value): value for key, value in node.value}


def _items(node: yaml.Node, what: str) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        raise CondaTextInvalid(f'"{what}" must be a list{_at(node)}.')
    return list(node.value)


def _lines(nodes: list[yaml.Node]) -> Iterator[CondaLine]:
    for node in nodes:
        if not isinstance(node, yaml.ScalarNode):
            raise CondaTextInvalid(f"A text is expected{_at(node)}.")
        yield CondaLine(str(node.value), node.start_mark.line + 1)


def _at(node: yaml.Node | None) -> str:
    return "" if node is None else f", line {node.start_mark.line + 1}"
