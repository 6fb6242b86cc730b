"""No false "up to date": the situations in which other tools err, one by one.

Each test runs a step, changes one thing, and asks whether the step ran again and what came out.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.functional.project import Project, until
from tests.functional.small import RUN_CODE, applied, data, step, with_code, with_folder, with_input


def test_a_declared_environment_variable_counts(project: Project) -> None:
    variable = 'variable "mode" { default = "a" }\n'
    config = step("echo mode=$MODE > ${outputs.out}", "env = { MODE = var.mode }")
    applied(project, variable + config)

    ran = project.ran("--var", "mode=b")

    assert ran == {"s"}
    assert project.output_text("out") == "mode=b\n"


def test_a_variable_of_the_callers_shell_neither_counts_nor_reaches_the_step(
    project: Project,
) -> None:
    project.write("main.hcl", step("echo mode=$${MODE-unset} > ${outputs.out}"))
    project.mlctl("apply", "--auto-approve", env={"MODE": "a"}).ok()

    plan = project.mlctl("plan", "--detailed-exitcode", env={"MODE": "b"})

    assert project.output_text("out") == "mode=unset\n"
    plan.ok()


def test_a_module_that_the_code_imports_counts_without_being_declared(project: Project) -> None:
    main = "import util\nprint(util.X)\n"
    applied(project, RUN_CODE, {"src/main.py": main, "src/util.py": "X = 1\n"})

    project.write("src/util.py", "X = 2222\n")

    assert project.ran() == {"s"}
    assert project.output_text("out") == "2222\n"


def test_a_rewrite_of_the_same_size_with_its_time_put_back_is_seen(project: Project) -> None:
    with_input(project)
    file = project.root / "in.txt"
    times = file.stat()

    file.write_text("BBBB\n")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert project.ran() == {"s"}
    assert project.output_text("out") == "BBBB\n"


def test_code_rewritten_in_the_same_size_with_its_time_put_back_is_seen(project: Project) -> None:
    with_code(project)
    file = project.root / "src/main.py"
    times = file.stat()

    file.write_text("import util\nprint(2)\n")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert project.ran() == {"s"}
    assert project.output_text("out") == "2\n"


@pytest.mark.parametrize("path", ["in.txt", "src/main.py"])
def test_a_file_replaced_by_one_with_an_older_time_is_seen(project: Project, path: str) -> None:
    with_input(project) if path == "in.txt" else with_code(project)
    new = project.write("new", "print('older')\n")
    os.utime(new, (1_577_836_800, 1_577_836_800))

    new.rename(project.root / path)

    assert project.ran() == {"s"}
    assert "older" in project.output_text("out")


def test_a_file_rewritten_inside_a_folder_input_is_seen(project: Project) -> None:
    with_folder(project)

    (project.root / "data/sub/a.txt").write_text("22222\n")

    assert project.ran() == {"s"}
    assert "22222" in project.output_text("out")


def test_an_empty_folder_added_to_a_folder_input_is_seen(project: Project) -> None:
    with_folder(project)

    (project.root / "data/empty").mkdir()

    assert project.ran() == {"s"}
    assert "./empty" in project.output_text("out")


def test_an_executable_bit_inside_a_folder_input_is_seen(project: Project) -> None:
    with_folder(project)

    (project.root / "data/sub/a.txt").chmod(0o755)

    assert project.ran() == {"s"}
    assert "-r-xr-xr-x" in project.output_text("out")


def test_an_executable_bit_in_the_code_is_seen(project: Project) -> None:
    with_code(project)

    (project.root / "src/main.py").chmod(0o755)

    assert project.would_run() == {"s"}


def test_the_executable_bit_of_a_file_input_cannot_change_a_result_unseen(
    project: Project,
) -> None:
    test = "test -x ${inputs.data} && echo yes > ${outputs.out} || echo no > ${outputs.out}"
    applied(project, step(test, data("data", "uri_file", "./in.txt")), {"in.txt": "A\n"})
    kept = project.output_text("out")

    (project.root / "in.txt").chmod(0o755)
    if not project.would_run():
        project.apply("--replace", "pipeline.p.step.s")
        assert project.output_text("out") == kept


def test_swapped_parameters_are_two_different_things(project: Project) -> None:
    command = "echo lr=${inputs.lr} epochs=${inputs.epochs} > ${outputs.out}"
    applied(project, step(command, "inputs = { lr = 1, epochs = 2 }"))

    project.edit("main.hcl", "lr = 1, epochs = 2", "lr = 2, epochs = 1")

    assert project.ran() == {"s"}
    assert project.output_text("out") == "lr=2 epochs=1\n"


def test_swapped_parameters_that_the_command_does_not_name_differ_too(project: Project) -> None:
    command = "echo $MLCTL_INPUT_LR $MLCTL_INPUT_EPOCHS > ${outputs.out}"
    applied(project, step(command, "inputs = { lr = 1, epochs = 2 }"))

    project.edit("main.hcl", "lr = 1, epochs = 2", "lr = 2, epochs = 1")

    assert project.ran() == {"s"}
    assert project.output_text("out") == "2 1\n"


def test_an_output_taken_out_of_the_declaration_counts(project: Project) -> None:
    extra = 'output "extra" { type = "uri_file" }'
    command = "echo 1 > ${outputs.out}; echo 2 > $${MLCTL_OUTPUT_EXTRA:-/dev/null}"
    applied(project, step(command, extra))

    project.edit("main.hcl", extra, "")

    assert project.ran() == {"s"}
    assert set(project.steps()["s"]["outputs"]) == {"out"}


def test_blanks_that_the_shell_would_keep_count(project: Project) -> None:
    applied(project, step("echo 'a b' > ${outputs.out}"))

    project.edit("main.hcl", "'a b'", "'a  b'")

    assert project.ran() == {"s"}
    assert project.output_text("out") == "a  b\n"


# --- edits while a step runs -----------------------------------------------------------------


def waiting(gate: Path, read: str) -> str:
    """A shell text that says it has begun, waits to be let on, and then reads."""
    return f"touch {gate}/began; while [ ! -e {gate}/go ]; do sleep 0.02; done; {read}"


@pytest.mark.parametrize("part", ["code", "input"])
def test_an_edit_while_the_step_runs_does_not_reach_it_and_is_not_taken_for_its_result(
    project: Project, tmp_path: Path, part: str
) -> None:
    read = "cat value" if part == "code" else "cat ${inputs.data}"
    body = 'code = "./src"' if part == "code" else data("data", "uri_file", "./src/value")
    shared = f'mlctl {{\n  cache {{ path = "{tmp_path}/store" }}\n}}\n'
    command = f"{waiting(tmp_path, read)} > ${{outputs.out}}"
    project.write("main.hcl", shared + step(command, body))
    project.write("src/value", "OLD\n")
    clone = project.clone(tmp_path / "clone")

    said = apply_and_edit(project, tmp_path)

    assert "changed while it ran" in said
    assert project.output_text("out") == "OLD\n"
    assert clone.would_run() == {"s"}, "the result was published"
    assert project.ran() == {"s"}
    assert project.output_text("out") == "NEW\n"


def apply_and_edit(project: Project, gate: Path) -> str:
    """Apply, edit the value while the step waits, let it on, and return what apply said."""
    apply = project.start("apply", "--auto-approve")
    try:
        until((gate / "began").exists, "the step to begin")
        project.write("src/value", "NEW\n")
        (gate / "go").touch()
        said, _ = apply.communicate(timeout=30)
    finally:
        apply.kill()
    assert apply.returncode == 0, said
    return said
