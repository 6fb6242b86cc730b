"""The ``mlctl`` block: which version may read this, and where results are kept."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlctl.config.declarations import Module
from mlctl.config.decode import Decoded
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.value import Value
from mlctl.hcl.evaluate import evaluate_constant

_CLAUSE = re.compile(r"\s*(>=|<=|!=|~>|=|>|<)?\s*v?(\d+(?:\.\d+){0,2})\s*")


_Numbers = tuple[int, ...]

_COMPARE: Mapping[str, Callable[[_Numbers, _Numbers], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "!=": operator.ne,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the ``mlctl`` block says.

    Attributes:
        store: The store's folder, when it is not beside the configuration.
        state: The state file, when it is not beside the configuration.
        salt: Part of every key.
    """

    store: Path | None = None
    state: Path | None = None
    salt: str = ""


def read_settings(root: Module, version: str, found: Diagnostics) -> Settings:
    """Read the block; its arguments must be constants, for it is read before all else."""
    body = root.settings
    if body is None:
        return Settings()
    _check_version(body, version, found)
    cache, backend = body.one("cache"), body.one("backend")
    if backend is not None and backend.block.labels[0] != "local":
        found.append(
            Diagnostic(
                summary="Unsupported backend",
                detail=f'This version keeps states with the backend "local" only, not '
                f'"{backend.block.labels[0]}".',
                subject=backend.block.label_nodes[0].span(),
                block=body.header,
            )
        )
    return Settings(
        store=_path(cache, root.directory, found),
        state=_path(backend, root.directory, found),
        salt=_text(cache, "version", found) or "",
    )


def _path(body: Decoded | None, directory: Path, found: Diagnostics) -> Path | None:
    text = _text(body, "path", found)
    return directory / Path(text).expanduser() if text else None


def _text(body: Decoded | None, name: str, found: Diagnostics) -> str | None:
    expr = body.expr(name) if body is not None else None
    if body is None or expr is None:
        return None
    value, problems = evaluate_constant(expr)
    found.extend(problems)
    if not problems and not isinstance(value.raw, str):
        found.append(_not_text(name, value, body))
    return value.raw if isinstance(value.raw, str) else None


def _not_text(name: str, value: Value, body: Decoded) -> Diagnostic:
    expr = body.expr(name)
    return Diagnostic(
        summary="Incorrect value",
        detail=f'"{name}" must be a string, and this is a {value.type.friendly_name}.',
        subject=expr.span() if expr else None,
        block=body.header,
    )


def _check_version(body: Decoded, version: str, found: Diagnostics) -> None:
    wanted = _text(body, "required_version", found)
    expr = body.expr("required_version")
    if wanted is None or expr is None:
        return
    try:
        fits = satisfies(version, wanted)
    except ValueError as error:
        summary, detail = "Invalid version constraint", str(error)
    else:
        if fits:
            return
        summary = "Unsupported version of mlctl"
        detail = f"This configuration asks for mlctl {wanted}, and this is {version}."
    found.append(Diagnostic(summary=summary, detail=detail, subject=expr.span(), block=body.header))


def satisfies(version: str, constraint: str) -> bool:
    """True when a version meets every clause of a constraint such as ``>= 0.1, < 2.0``.

    ``~> 1.2`` allows the last written part to grow, as in Terraform.

    Raises:
        ValueError: It is not a constraint.
    """
    return all(_meets(_numbers(version), clause) for clause in constraint.split(","))


def _meets(version: tuple[int, ...], clause: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise ValueError(f'"{clause.strip()}" is not a version constraint; write ">= 1.2, < 2.0"')
    wanted, parts = _numbers(match[2]), match[2].count(".") + 1
    if match[1] == "~>":
        fixed = max(parts - 1, 1)
        return version >= wanted and version[:fixed] == wanted[:fixed]
    return _COMPARE[match[1] or "="](version, wanted)


def _numbers(text: str) -> tuple[int, ...]:
    numbers = [int(n) for n in re.findall(r"\d+", text)[:3]]
    return (*numbers, 0, 0)[:3]
