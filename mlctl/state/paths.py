"""Where runs and outputs are under mlctl's own folder, and names that are safe on every disk."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

from mlctl.core.address import Address, Part

LONGEST_NAME = 180
"""Bytes. File systems take 255; a suffix and a temporary name must fit beside it."""


def runs_folder(data_dir: Path) -> Path:
    """The folder with one folder a run."""
    return data_dir / "runs"


def run_folder(data_dir: Path, run_id: str) -> Path:
    """One run's folder."""
    return runs_folder(data_dir) / safe_name(run_id)


def journal_path(data_dir: Path, run_id: str) -> Path:
    """One run's journal."""
    return run_folder(data_dir, run_id) / "events.jsonl"


def log_path(data_dir: Path, run_id: str, address: Address) -> Path:
    """Where a step's output is kept."""
    return run_folder(data_dir, run_id) / "logs" / f"{safe_name(str(address))}.log"


def output_path(data_dir: Path, address: Address) -> Path:
    """Where a pipeline's output stands: ``outputs/<pipeline>/<name>``.

    The folder of a pipeline in a module, or of one instance of several, says so:
    ``m.train["a"]``, percent-encoded where a disk would not take it.
    """
    return outputs_folder(data_dir, address.parent or address) / safe_name(address.name)


def outputs_folder(data_dir: Path, pipeline: Address) -> Path:
    """The folder with one pipeline's outputs."""
    parts = [Part(p.name, p.name, p.key) for p in pipeline.parts]
    folder = ".".join(str(part).partition(".")[2] for part in parts)
    return data_dir / "outputs" / safe_name(folder)


def safe_name(text: str) -> str:
    """A file name for any text; two texts never share one, and plain texts stay as they are.

    What file systems or shells read specially is percent-encoded; a name that grows too long ends
    in a digest instead.
    """
    name = quote(text, safe=".-_[]=,@+", errors="surrogatepass")
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) <= LONGEST_NAME:
        return name or "%"
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{name[: LONGEST_NAME - 18]}%~{mark}"
