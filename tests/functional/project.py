"""A project in a temporary folder and the installed ``mlctl``, driven as a user would.

Knows how to run the command and to read what it says; knows nothing of how mlctl works inside.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TIMEOUT_S = 50
"""For one command; a test as a whole may take 60 s."""

OK, FAILED, CHANGES, LOCKED, STALE, INTERRUPTED = 0, 1, 2, 4, 5, 130
"""Exit codes."""

Document = dict[str, Any]
"""A JSON object that mlctl printed. Its members are looked at by the tests, key by key."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    command: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams."""
        return self.out + self.err

    def exits(self, code: int) -> Done:
        """Fail, with everything it said, unless it ended with this code."""
        assert self.code == code, (
            f"{' '.join(self.command)}: exit {self.code}, not {code}\n{self.text}"
        )
        return self

    def ok(self) -> Done:
        """Fail unless it succeeded."""
        return self.exits(OK)

    @property
    def events(self) -> list[Document]:
        """The objects it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of_type(self, kind: str) -> list[Document]:
        """Those of one type."""
        return [event for event in self.events if event["type"] == kind]

    @property
    def document(self) -> Document:
        """The one object it printed."""
        found: Document = json.loads(self.out)
        return found


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a configuration.

    Attributes:
        root: The folder.
        env: What the command sees besides the machine's own environment.
    """

    root: Path
    env: Mapping[str, str] = field(default_factory=dict)

    # --- files -----------------------------------------------------------------------------

    def write(self, path: str, text: str, *, program: bool = False) -> Path:
        """Write a file; folders are made."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if program:
            file.chmod(0o755)
        return file

    def edit(self, path: str, before: str, after: str) -> None:
        """Replace a text that must stand in the file."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert before in text, f"{path} has no {before!r}"
        file.write_text(text.replace(before, after), encoding="utf-8")

    def clone(self, to: Path) -> Project:
        """The configuration as another checkout has it, without what runs left beside it."""
        left = shutil.ignore_patterns(".mlctl", "mlctl.state.json*")
        return Project(Path(shutil.copytree(self.root, to, ignore=left, symlinks=True)), self.env)

    # --- commands --------------------------------------------------------------------------

    def mlctl(self, *arguments: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Done:
        """Run a command in the folder and wait for it. Its input is never a terminal."""
        done = subprocess.run(
            [program(), *arguments],
            cwd=self.root,
            env=self._env(env),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=TIMEOUT_S,
            input=stdin,
        )
        return Done(("mlctl", *arguments), done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in the folder, in a session of its own."""
        return subprocess.Popen(
            [program(), *arguments],
            cwd=self.root,
            env=self._env(None),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _env(self, more: Mapping[str, str] | None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLCTL_VAR", "PYTEST"))}
        return {**kept, "NO_COLOR": "1", "COLUMNS": "200", **self.env, **(more or {})}

    def plan(self, *options: str) -> Done:
        """``plan``, which must succeed."""
        return self.mlctl("plan", *options).ok()

    def apply(self, *options: str) -> Done:
        """``apply --auto-approve``, which must succeed."""
        return self.mlctl("apply", "--auto-approve", *options).ok()

    def validate(self) -> Done:
        """``validate --json``, whatever it finds."""
        return self.mlctl("validate", "--json")

    # --- what it would do and did ------------------------------------------------------------

    def actions(self, *options: str) -> dict[str, str]:
        """What a plan says of each step: ``run`` or ``reuse`` by address within its pipeline."""
        planned = self.plan("--json", *options).of_type("planned_change")
        steps = [p["change"] for p in planned if "fingerprint" in p["change"]]
        return {short(change["address"]): change["action"] for change in steps}

    def would_run(self, *options: str) -> set[str]:
        """The steps a plan would run."""
        return {step for step, action in self.actions(*options).items() if action == "run"}

    def ran(self, *options: str) -> set[str]:
        """Apply, and return the steps that were started for it."""
        return started(self.apply("--json", *options))

    def planned(self, *options: str) -> Document:
        """The document of a saved plan."""
        file = self.root / ".plan-of-test"
        self.plan("--out", str(file), *options)
        document = self.mlctl("show", "--json", str(file)).ok().document
        file.unlink()
        return document

    def outputs(self) -> Document:
        """The root outputs' values by name."""
        found = self.mlctl("output", "--json").ok().document
        return {name: output["value"] for name, output in found.items()}

    def output_text(self, name: str) -> str:
        """The content of the file that a root output names."""
        return (self.root / str(self.outputs()[name])).read_text(encoding="utf-8")

    def state(self) -> Document:
        """The state file, which must parse."""
        found: Document = json.loads((self.root / "mlctl.state.json").read_text(encoding="utf-8"))
        return found

    def steps(self) -> dict[str, Document]:
        """What ``show --json`` says of each step, by address within its pipeline."""
        values = self.mlctl("show", "--json").ok().document["values"]
        return {short(step["address"]): step for step in values["steps"]}

    def blob(self, content: str) -> Path:
        """Where the store keeps the one file of this content."""
        blobs = (p for p in (self.root / ".mlctl/store/blobs").rglob("*") if p.is_file())
        (found,) = (p for p in blobs if p.read_bytes() == content.encode())
        return found


def program() -> str:
    """The command that belongs to this interpreter, else the one on ``PATH``."""
    command = shutil.which("mlctl", path=Path(sys.executable).parent) or shutil.which("mlctl")
    assert command is not None, "mlctl is not installed"
    return command


def short(address: str) -> str:
    """``train["a"]`` for ``pipeline.p.step.train["a"]``."""
    return address.partition(".step.")[2] or address


def started(done: Done) -> set[str]:
    """The steps that ``apply --json`` started."""
    return {short(event["address"]) for event in done.of_type("step_start")}


def kinds(document: Document) -> dict[str, list[str]]:
    """Why each step will run, by address within its pipeline, from a plan's document."""
    return {
        short(change["address"]): [reason["kind"] for reason in change["reasons"]]
        for change in document["step_changes"]
    }


def until(holds: Callable[[], bool], what: str, patience_s: float = 20.0) -> None:
    """Wait until something holds, and fail when it does not in time."""
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, f"waited {patience_s} s for {what}"
        time.sleep(0.02)


def lines_of(file: Path) -> list[str]:
    """The lines that steps left in a file outside of the project; none when it is not there."""
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def holding(folder: Path, texts: Iterable[str]) -> list[Path]:
    """Every file below a folder that holds one of the texts, also where it cannot be decoded."""
    wanted = [text.encode() for text in texts]
    files = (p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    return [p for p in files if any(text in p.read_bytes() for text in wanted)]
