"""The graph that every tool is given: half a chain of ``cp`` steps, half a fan-out from its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LONGEST_CHAIN = 100
"""Snakemake 9 ends in a RecursionError on a chain of 500, so longer graphs grow in width."""

SEED = "in.txt"


@dataclass(frozen=True, slots=True)
class Copy:
    """One step: copy what ``source`` wrote, or the seed file."""

    number: int
    name: str
    source: str | None


def copies(total: int) -> Iterator[Copy]:
    """The steps of a graph of ``total``, each after the one it copies."""
    last: str | None = None
    chain = min(total // 2, LONGEST_CHAIN)
    for number in range(chain):
        yield Copy(number, f"chain{number}", last)
        last = f"chain{number}"
    for number in range(chain, total):
        yield Copy(number, f"fan{number - chain}", last)


def write_mlctl(folder: Path, total: int) -> None:
    """A configuration with one step block a step.

    Each step has a number as an input: without it all steps would have one fingerprint, because
    they do the same to the same bytes, and mlctl would run a single one.
    """
    steps = "\n".join(
        f'  step "{c.name}" {{\n'
        f"    component = component.copy\n"
        f"    inputs    = {{ source = {_mlctl_source(c)}, number = {c.number} }}\n"
        f"  }}"
        for c in copies(total)
    )
    component = (
        'component "copy" {\n'
        '  command = "cp ${inputs.source} ${outputs.copy}"\n'
        '  input "source" { type = "uri_file" }\n'
        '  input "number" { type = "integer" }\n'
        '  output "copy" { type = "uri_file" }\n'
        "}\n"
    )
    _write(folder, "main.hcl", f'{component}\npipeline "bench" {{\n{steps}\n}}\n')


def write_snakemake(folder: Path, total: int) -> None:
    """A Snakefile with one rule a step."""
    ends = ", ".join(repr(f"{c.name}.txt") for c in copies(total) if c.name.startswith("fan"))
    rules = [
        f"rule {c.name}:\n    input: {_file(c)!r}\n    output: '{c.name}.txt'\n"
        f"    shell: 'cp {{input}} {{output}}'"
        for c in copies(total)
    ]
    _write(folder, "Snakefile", "\n\n".join([f"rule all:\n    input: {ends}", *rules]) + "\n")


def write_dvc(folder: Path, total: int) -> None:
    """A dvc.yaml with one stage a step."""
    stages = [
        f"  {c.name}:\n    cmd: cp {_file(c)} {c.name}.txt\n"
        f"    deps: [{_file(c)}]\n    outs: [{c.name}.txt]"
        for c in copies(total)
    ]
    _write(folder, "dvc.yaml", "\n".join(["stages:", *stages]) + "\n")


def _mlctl_source(copy: Copy) -> str:
    return f"steps.{copy.source}.outputs.copy" if copy.source else f'"./{SEED}"'


def _file(copy: Copy) -> str:
    return f"{copy.source}.txt" if copy.source else SEED


def _write(folder: Path, name: str, text: str) -> None:
    (folder / SEED).write_text("seed\n", encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
