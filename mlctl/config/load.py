"""Configuration files to declarations: every ``*.hcl`` of a folder, and the modules it calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mlctl.config.collect import collect
from mlctl.config.declarations import Configuration, Module, ModuleCall
from mlctl.config.decode import literal_text
from mlctl.config.schemas import MODULE
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.provider import ResourceType
from mlctl.core.suggest import did_you_mean
from mlctl.hcl.ast import Attribute, Body
from mlctl.hcl.parser import parse_bytes


@dataclass(slots=True)
class Loader:
    """Reads modules and collects what is wrong with them.

    Attributes:
        root: The root module's folder.
        resource_types: What providers offer, by kind and type label.
    """

    root: Path
    resource_types: Mapping[tuple[str, str], ResourceType]
    files: dict[str, str] = field(default_factory=dict)
    found: Diagnostics = field(default_factory=list)

    def module(
        self, directory: Path, path: tuple[str, ...], around: tuple[Path, ...] = ()
    ) -> Module:
        """Load one folder as the module at ``path``; ``around`` are the folders that lead to it."""
        bodies = [body for file in self._list(directory) if (body := self._parse(file)) is not None]
        module = collect(bodies, path, directory, self.resource_types, self.found)
        around = (*around, directory.resolve())
        calls = {name: self._follow(call, module, around) for name, call in module.calls.items()}
        return replace(module, calls=calls)

    def _list(self, directory: Path) -> list[Path]:
        try:
            entries = sorted(directory.iterdir())
        except OSError as error:
            self.found.append(
                Diagnostic(
                    summary="The configuration cannot be read",
                    detail=f"{directory}: {error.strerror}.",
                )
            )
            return []
        twins = [e for e in entries if e.name.endswith(".hcl.json") and not e.name.startswith(".")]
        self.found.extend(
            Diagnostic(
                summary="JSON configuration is not supported by this version",
                detail=f"{self._shown(twin)} is JSON. Write it as HCL.",
            )
            for twin in twins
        )
        return [e for e in entries if _is_configuration(e)]

    def _parse(self, file: Path) -> Body | None:
        shown = self._shown(file)
        try:
            data = file.read_bytes()
        except OSError as error:
            self.found.append(
                Diagnostic(
                    summary="A configuration file cannot be read",
                    detail=f"{shown}: {error.strerror}.",
                )
            )
            return None
        body, problems = parse_bytes(shown, data)
        self.files[shown] = data.decode("utf-8", "replace")
        self.found.extend(problems)
        return body

    def _shown(self, file: Path) -> str:
        return str(file.relative_to(self.root)) if file.is_relative_to(self.root) else str(file)

    def _follow(self, call: ModuleCall, caller: Module, around: tuple[Path, ...]) -> ModuleCall:
        directory = self._source(call, caller)
        if directory is None:
            return call
        if directory in around:
            again = "itself" if directory == around[-1] else "a module that it is part of"
            self._refuse(call, f"The module calls {again}, which would never end.")
            return call
        module = self.module(directory, (*caller.path, call.name), around)
        self.found.extend(
            _no_variable(attribute, call, module)
            for name, attribute in call.arguments.items()
            if name not in module.variables
        )
        return replace(call, module=module)

    def _source(self, call: ModuleCall, caller: Module) -> Path | None:
        expr = call.body.expr("source")
        if expr is None:
            return None  # said already: the argument is required
        source = literal_text(expr)
        if source is None:
            self._refuse(call, "The source must be a plain quoted text.")
            return None
        if not source.startswith(("./", "../")):
            self._refuse(
                call,
                f'"{source}" is not a local path. This version reads modules from local paths '
                "only, which begin with ./ or ../",
            )
            return None
        directory = Path(caller.directory, source).resolve()
        if not directory.is_dir():
            self._refuse(call, f'There is no folder "{source}" beside the calling file.')
            return None
        if not any(_is_configuration(entry) for entry in directory.iterdir()):
            self._refuse(call, f'The folder "{source}" holds no *.hcl file.')
            return None
        return directory

    def _refuse(self, call: ModuleCall, detail: str) -> None:
        expr = call.body.expr("source")
        self.found.append(
            Diagnostic(
                summary="Invalid module source",
                detail=detail,
                subject=expr.span() if expr else call.body.block.header_span(),
                block=call.body.header,
            )
        )


def _is_configuration(entry: Path) -> bool:
    name = entry.name
    return name.endswith(".hcl") and not name.startswith(".") and not entry.is_dir()


def _no_variable(attribute: Attribute, call: ModuleCall, module: Module) -> Diagnostic:
    return Diagnostic(
        summary="Unsupported argument",
        detail=f'The module "{call.name}" has no variable named "{attribute.name}".',
        hint=did_you_mean(attribute.name, (*module.variables, *MODULE.attributes)),
        subject=attribute.name_span(),
        block=call.body.header,
    )


def load(
    root: Path, resource_types: Mapping[tuple[str, str], ResourceType]
) -> tuple[Configuration, Diagnostics]:
    """Read the configuration in ``root``; what is wrong is said, what is right is kept."""
    loader = Loader(root, resource_types)
    module = loader.module(root, ())
    if not loader.files and not loader.found:
        loader.found.append(
            Diagnostic(
                summary="No configuration files",
                detail=f"There is no *.hcl file in {root}.",
                hint="Run this in the folder of a configuration, name it with --chdir, or start "
                "one with: mlctl init --example quickstart",
            )
        )
    return Configuration(module, loader.files), loader.found
