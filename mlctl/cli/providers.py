"""``mlctl providers``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points

import click

from mlctl.cli.command import Command
from mlctl.cli.configuration import Asked, configuration_options, opened
from mlctl.cli.documents import say_json
from mlctl.cli.errors import NotSound
from mlctl.cli.outlet import say
from mlctl.core.diagnostic import has_errors
from mlctl.outside.session import Loaded
from mlctl.registry import GROUP
from mlctl.views.text import listed, safe_line, table


@click.command(cls=Command, short_help="List providers and what uses them.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON array.")
@configuration_options
def command(asked: Asked, as_json: bool) -> None:
    """List the installed providers, and what in the configuration uses each."""
    with opened(asked) as session:
        if has_errors(session.loaded.found):
            raise NotSound(session.loaded.found)
        users = _users(session.loaded)
    rows = [(label, *_package(label), users.get(label, ())) for label in sorted(_labels())]
    if as_json:
        keys = ("label", "package", "version")
        say_json([dict(zip(keys, r[:3], strict=True)) | {"used_by": list(r[3])} for r in rows])
        return
    lines = table(
        [
            ("PROVIDER", "PACKAGE", "USED BY"),
            *((r[0], safe_line(f"{r[1]} {r[2]}"), listed(r[3]) or "-") for r in rows),
        ]
    )
    say("\n".join([asked.out.bold(lines[0]), *lines[1:]]) + "\n")


def _labels() -> Iterator[str]:
    yield from {entry.name for entry in entry_points(group=GROUP)}


def _package(label: str) -> tuple[str, str]:
    (entry, *_) = entry_points(group=GROUP, name=label)
    return (entry.dist.name, entry.dist.version) if entry.dist is not None else (entry.value, "")


def _users(loaded: Loaded) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for module in loaded.configuration.root.walk():
        for declared in module.objects.values():
            if declared.type:
                address = str(module.address(declared.kind, declared.name))
                found.setdefault(declared.type, []).append(address)
    return {label: tuple(addresses) for label, addresses in found.items()}
