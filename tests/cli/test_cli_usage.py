"""Command lines that make no sense: said like any other problem, with the nearest name."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from mlctl.cli.main import root, run


def commands() -> list[tuple[str, ...]]:
    """Every command there is."""

    def below(group: click.Group, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        ctx, found = click.Context(group), []
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            assert command is not None
            found.append((*path, name))
            if isinstance(command, click.Group):
                found.extend(below(command, (*path, name)))
        return found

    return below(root, ())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plna"], 'Did you mean "plan"?'),
        (["destory"], 'Did you mean "destroy"?'),
        (["comp"], 'Did you mean "completion"?'),
        (["state", "lst"], 'Did you mean "list"?'),
        (["plan", "--detailed-exitcod"], 'Did you mean "--detailed-exitcode"?'),
        (["plan", "-refesh-only"], 'Did you mean "--refresh-only"?'),
        (["plan", "-auto-approve"], 'Did you mean "--auto-approve" of "mlctl apply"?'),
        (["plan", "--bogus-thing"], "mlctl plan --help tells more."),
        (["plan", "--lock-timeout", "soon"], "is not a duration"),
        (["plan", "--target", "???"], "Not an address"),
        (["plan", "--var", "novalue"], "is not NAME=VALUE"),
        (["plan", "--destroy", "--refresh-only"], "exclude each other"),
        (["apply", "--parallelism", "0"], "--parallelism"),
        (["run"], "pipeline"),
        (["output", "--raw"], "NAME"),
        (["--chdir", "/no/such/folder", "plan"], "/no/such/folder: No such file"),
    ],
)
def test_a_mistyped_command_line_says_what_is_wrong_and_exits_with_1(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(words)

    told = capsys.readouterr()
    assert code == 1
    assert told.out == ""
    assert told.err.startswith("Error: ")
    assert said.lower() in " ".join(told.err.split()).lower()


def test_an_unknown_command_that_resembles_none_points_at_the_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["xyzzy"]) == 1

    told = capsys.readouterr().err
    assert 'no command "xyzzy"' in told
    assert "Did you mean" not in told
    assert "mlctl --help" in told


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_and_a_line_in_the_list(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "-help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: mlctl {' '.join(words)}")
    run([*words[:-1], "--help"])
    assert f"\n  {words[-1]} " in capsys.readouterr().out


def test_every_option_is_explained() -> None:
    unexplained = []
    for words in commands():
        command: click.Command | None = root
        for word in words:
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), word)
        assert command is not None
        options = (p for p in command.params if isinstance(p, click.Option))
        unexplained += [(words, option.name) for option in options if not option.help]

    assert unexplained == []


@pytest.mark.parametrize("words", [[], ["state"], ["runs"], ["env"], ["lock"]])
def test_a_group_alone_shows_its_help_and_fails(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 1
    assert "Commands:" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_prints_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_MLCTL_COMPLETE" in capsys.readouterr().out


def test_paths_are_relative_to_the_folder_that_chdir_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside/main.hcl").write_text('output "x" { value = 1 }\n')

    assert run(["plan", "-out=saved", "-chdir=inside"]) == 0

    assert (tmp_path / "inside/saved").exists()
    capsys.readouterr()
