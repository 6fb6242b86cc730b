"""Whatever text a value holds, the shell reads back exactly that text where it is put."""

from __future__ import annotations

import subprocess
import unicodedata

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mlctl.core.address import Address
from mlctl.core.job import Layout
from mlctl.core.value import string
from tests.config.project import Project

TEXTS = st.text(
    st.one_of(
        st.sampled_from(" \t\n'\"$`\\;&|<>(){}*?[]~#!%=-"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\0\r"),
    ),
    max_size=12,
)

PLACES = {
    "bare": "printf %s ${inputs.x}",
    "after a word": "printf %s a${inputs.x}b",
    "double quotes": 'printf %s "a${inputs.x}b"',
    "single quotes": "printf %s 'a${inputs.x}b'",
    "quotes that were closed": "printf %s 'it'\"s\"${inputs.x}",
    "substitution": 'printf %s "$(printf %s. ${inputs.x})"',
    "quoted in a substitution": 'printf %s "$(printf %s. "${inputs.x}")"',
    "bare substitution in quotes": "printf %s \"a$(printf %s. '${inputs.x}')\"",
    "subshell in a substitution": 'printf %s "$( (true && printf %s. ${inputs.x}) )${inputs.x}"',
    "backquotes": 'v=`printf %s. ${inputs.x}`; printf %s "$v"',
    "backquotes and double quotes": 'v=`printf %s. "${inputs.x}"`; printf %s "$v"',
    "after arithmetic": 'printf %s "$((1 << (1 + 1)))${inputs.x}"',
    "after a comment": "# it's a comment\nprintf %s ${inputs.x}",
    "in a comment and after it": "true # ${inputs.x}\nprintf %s ${inputs.x}",
    "a hash in a word": "printf %s a#'${inputs.x}'",
    "after a here-document": "cat <<'E' >/dev/null\nit's\nE\nprintf %s ${inputs.x}",
    "a here-document": "cat <<E\n>${inputs.x}<\nE",
    "a quoted here-document": "cat <<'E'\n>${inputs.x}<\nE",
    "an indented here-document": "cat <<-E\n\t>${inputs.x}<\n\tE",
    "substitution in a here-document": "cat <<E\n$(printf %s. ${inputs.x})\nE",
    "branch": 'printf %s "%{ if inputs.flag }a${inputs.x}%{ else }${inputs.y}%{ endif }"',
    "bare branch": "printf %s ${inputs.flag ? inputs.x : inputs.y}",
    "template in a branch": 'printf %s ${inputs.flag ? "\\"${inputs.x}\\"" : "no"}',
    "loop": 'printf %s "%{ for one in [inputs.x, "-"] }${one}|%{ endfor }"',
    "loop over pairs": "printf %s '%{ for k, v in { a = inputs.x } }${k}=${v}%{ endfor }'",
}
"""Commands by where the value stands in them; all print it."""

PRINTED = {
    "after a word": "a{}b",
    "double quotes": "a{}b",
    "single quotes": "a{}b",
    "quotes that were closed": "its{}",
    "substitution": "{}.",
    "quoted in a substitution": "{}.",
    "bare substitution in quotes": "a{}.",
    "subshell in a substitution": "{}.{}",
    "backquotes": "{}.",
    "backquotes and double quotes": "{}.",
    "after arithmetic": "4{}",
    "a hash in a word": "a#{}",
    "a here-document": ">{}<\n",
    "a quoted here-document": ">{}<\n",
    "an indented here-document": ">{}<\n",
    "substitution in a here-document": "{}.\n",
    "branch": "a{}",
    "loop": "{}|-|",
    "loop over pairs": "a={}",
}


@pytest.fixture(scope="module", params=PLACES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Project]:
    """A project whose step prints its input, for each place a value can stand in."""
    name: str = request.param
    project = Project(tmp_path_factory.mktemp("quoting"))
    project.write("main.hcl", _configuration(PLACES[name]))
    return name, project


def _configuration(command: str) -> str:
    return (
        'pipeline "p" {\n  input "x" {\n    type = "string"\n  }\n  step "s" {\n'
        f"    command = <<COMMAND\n{command}\nCOMMAND\n"
        '    inputs = { x = inputs.x, y = "y", flag = true }\n  }\n}\n'
    )


@settings(max_examples=25, deadline=None)
@given(text=TEXTS)
@example(text="it's")
@example(text="$(touch injected) `touch injected` ${HOME} $HOME")
@example(text='a"b\\')
@example(text="\n")
@example(text="")
@example(text="-n --help")
def test_the_shell_reads_back_exactly_the_value(place: tuple[str, Project], text: str) -> None:
    name, project = place
    text = unicodedata.normalize("NFC", text)  # as every text of the language is
    expected = PRINTED.get(name, "{}").replace("{}", text)
    assume(not (name.startswith("an indented") and "\n\t" in text))  # <<- takes such tabs away
    assume(not ("here-document" in name and "\nE\n" in text))  # refused: it would end there

    project.inputs[(Address.parse("pipeline.p"), "x")] = string(text)
    command = project.desired("s").command(Layout("/c", "/i", "/o"))
    assert isinstance(command, str)
    ran = subprocess.run(
        ["sh", "-eu", "-c", command], capture_output=True, check=False, cwd=project.root, timeout=20
    )

    assert ran.stderr == b""
    assert ran.stdout.decode() == expected
    assert not (project.root / "injected").exists()
