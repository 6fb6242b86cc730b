"""Data: by content, from upstream, in fan-ins, relative to modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.desired import Located, Stored
from mlctl.core.digest import of_bytes
from mlctl.core.secret import Secret
from mlctl.core.step import DataInput, InputKey, LiteralInput, MembersInput, Pending
from mlctl.core.value import string
from tests.config.project import Project, marked
from tests.config.world import seal


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("data/a.txt", "a").write("data/b.txt", "b").write("one.txt", "one")
    return made


def with_input(declared: str, given: str | None) -> str:
    """A component with an input ``x`` and a step that gives it a value."""
    inputs = "" if given is None else f"inputs = {{ x = {given} }}"
    return f"""
component "c" {{
  command = "use ${{inputs.x == null ? "nothing" : "it"}}"
  input "x" {{
    {declared}
  }}
}}
pipeline "p" {{
  step "s" {{
    component = component.c
    {inputs}
  }}
}}
"""


def key(project: Project) -> InputKey | Pending:
    return project.plan().sound().key("s").inputs["x"]


# --- data ----------------------------------------------------------------------------------


FLOW = """
datastore "local" "lake" {
  path = "data"
}
data_asset "folder" {
  type = "uri_folder"
  path = "./data"
}
data_asset "far" {
  type = "uri_file"
  path = "datastore://lake/a.txt"
}
pipeline "p" {
  input "n" {
    type    = "integer"
    default = 2
  }
  input "raw" {
    type    = "uri_folder"
    default = data_asset.folder
  }
  input "text" {
    type    = "uri_file"
    default = "datastore://lake/b.txt"
  }
  step "first" {
    command = "true"
    inputs  = { raw = inputs.raw, text = inputs.text, far = data_asset.far, n = inputs.n }
    output "model" {
      type = "uri_folder"
    }
    output "score" {
      type = "number"
    }
    output "metrics" {
      type = "metrics"
    }
  }
  step "second" {
    command = "use ${inputs.score} ${inputs.acc} ${inputs.model}"
    inputs  = {
      model = steps.first.outputs.model
      score = steps.first.outputs.score * 2
      acc   = steps.first.outputs.metrics.accuracy
    }
    output "all" {
      type = "uri_folder"
    }
  }
  output "model" {
    value = steps.first.outputs.model
  }
  output "score" {
    value = steps.first.outputs.score
  }
}
pipeline "q" {
  step "s" {
    command = "true"
    inputs  = { model = pipeline.p.outputs.model, score = pipeline.p.outputs.score }
  }
}
"""


def test_data_is_known_by_its_content_wherever_it_comes_from(project: Project) -> None:
    step = project.hcl(FLOW).desired("first")

    assert step.key.inputs["text"] == DataInput(of_bytes(b"b"))
    assert step.key.inputs["far"] == DataInput(of_bytes(b"a"))
    assert step.key.inputs["n"] == LiteralInput("number", "2")
    content = step.inputs["raw"]
    assert isinstance(content, Located)
    assert content.path == project.root / "data"


def test_what_upstream_gives_is_pending_until_it_has_run_and_then_known(project: Project) -> None:
    project.writes.update({"first.score": 0.5, "first.metrics": {"accuracy": 0.75}})
    first = Address.parse("pipeline.p.step.first")
    before = project.hcl(FLOW).plan().sound()

    assert before.key("second").inputs == {
        "model": Pending((first,)),
        "score": Pending((first,)),
        "acc": Pending((first,)),
    }
    assert before.key("second").command == Pending((first,))
    assert before.key("pipeline.q.step.s").inputs["model"] == Pending((first,))

    project.apply(before)
    after = project.plan().sound()
    model = project.state.steps[first].outputs["model"].artifact

    assert after.key("second").inputs == {
        "model": DataInput(model.digest),
        "score": LiteralInput("number", "1"),
        "acc": LiteralInput("number", "0.75"),
    }
    assert after.key("second").command == "use 1 0.75 /mlctl/inputs/model"
    assert after.key("pipeline.q.step.s").inputs["score"] == LiteralInput("number", "0.5")
    step = after.world.evaluation.step(Address.parse("pipeline.p.step.second"))
    assert step.inputs["model"] == Stored(model)
    assert step.literals == {"score": "1", "acc": "0.75"}


def test_members_are_named_by_index_or_key(project: Project) -> None:
    project.hcl("""
        pipeline "p" {
          step "each" {
            for_each = toset(["x", "y"])
            command  = "echo ${inputs.k}"
            inputs   = { k = each.key }
            output "o" {
              type = "uri_file"
            }
          }
          step "list" {
            command = "true"
            inputs  = { all = [for s in steps.each : s.outputs.o] }
          }
          step "map" {
            command = "true"
            inputs  = { all = { for k, s in steps.each : k => s.outputs.o } }
          }
        }
    """)
    before = project.plan().sound()
    waits = tuple(Address.parse(f'pipeline.p.step.each["{k}"]') for k in "xy")

    assert before.key("list").inputs["all"] == Pending(waits)
    project.apply(before)
    after = project.plan().sound()
    listed, mapped = after.key("list").inputs["all"], after.key("map").inputs["all"]

    assert isinstance(listed, MembersInput)
    assert isinstance(mapped, MembersInput)
    assert list(listed.members) == ["0", "1"]
    assert list(mapped.members) == ["x", "y"]
    assert len(set(listed.members.values())) == 2


def test_one_pending_member_makes_the_whole_pending(project: Project) -> None:
    project.hcl("""
        pipeline "p" {
          step "a" {
            command = "a"
            output "o" {
              type = "uri_file"
            }
          }
          step "all" {
            command = "true"
            inputs  = { all = ["one.txt", steps.a.outputs.o] }
          }
        }
    """)

    assert project.plan().sound().key("all").inputs["all"] == Pending(
        (Address.parse("pipeline.p.step.a"),)
    )


def test_paths_start_at_the_folder_of_the_module_that_writes_them(project: Project) -> None:
    project.write("m/local.txt", "inside").write(
        "m/main.hcl",
        """
        data_asset "here" {
          type = "uri_file"
          path = "./local.txt"
        }
        component "c" {
          command = "true"
          input "x" {
            type    = "uri_file"
            default = "./local.txt"
          }
          input "y" {
            type = "uri_file"
          }
        }
        pipeline "p" {
          step "s" {
            component = component.c
            inputs    = { y = data_asset.here }
          }
          output "o" {
            value = data_asset.here.path
          }
        }
        output "o" {
          value = data_asset.here.path
        }
        """,
    )
    project.hcl('module "m" {\n  source = "./m"\n}\noutput "out" {\n  value = module.m.o\n}')

    inside = DataInput(of_bytes(b"inside"))
    assert project.plan().sound().key("module.m.pipeline.p.step.s").inputs == {
        "x": inside,
        "y": inside,
    }
    assert project.plain() == "m/local.txt"


def test_an_input_of_a_pipeline_may_be_given_for_a_run(project: Project) -> None:
    project.inputs[(Address.parse("pipeline.p"), "n")] = string("7")

    assert project.hcl(FLOW).desired("first").key.inputs["n"] == LiteralInput("number", "7")


def test_an_input_of_a_pipeline_without_a_value_is_said(project: Project) -> None:
    found = project.hcl('pipeline "p" {\n  input "n" {\n    type = "integer"\n  }\n}').problems()

    assert [(d.summary, marked(d)) for d in found] == [("Missing required input", 'input "n"')]
    assert "mlctl run PIPELINE --input n=…" in found[0].hint


def test_secret_literals_are_sealed_in_keys_and_secret_for_the_step(project: Project) -> None:
    text = with_input('type = "string"', "var.token").replace("use", "use $MLCTL_INPUT_X")
    text = text.replace('${inputs.x == null ? "nothing" : "it"}', "")
    project.hcl(text + 'variable "token" {\n  default = "s3cret"\n  sensitive = true\n}')

    step = project.desired("s")

    assert step.key.inputs["x"] == LiteralInput("string", seal("s3cret"))
    assert isinstance(step.literals["x"], Secret)
    assert "s3cret" not in str(step.key.to_json())


@pytest.mark.parametrize(
    ("type_name", "path", "words"),
    [
        ("uri_folder", "./one.txt", "is a file, and its type says folder"),
        ("uri_file", "./data", "is a folder, and its type says file"),
        ("uri_file", "./no", "No such file"),
        ("uri_file", "gs://x", "cannot read data from"),
    ],
)
def test_a_data_asset_is_what_it_says(
    project: Project, type_name: str, path: str, words: str
) -> None:
    found = project.hcl(
        f'data_asset "a" {{\n  type = "{type_name}"\n  path = "{path}"\n}}'
    ).problems()

    assert [marked(d) for d in found] == [f'"{path}"']
    assert words in found[0].detail


def test_the_content_is_the_version_of_data_unless_one_is_written(project: Project) -> None:
    text = 'data_asset "a" {\n  type = "uri_file"\n  path = "one.txt"\n}\n'
    project.hcl(text + 'output "out" {\n  value = data_asset.a.version\n}')
    by_content = project.plain()
    project.edit('type = "uri_file"', 'type = "uri_file"\n  version = "3"')

    assert str(of_bytes(b"one")).endswith(str(by_content)) or str(by_content) in of_bytes(b"one")
    assert project.plain() == "3"


def test_a_null_path_is_said(project: Project) -> None:
    found = project.hcl('data_asset "a" {\n  type = "uri_file"\n  path = null\n}').problems()

    assert [d.summary for d in found] == ["Missing required argument"]
