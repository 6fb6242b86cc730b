"""Outputs that are damaged, deleted or written to are noticed, and never passed on as good."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.functional.project import Project, short
from tests.functional.small import step, with_input

CHAIN = """
data_asset "raw" {
  type = "uri_folder"
  path = "./raw"
}
pipeline "p" {
  step "make" {
    command = <<-EOT
      mkdir ${outputs.made}/sub
      echo GOOD > ${outputs.made}/sub/a
      echo GOOD > ${outputs.one}
    EOT
    output "made" { type = "uri_folder" }
    output "one"  { type = "uri_file" }
  }
  step "spoil" {
    command = <<-EOT
      for file in ${inputs.made}/sub/a ${inputs.one} ${inputs.raw}/b; do
        chmod u+w "$file" "$(dirname "$file")" || true
        echo EVIL > "$file" || true
      done
      echo done > ${outputs.out}
    EOT
    inputs = {
      made = steps.make.outputs.made
      one  = steps.make.outputs.one
      raw  = data_asset.raw
    }
    output "out" { type = "uri_file" }
  }
  step "read" {
    depends_on = [steps.spoil]
    command    = "cat ${inputs.made}/sub/a ${inputs.one} ${inputs.raw}/b > ${outputs.out}"
    inputs = {
      made = steps.make.outputs.made
      one  = steps.make.outputs.one
      raw  = data_asset.raw
    }
    output "out" { type = "uri_file" }
  }
  output "one"  { value = steps.make.outputs.one }
  output "made" { value = steps.make.outputs.made }
  output "read" { value = steps.read.outputs.out }
}
output "one"  { value = pipeline.p.outputs.one.path }
output "made" { value = pipeline.p.outputs.made.path }
output "read" { value = pipeline.p.outputs.read.path }
"""


def test_a_step_that_writes_into_its_inputs_spoils_nothing_but_its_own_copy(
    project: Project,
) -> None:
    project.write("raw/b", "GOOD\n")
    project.write("main.hcl", CHAIN)

    assert project.ran() == {"make", "spoil", "read"}

    assert project.output_text("read") == "GOOD\n" * 3
    assert project.output_text("one") == "GOOD\n"
    assert (project.root / project.outputs()["made"] / "sub/a").read_text() == "GOOD\n"
    assert (project.root / "raw/b").read_text() == "GOOD\n"
    assert project.blob("GOOD\n").exists()
    assert project.would_run() == set()


def test_an_output_tampered_with_in_the_store_is_made_again(project: Project) -> None:
    with_input(project)
    blob = project.blob("AAAA\n")
    blob.chmod(0o644)
    blob.write_text("EVIL\n")

    planned = project.planned()

    (change,) = planned["step_changes"]
    assert [reason["kind"] for reason in change["reasons"]] == ["output_missing"]
    assert project.ran() == {"s"}
    assert project.output_text("out") == "AAAA\n"
    assert project.blob("AAAA\n").exists()


def test_an_output_deleted_from_the_store_is_made_again(project: Project) -> None:
    with_input(project)
    project.blob("AAAA\n").unlink()

    planned = project.planned()

    (change,) = planned["step_changes"]
    assert [reason["kind"] for reason in change["reasons"]] == ["output_missing"]
    assert project.ran() == {"s"}
    assert project.output_text("out") == "AAAA\n"


def test_a_store_that_is_gone_makes_every_step_run_again(project: Project) -> None:
    with_input(project)
    shutil.rmtree(project.root / ".mlctl")

    assert project.ran() == {"s"}
    assert project.output_text("out") == "AAAA\n"


@pytest.mark.parametrize("deleted", [True, False], ids=["deleted", "tampered"])
def test_a_published_output_that_was_spoilt_is_put_back_without_a_run(
    project: Project, deleted: bool
) -> None:
    with_input(project)
    published = project.root / str(project.outputs()["out"])
    published.parent.chmod(0o755)
    if deleted:
        published.unlink()
    else:
        published.chmod(0o644)
        published.write_text("EVIL\n")

    assert project.ran() == set()

    assert project.output_text("out") == "AAAA\n"
    assert project.blob("AAAA\n").exists()


def test_a_published_folder_with_a_file_too_many_is_put_back(project: Project) -> None:
    project.write("raw/b", "GOOD\n")
    project.write("main.hcl", CHAIN)
    project.apply()
    made = project.root / str(project.outputs()["made"])
    made.chmod(0o755)
    (made / "stray").write_text("EVIL\n")

    assert project.ran() == set()

    assert not (made / "stray").exists()
    assert (made / "sub/a").read_text() == "GOOD\n"


def test_published_outputs_are_read_only(project: Project) -> None:
    with_input(project)

    published = project.root / str(project.outputs()["out"])

    assert published.stat().st_mode & 0o222 == 0
    assert published.is_relative_to(project.root / ".mlctl/outputs/p")


def test_get_never_hands_out_damaged_bytes(project: Project, tmp_path: Path) -> None:
    with_input(project)
    blob = project.blob("AAAA\n")
    blob.chmod(0o644)
    blob.write_text("EVIL\n")

    got = project.mlctl("get", "pipeline.p.step.s.outputs.out", str(tmp_path / "copy"))

    assert got.code == 1
    assert "damaged" in got.err or "does not have" in got.err
    assert not (tmp_path / "copy").exists()


def test_a_damaged_store_of_an_upstream_step_does_not_reach_the_steps_after_it(
    project: Project,
) -> None:
    project.write("raw/b", "GOOD\n")
    project.write("main.hcl", CHAIN.replace("GOOD > ${outputs.one}", "ONE > ${outputs.one}"))
    project.apply()
    blob = project.blob("ONE\n")
    blob.chmod(0o644)
    blob.write_text("TWO\n")
    project.edit("main.hcl", '    command    = "cat ', '    command    = "cat -u ')

    applied = project.apply("--json")

    ran = {short(event["address"]) for event in applied.of_type("step_start")}
    assert {"make", "read"} <= ran
    assert project.output_text("read") == "GOOD\nONE\nGOOD\n"


def test_a_result_of_a_failed_step_is_never_reused(project: Project, tmp_path: Path) -> None:
    marker = tmp_path / "mended"
    project.write("main.hcl", step(f"echo half > ${{outputs.out}}; test -e {marker}"))
    assert project.mlctl("apply", "--auto-approve").code == 1

    marker.touch()

    assert project.would_run() == {"s"}
    assert project.ran() == {"s"}
