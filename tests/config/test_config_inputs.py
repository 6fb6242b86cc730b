"""Inputs of steps and pipelines: types, defaults, bounds, data, fan-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.address import Address
from mlctl.core.desired import Located, Stored
from mlctl.core.digest import of_bytes
from mlctl.core.secret import Secret
from mlctl.core.step import AbsentInput, DataInput, InputKey, LiteralInput, MembersInput, Pending
from mlctl.core.value import string
from tests.config.project import Project, marked, said, seal


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


@pytest.mark.parametrize(
    ("declared", "given", "expected"),
    [
        ('type = "integer"', "3", LiteralInput("integer", "3")),
        ('type = "integer"', '"3"', LiteralInput("integer", "3")),
        ('type = "integer"', "3.0", LiteralInput("integer", "3")),
        ('type = "number"', "0.10", LiteralInput("number", "0.1")),
        ('type = "number"', "1e21", LiteralInput("number", "1000000000000000000000")),
        ('type = "string"', "3", LiteralInput("string", "3")),
        ('type = "string"', '""', LiteralInput("string", "")),
        ('type = "boolean"', "true", LiteralInput("boolean", "true")),
        ('type = "boolean"', '"false"', LiteralInput("boolean", "false")),
        ('type = "integer"\ndefault = 5', None, LiteralInput("integer", "5")),
        ('type = "integer"\ndefault = 5', "null", LiteralInput("integer", "5")),
        ('type = "integer"\noptional = true', None, AbsentInput()),
        ('type = "uri_file"\noptional = true', "null", AbsentInput()),
        ('type = "integer"\nmin = 1\nmax = 3', "3", LiteralInput("integer", "3")),
        ('type = "string"\nenum = ["a", "b"]', '"b"', LiteralInput("string", "b")),
        ('type = "integer"\nenum = [1, 2]', '"2"', LiteralInput("integer", "2")),
        ('type = "uri_file"', '"one.txt"', DataInput(of_bytes(b"one"))),
        ('type = "uri_file"', '"./one.txt"', DataInput(of_bytes(b"one"))),
        ('type = "uri_file"\ndefault = "./one.txt"', None, DataInput(of_bytes(b"one"))),
    ],
)
def test_a_value_that_fits_is_part_of_the_key_in_one_spelling(
    project: Project, declared: str, given: str | None, expected: InputKey
) -> None:
    assert key(project.hcl(with_input(declared, given))) == expected


@pytest.mark.parametrize(
    ("declared", "given", "points_at", "words"),
    [
        ('type = "integer"', None, 'step "s"', "has no default, so the step must give it a value"),
        ('type = "integer"', "null", "null", 'The input "x" is null.'),
        ('type = "integer"', "1.5", "1.5", "1.5 is not a whole number"),
        ('type = "integer"', '"many"', '"many"', '"x" (integer): a whole number is required'),
        ('type = "boolean"', "1", "1", '"x" (boolean)'),
        ('type = "string"', "[1]", "[1]", '"x" (string)'),
        ('type = "integer"\nmin = 1', "0", "0", "0 is less than the minimum 1"),
        ('type = "number"\nmax = 0.5', "0.75", "0.75", "greater than the maximum 0.5"),
        ('type = "string"\nenum = ["a", "b"]', '"c"', '"c"', '"c" is not one of: a, b'),
        ('type = "integer"\nmax = 1\ndefault = 2', None, "2", "greater than the maximum"),
        ('type = "uri_file"', '"no.txt"', '"no.txt"', 'There is nothing at "no.txt".'),
        ('type = "uri_file"', '"./data"', '"./data"', "A file is expected; this is a folder."),
        ('type = "uri_folder"', '"one.txt"', '"one.txt"', "A folder is expected; this is a file."),
        ('type = "uri_file"', "3", "3", "this is a number"),
        ('type = "uri_file"', '"s3://x/y"', '"s3://x/y"', "cannot read data from"),
        ('type = "uri_file"', '"datastore://x/y"', '"datastore://x/y"', "no such datastore"),
        ('type = "uri_folder"', '{ "a/b" = "one.txt" }', '{ "a/b" = "one.txt" }', 'key "a/b"'),
        ('type = "uri_folder"', "[1]", "[1]", "Data is expected"),
        ('type = "uri_folder"', '["no.txt"]', '["no.txt"]', "There is nothing"),
    ],
)
def test_a_value_that_does_not_fit_is_said_where_it_is_written(
    project: Project, declared: str, given: str | None, points_at: str, words: str
) -> None:
    found = project.hcl(with_input(declared, given)).plan().errors

    assert len(found) == 1, said(found)
    assert marked(found[0]) == points_at
    assert words in found[0].detail


def test_a_secret_is_not_shown_when_it_does_not_fit(project: Project) -> None:
    text = with_input('type = "integer"\nmax = 5', "var.pin")
    project.hcl(text + 'variable "pin" {\n  default = 4711\n  sensitive = true\n}')

    found = project.plan().errors

    assert "its value is greater than the maximum" in found[0].detail
    assert "4711" not in "".join(said(found))


def test_an_input_that_is_not_declared_is_said_at_its_name(project: Project) -> None:
    text = with_input('type = "integer"', "1").replace("x = 1", "x = 1, ex = 2")

    found = project.hcl(text).problems()

    assert [(marked(d), d.hint) for d in found] == [("ex", 'Did you mean "x"?')]


def test_with_no_near_name_the_inputs_are_listed(project: Project) -> None:
    text = with_input('type = "integer"', "1").replace("x = 1", "x = 1, epochs = 2")

    assert [d.hint for d in project.hcl(text).problems()] == ["Its inputs: x."]


def test_a_wrong_input_is_not_said_again_by_the_command_that_uses_it(project: Project) -> None:
    text = with_input('type = "integer"', "1.5").replace('"use', '"use ${inputs.x + 1}')

    assert len(project.hcl(text).problems()) == 1


# --- inline steps --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1", LiteralInput("number", "1")),
        ('"./one.txt"', LiteralInput("string", "./one.txt")),
        ("true", LiteralInput("boolean", "true")),
        ("null", AbsentInput()),
        ("data_asset.one", DataInput(of_bytes(b"one"))),
        ("[data_asset.one]", MembersInput({"0": of_bytes(b"one")})),
        ('["one.txt", "data/a.txt"]', MembersInput({"0": of_bytes(b"one"), "1": of_bytes(b"a")})),
        ("{ k = data_asset.one }", MembersInput({"k": of_bytes(b"one")})),
        ("[]", MembersInput({})),
    ],
)
def test_an_inline_step_declares_an_input_by_giving_it_a_value(
    project: Project, given: str, expected: InputKey
) -> None:
    project.hcl(f"""
        data_asset "one" {{
          type = "uri_file"
          path = "./one.txt"
        }}
        pipeline "p" {{
          step "s" {{
            command = "true"
            inputs  = {{ x = {given} }}
          }}
        }}
    """)

    assert key(project) == expected


def test_inputs_may_be_an_expression(project: Project) -> None:
    project.hcl("""
        pipeline "p" {
          step "s" {
            command = "true"
            inputs  = merge({ x = 1 }, { y = "two" })
          }
        }
    """)

    inputs = project.plan().sound().key("s").inputs

    assert inputs == {"x": LiteralInput("number", "1"), "y": LiteralInput("string", "two")}


@pytest.mark.parametrize("given", ["[1]", "3", "null"])
def test_inputs_that_are_no_object_are_refused(project: Project, given: str) -> None:
    project.hcl(
        f'pipeline "p" {{\n  step "s" {{\n    command = "true"\n    inputs = {given}\n  }}\n}}'
    )

    assert [d.summary for d in project.problems()] == ["Invalid inputs"]


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
