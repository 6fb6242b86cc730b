"""Values given to root variables: files, environment and command line, by precedence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.config.declarations import Module, Variable
from mlctl.core.diagnostic import Diagnostic, Diagnostics, Severity
from mlctl.core.source import SourceSpan
from mlctl.core.suggest import did_you_mean
from mlctl.core.types import DYNAMIC, is_primitive
from mlctl.core.value import Value, string
from mlctl.hcl.evaluate import evaluate_constant
from mlctl.hcl.parser import parse_bytes, parse_expression

ENVIRONMENT_PREFIX = "MLCTL_VAR_"
DEFAULT_FILE = "mlctl.hclvars"
AUTO_SUFFIX = ".auto.hclvars"


@dataclass(frozen=True, slots=True)
class OnCommandLine:
    """A ``--var NAME=TEXT`` or a ``--var-file PATH``, in the order given.

    Attributes:
        name: Of the variable; empty for a file.
        text: The value's text, or the file's path.
    """

    name: str
    text: str


@dataclass(slots=True)
class _Given:
    module: Module
    found: Diagnostics
    values: dict[str, Value] = field(default_factory=dict)

    def file(self, path: Path, shown: str) -> None:
        try:
            data = path.read_bytes()
        except OSError as error:
            self.found.append(
                Diagnostic(
                    summary="A file of variables cannot be read",
                    detail=f"{shown}: {error.strerror}.",
                )
            )
            return
        body, problems = parse_bytes(shown, data)
        self.found.extend(problems)
        for block in body.blocks:
            self.found.append(
                Diagnostic(
                    summary="Unsupported block type",
                    detail="A file of variables holds values only: NAME = value.",
                    subject=block.type_span(),
                )
            )
        for name, attribute in body.attributes.items():
            if name not in self.module.variables:
                self.found.append(self._undeclared_in_file(name, attribute.name_span()))
                continue
            value, problems = evaluate_constant(attribute.expr)
            self.found.extend(problems)
            self.values[name] = value

    def text(self, variable: Variable, text: str, said_by: str) -> None:
        """A value given as text: a string, or an expression for variables of other types."""
        untyped = variable.body.expr("type") is None
        if untyped or (variable.type is not DYNAMIC and is_primitive(variable.type)):
            self.values[variable.name] = string(text)
            return
        expr, problems = parse_expression(said_by, text)
        if not problems:
            self.values[variable.name], problems = evaluate_constant(expr)
        if problems and variable.type is DYNAMIC:
            self.values[variable.name] = string(text)
        else:
            self.found.extend(problems)

    def _undeclared_in_file(self, name: str, subject: SourceSpan) -> Diagnostic:
        return Diagnostic(
            severity=Severity.WARNING,
            summary="Value for undeclared variable",
            detail=f'No variable named "{name}" is declared; the value is not used.',
            hint=did_you_mean(name, self.module.variables),
            subject=subject,
        )


def given_values(
    root: Module,
    environment: Mapping[str, str],
    command_line: Iterable[OnCommandLine],
    found: Diagnostics,
) -> dict[str, Value]:
    """The values given to the root module's variables, the strongest source winning.

    From weak to strong: environment, ``mlctl.hclvars``, ``*.auto.hclvars`` in name order, then
    ``--var`` and ``--var-file`` in the order given.
    """
    given = _Given(root, found)
    for name, variable in root.variables.items():
        text = environment.get(ENVIRONMENT_PREFIX + name)
        if text is not None:
            given.text(variable, text, ENVIRONMENT_PREFIX + name)
    for path in auto_files(root.directory):
        given.file(path, path.name)
    for one in command_line:
        if not one.name:
            given.file(Path(one.text), one.text)
        elif (declared := root.variables.get(one.name)) is not None:
            given.text(declared, one.text, f"--var {one.name}")
        else:
            found.append(
                Diagnostic(
                    summary="Value for undeclared variable",
                    detail=f'A value was given with --var for "{one.name}", but no variable of '
                    "that name is declared.",
                    hint=did_you_mean(one.name, root.variables),
                )
            )
    return given.values


def auto_files(directory: Path) -> Iterator[Path]:
    """The files of variables that are read without being named, weak before strong."""
    default = directory / DEFAULT_FILE
    if default.is_file():
        yield default
    yield from sorted(p for p in directory.glob(f"*{AUTO_SUFFIX}") if p.is_file())
