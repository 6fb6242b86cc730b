"""At a terminal: the question, Ctrl-C, and the console."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.cli.terminal import AtTerminal, mlctl

SLOW = """
pipeline "p" {
  step "s" {
    command = "echo began; sleep SECONDS; echo 1 > ${outputs.out}"
    output "out" { type = "uri_file" }
  }
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one output."""
    (tmp_path / "main.hcl").write_text('output "x" { value = 1 }\n')
    return tmp_path


def slow(folder: Path, seconds: float) -> Path:
    (folder / "main.hcl").write_text(SLOW.replace("SECONDS", str(seconds)))
    return folder


def test_yes_and_only_yes_agrees(folder: Path) -> None:
    for answer in ("y", "YES", "", "yes please"):
        terminal = AtTerminal(folder, ["apply"])
        terminal.until("Your answer:")
        terminal.type(f"{answer}\n")
        done = terminal.end()
        assert done.code == 1
        assert "Apply cancelled." in done.out
        assert not (folder / "mlctl.state.json").exists()

    terminal = AtTerminal(folder, ["apply"])
    terminal.until("Your answer:")
    terminal.type("yes\n")
    done = terminal.end()

    assert done.code == 0
    assert "Apply complete!" in done.out


def test_a_destruction_asks_more_firmly(folder: Path) -> None:
    assert mlctl(folder, "apply", "--auto-approve").code == 0

    terminal = AtTerminal(folder, ["destroy"])
    terminal.until("cannot be undone")
    terminal.until("Your answer:")
    terminal.type("no\n")

    assert "Destroy cancelled." in terminal.end().out


def test_ctrl_c_at_the_question_exits_with_130_and_leaves_no_lock(folder: Path) -> None:
    terminal = AtTerminal(folder, ["apply"])
    terminal.until("Your answer:")
    os.kill(terminal.process.pid, signal.SIGINT)

    done = terminal.end()

    assert done.code == 130
    assert "Traceback" not in done.out
    assert "not locked" in mlctl(folder, "lock", "show").out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_what_runs_and_says_so(folder: Path, number: signal.Signals) -> None:
    terminal = AtTerminal(slow(folder, 60), ["apply", "--auto-approve"])
    terminal.until("pipeline.p.step.s")
    terminal.until("1 at work")
    os.kill(terminal.process.pid, number)
    terminal.until("Interrupted")

    done = terminal.end()

    assert done.code == 130
    assert "stopped" in done.out
    assert "To go on from here" in done.out
    assert "not locked" in mlctl(folder, "lock", "show").out


def test_ctrl_c_may_leave_alone_what_runs_and_the_next_apply_takes_it_up(folder: Path) -> None:
    words = ["apply", "--auto-approve", "--detach-on-interrupt"]
    terminal = AtTerminal(slow(folder, 3), words)
    terminal.until("pipeline.p.step.s")
    terminal.until("1 at work")
    os.kill(terminal.process.pid, signal.SIGINT)
    done = terminal.end()

    again = mlctl(folder, "apply", "--auto-approve")

    assert done.code == 130
    assert "left running" in done.out
    assert again.code == 0, again.out
    assert "Taken up again" in again.out


def test_the_console_answers_and_remembers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "home"))
    terminal = AtTerminal(folder, ["console"])
    terminal.until("> ")
    terminal.type('upper("abc")\n')
    terminal.until('"ABC"')
    terminal.type("nope.x\n")
    terminal.until("Error: ")
    terminal.type("exit\n")

    assert terminal.end().code == 0
    assert 'upper("abc")' in (folder / "home/mlctl/console_history").read_text()
