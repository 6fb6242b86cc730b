"""The files of a job say to a shell exactly what the job says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlctl.core.errors import Rejected
from mlctl.core.job import DataKind, JobSpec
from mlctl.core.secret import Secret
from mlctl.kit import jobdir, staging
from mlctl.kit.contracts.artifacts import FolderArtifacts
from mlctl.kit.jobdir import Place

JOB = JobSpec(id="f" * 64, address="step.test", script=":")
SHOW = "import json, os, sys; json.dump([sys.argv[1:], dict(os.environ)], sys.stdout)"
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


def staged(job: JobSpec, folder: Path, place: Place | None = None) -> Path:
    artifacts = FolderArtifacts(folder.parent / "store")
    staging.stage_folder(job, folder, place or Place(str(folder)), artifacts)
    return folder


def run(folder: Path) -> bytes:
    return subprocess.run(
        ["/bin/sh", folder / "run.sh", folder], env={}, capture_output=True, check=True
    ).stdout


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts, texts, texts)
def test_any_text_arrives_as_it_is(tmp_path: Path, argument: str, value: str, secret: str) -> None:
    job = replace(
        JOB,
        script=None,
        argv=(sys.executable, "-c", SHOW, argument),
        env={"VALUE": value, "TOKEN": Secret(secret)},
    )

    seen_arguments, seen_env = json.loads(run(staged(job, tmp_path / "job")))

    assert seen_arguments == [argument]
    assert (seen_env["VALUE"], seen_env["TOKEN"]) == (value, secret)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text("ab $'\"\\`\n#;&|(){}*?!~", max_size=30))
def test_a_script_does_what_sh_c_does(tmp_path: Path, text: str) -> None:
    folder = staged(replace(JOB, script=f"cat <<'END'\n{text}\nEND\n"), tmp_path / "job")

    assert run(folder) == f"{text}\n".encode()


def test_a_path_with_blanks_and_quotes_is_only_a_path(tmp_path: Path) -> None:
    folder = staged(replace(JOB, script='cd "$TMPDIR"; pwd'), tmp_path / "it's $HOME `x`")

    assert run(folder).decode() == f"{folder}/tmp\n"


def test_the_targets_programs_come_before_the_systems(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "job"), ("/env/bin",), {"GPU": "1", "LANG": "C"})
    job = replace(JOB, script='echo "$PATH|$GPU|$LANG"', env={"GPU": "2"})

    assert run(staged(job, tmp_path / "job", place)).decode() == (
        f"/env/bin:{jobdir.SYSTEM_PATH}|2|C\n"
    )


def test_a_path_the_job_declares_comes_after_its_environments(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "job"), ("/env/bin",))
    job = replace(JOB, script='echo "$PATH"', env={"PATH": "/mine:/bin"})

    assert run(staged(job, tmp_path / "job", place)).decode() == "/env/bin:/mine:/bin\n"


@pytest.mark.parametrize("name", ["1A", "A-B", "", "A B", "A=B", "é", "A\n"])
def test_a_variable_no_process_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Rejected, match="variable"):
        staged(replace(JOB, env={name: "x"}), tmp_path / "job")

    assert not (tmp_path / "job").exists()


def test_a_nul_is_refused_without_showing_a_secret(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="NUL") as refused:
        staged(replace(JOB, env={"TOKEN": Secret("hunter2\0")}), tmp_path / "job")

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("script", "argv"), [(None, None), (":", ("true",)), (None, ()), (":", ())]
)
def test_a_job_has_one_command(
    tmp_path: Path, script: str | None, argv: tuple[str, ...] | None
) -> None:
    with pytest.raises(ValueError, match="script and argv"):
        staged(replace(JOB, script=script, argv=argv), tmp_path / "job")


@pytest.mark.parametrize(
    "job_id", ["", "abc", "../" * 21 + "a", "F" * 64, "f" * 65, "f" * 64 + "\n"]
)
def test_only_an_id_names_a_folder(job_id: str) -> None:
    with pytest.raises(ValueError, match="job id"):
        jobdir.relative_folder(job_id)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "a\0"])
def test_only_a_file_name_names_an_output(tmp_path: Path, name: str) -> None:
    with pytest.raises(Rejected, match="name"):
        staged(replace(JOB, outputs={name: DataKind.FOLDER}), tmp_path / "job")


def test_the_folder_and_its_variables_are_private(tmp_path: Path) -> None:
    folder = staged(replace(JOB, env={"A": "b", "TOKEN": Secret("x")}), tmp_path / "job")

    assert folder.stat().st_mode & 0o077 == 0
    assert [(folder / name).stat().st_mode & 0o777 for name in ("run.sh", "secrets")] == [0o600] * 2


def test_half_a_folder_of_a_crashed_builder_goes_away(tmp_path: Path) -> None:
    half = tmp_path / ".tmp-job-999999999-abcd"
    half.mkdir()

    staged(JOB, tmp_path / "job")

    assert not half.exists()


def test_a_staged_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    missing = FolderArtifacts(tmp_path / "other").put_text("x")

    with pytest.raises(FileNotFoundError):
        staged(replace(JOB, inputs={"x": missing}), tmp_path / "jobs" / "job")

    assert [path.name for path in (tmp_path / "jobs").iterdir()] == ["store"]
