"""Every kind of edit gives its own reason and no other, and the plan names what was edited."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.functional.edits import CASES, FILES, STEPS, Edit
from tests.functional.project import Project, kinds


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project as applied; tests work on copies of it."""
    project = Project(tmp_path_factory.mktemp("reasons") / "project")
    for path, text in FILES.items():
        project.write(path, text)
    assert project.ran() == set(STEPS)
    return project


@pytest.fixture
def project(applied: Project, tmp_path: Path) -> Project:
    """A copy that has its own store and state."""
    return Project(Path(shutil.copytree(applied.root, tmp_path / "project", symlinks=True)))


@pytest.mark.parametrize(
    ("edit", "reasons", "said"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_an_edit_gives_exactly_its_own_reason_and_the_plan_names_it(
    project: Project, edit: Edit, reasons: Mapping[str, str], said: str
) -> None:
    given = edit(project)

    text = project.plan("--out", "saved", *given).out
    document = project.mlctl("show", "--json", "saved").ok().document

    found = kinds(document)
    assert {name: why for name, why in found.items() if why} == {
        name: why.split() for name, why in reasons.items()
    }, text
    assert said in text
    assert "hush" not in text + str(document)


def test_without_an_edit_no_step_has_a_reason(project: Project) -> None:
    document = project.planned()

    assert kinds(document) == {name: [] for name in STEPS}
    assert {change["action"] for change in document["step_changes"]} == {"reuse"}
    assert not document["applyable"]


def test_two_edits_give_both_reasons(project: Project) -> None:
    project.write("src/run.sh", "echo\n")

    document = project.planned("--var", "rate=2")

    assert sorted(kinds(document)["s"]) == ["code_changed", "input_changed"]


def test_the_saved_plan_holds_what_changed_in_parts(project: Project) -> None:
    project.write("src/run.sh", "echo\n")

    document = project.planned("--var", "rate=2")

    (change,) = (c for c in document["step_changes"] if c["step"] == "s")
    code, rate = sorted(change["reasons"], key=lambda reason: str(reason["kind"]))
    assert code["changed"] == ["run.sh"]
    assert rate["name"] == "rate"
    assert (rate["before"]["value"], rate["after"]["value"]) in [("1", "2"), (1, 2)]
    assert change["pipeline"] == "p"
    assert change["action"] == "run"
    assert change["fingerprint"].startswith("sha256:")
    assert change["estimated_seconds"] > 0


def test_explain_lays_both_keys_side_by_side(project: Project) -> None:
    project.write("src/run.sh", "echo\n")

    text = project.mlctl("explain", "pipeline.p.step.s", "--var", "rate=2").ok().out
    document = project.mlctl("explain", "--json", "pipeline.p.step.s").ok().document

    assert "code changed: run.sh" in text
    assert "input rate: 1 -> 2" in text
    differs = {part["part"] for part in document["parts"] if part["differs"]}
    assert differs == {"code"}
    assert document["fingerprint"]["then"] != document["fingerprint"]["now"]
