"""Mistakes get their own clear error each, at the exact place, with a way out, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.mistakes import CYCLE, MISTAKES, Mistake
from tests.functional.project import Document, Project
from tests.functional.small import step, with_input


def place(found: Document) -> tuple[str, tuple[int, int], str]:
    """File, start and marked text of a JSON diagnostic."""
    start = found["range"]["start"]
    return (found["range"]["filename"], (start["line"], start["column"]), marked_text(found))


def marked_text(found: Document) -> str:
    """The part of the quoted source that is marked."""
    snippet = found["snippet"]
    start, end = snippet["highlight_start_offset"], snippet["highlight_end_offset"]
    text: str = snippet["code"][start:end]
    return text


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.name for mistake in MISTAKES])
def test_a_mistake_is_explained_at_its_place_with_a_way_out(
    project: Project, mistake: Mistake
) -> None:
    project.write(mistake.file, mistake.text)

    document = project.validate().exits(1).document

    (found,) = document["diagnostics"]
    assert place(found) == (mistake.file, mistake.start, mistake.wrong)
    assert mistake.summary.lower() in found["summary"].lower()
    assert mistake.help in f"{found['detail']} {found.get('hint', '')}"
    assert found["severity"] == "error"


def test_validate_speaks_terraforms_json(project: Project) -> None:
    mistake = next(m for m in MISTAKES if m.name == "attribute")
    project.write(mistake.file, mistake.text)

    document = project.validate().exits(1).document

    assert {k: document[k] for k in ("valid", "error_count", "warning_count")} == {
        "valid": False,
        "error_count": 1,
        "warning_count": 0,
    }
    assert document["format_version"] == "1.0"
    (found,) = document["diagnostics"]
    assert {"severity", "summary", "detail", "range", "snippet"} <= set(found)
    assert set(found["range"]) == {"filename", "start", "end"}
    assert found["range"]["start"] == {"line": 3, "column": 3, "byte": 45}
    assert found["range"]["end"] == {"line": 3, "column": 13, "byte": 55}
    assert found["snippet"]["code"] == '  descripton = "x"'
    assert found["snippet"]["start_line"] == 3
    assert found["snippet"]["context"] == 'component "attribute"'


def test_a_valid_configuration_is_valid_in_both_forms(project: Project) -> None:
    project.write("main.hcl", step("echo > ${outputs.out}"))

    assert project.validate().ok().document["valid"] is True
    assert "valid" in project.mlctl("validate").ok().out


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All mistakes side by side, a file each."""
    project = Project(tmp_path_factory.mktemp("wrong"))
    for mistake in MISTAKES:
        project.write(mistake.file, mistake.text)
    project.write("cycle.hcl", CYCLE)
    return project


def test_all_mistakes_are_told_at_once_with_line_and_carets(wrong: Project) -> None:
    plan = wrong.mlctl("plan").exits(1)

    assert plan.out == ""
    missing = [m.name for m in MISTAKES if not _told(m, plan.err)]
    assert missing == []
    assert plan.err.count("Error: ") >= len(MISTAKES) + 1


def _told(mistake: Mistake, text: str) -> bool:
    line, column = mistake.start
    carets = "\n" + " " * (6 + column - 1) + "^" * max(len(mistake.wrong), 1) + "\n"
    return any(
        f"on {mistake.file} line {line}" in part and carets in part
        for part in text.split("Error: ")
    )


def test_nothing_is_made_while_there_are_mistakes(wrong: Project) -> None:
    wrong.mlctl("apply", "--auto-approve").exits(1)

    assert not (wrong.root / "mlctl.state.json").exists()
    assert not (wrong.root / ".mlctl/runs").exists()


def test_a_cycle_is_shown_as_the_path_of_references_with_their_lines(project: Project) -> None:
    project.write("main.hcl", CYCLE)

    text = project.mlctl("plan").exits(1).err

    assert "cycle" in text.lower()
    assert text.count("Error: ") == 1
    for part in ("step.a", "step.b", "main.hcl:5,", "main.hcl:10,"):
        assert part in text


def test_a_cycle_of_local_values_is_shown_too(project: Project) -> None:
    project.write("main.hcl", "locals {\n  a = local.b\n  b = local.a\n}\n")

    text = project.mlctl("validate").exits(1).err

    assert "local.a" in text
    assert "local.b" in text
    assert text.count("Error: ") == 1


def test_several_syntax_errors_of_one_file_are_told_together(project: Project) -> None:
    project.write(
        "main.hcl",
        "locals {\n  a = [1 2]\n}\nlocals {\n  b = \n}\nlocals {\n  c = ]\n}\n",
    )

    found = project.validate().exits(1).document["diagnostics"]

    assert {diagnostic["range"]["start"]["line"] for diagnostic in found} >= {2, 5, 8}


def test_a_mistake_after_a_good_apply_leaves_the_state_as_it_was(project: Project) -> None:
    with_input(project)
    before = (project.root / "mlctl.state.json").read_bytes()
    project.write("wrong.hcl", "component {\n")

    for command in (["plan"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"]):
        assert "wrong.hcl" in project.mlctl(*command).exits(1).err

    assert (project.root / "mlctl.state.json").read_bytes() == before


# --- what only a run can tell ------------------------------------------------------------------


def test_an_output_that_a_step_did_not_write_is_an_error_although_it_exited_with_0(
    project: Project,
) -> None:
    project.write("main.hcl", step("echo done"))

    apply = project.mlctl("apply", "--auto-approve").exits(1)

    assert "pipeline.p.step.s" in apply.out
    assert "out" in apply.text
    assert "not write" in apply.text or "missing" in apply.text
    assert project.would_run() == {"s"}


@pytest.mark.parametrize(
    ("kind", "wrote", "says"),
    [
        ("integer", "many", "integer"),
        ("boolean", "perhaps", "boolean"),
        ("metrics", '{"accuracy": "high"}', "number"),
        ("metrics", "[", "JSON"),
    ],
)
def test_an_output_of_another_type_than_declared_is_an_error(
    project: Project, kind: str, wrote: str, says: str
) -> None:
    project.write(
        "main.hcl",
        'pipeline "p" {\n  step "s" {\n'
        f"    command = \"printf %s '{_escaped(wrote)}' > ${{outputs.out}}\"\n"
        f'    output "out" {{ type = "{kind}" }}\n  }}\n}}\n',
    )

    apply = project.mlctl("apply", "--auto-approve").exits(1)

    assert "pipeline.p.step.s" in apply.text
    assert says.lower() in apply.text.lower()


def _escaped(text: str) -> str:
    return text.replace('"', '\\"')


def test_a_step_that_fails_says_its_exit_code_and_its_last_lines(project: Project) -> None:
    project.write("main.hcl", step("echo before it broke; exit 7"))

    apply = project.mlctl("apply", "--auto-approve").exits(1)

    assert "pipeline.p.step.s" in apply.text
    assert "7" in apply.text
    assert "before it broke" in apply.text


def test_a_folder_without_a_configuration_is_said_to_be_empty(project: Project) -> None:
    text = project.mlctl("plan").exits(1).err

    assert "No configuration files" in text
    assert "init --example" in text


def test_a_folder_that_is_not_there_is_named(project: Project, tmp_path: Path) -> None:
    text = project.mlctl(f"--chdir={tmp_path}/nowhere", "plan").exits(1).err

    assert "nowhere" in text
    assert "Traceback" not in text
