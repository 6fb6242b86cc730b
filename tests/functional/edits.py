"""Kinds of edit, each with the reason it must give: the table of ``test_reasons``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.functional.project import Project

CONFIG = """
mlctl {
  cache { version = "1" }
}
variable "rate" { default = 1 }
variable "token" {
  default   = "hush-one"
  sensitive = true
}
compute "local" "here" {}
data_asset "a" {
  type = "uri_file"
  path = "./parts/a.txt"
}
data_asset "b" {
  type = "uri_file"
  path = "./parts/b.txt"
}

pipeline "p" {
  default_compute = compute.here

  step "s" {
    code    = "./src"
    command = "sh run.sh ${inputs.rate} > ${outputs.out}"
    env     = { MODE = "a", TOKEN = var.token }
    inputs  = { rate = var.rate, unused = "x" }
    input "rate" { type = "number" }
    input "text" {
      type    = "uri_file"
      default = "./text.txt"
    }
    input "folder" {
      type    = "uri_folder"
      default = "./folder"
    }
    output "out" { type = "uri_file" }
  }
  step "gather" {
    command = "cat ${inputs.parts}/* > ${outputs.all}"
    inputs  = { parts = { a = data_asset.a, b = data_asset.b } }
    output "all" { type = "uri_file" }
  }
  step "first" {
    code    = "./first"
    command = "cat one.txt > ${outputs.out}"
    output "out" { type = "uri_file" }
  }
  step "second" {
    command = "cat ${inputs.data} > ${outputs.out}"
    inputs  = { data = steps.first.outputs.out }
    output "out" { type = "uri_file" }
  }
}
"""
FILES = {
    "main.hcl": CONFIG,
    "src/run.sh": "echo rate $1\n",
    "src/old.sh": "echo old\n",
    "text.txt": "text\n",
    "folder/sub/b.txt": "b\n",
    "parts/a.txt": "a\n",
    "parts/b.txt": "b\n",
    "first/one.txt": "1\n",
}
STEPS = ("s", "gather", "first", "second")

Edit = Callable[[Project], tuple[str, ...]]
"""Changes the project, and returns options for ``plan``."""


def edit(path: str, before: str, after: str) -> Edit:
    def made(project: Project) -> tuple[str, ...]:
        project.edit(path, before, after)
        return ()

    return made


def config(before: str, after: str) -> Edit:
    return edit("main.hcl", before, after)


def write(path: str, text: str = "new\n") -> Edit:
    def made(project: Project) -> tuple[str, ...]:
        project.write(path, text)
        return ()

    return made


def remove(path: str) -> Edit:
    def made(project: Project) -> tuple[str, ...]:
        (project.root / path).unlink()
        return ()

    return made


def options(*given: str) -> Edit:
    return lambda _: given


def program(project: Project) -> tuple[str, ...]:
    (project.root / "src/run.sh").chmod(0o755)
    return ()


def empty_folder(project: Project) -> tuple[str, ...]:
    (project.root / "folder/empty").mkdir()
    return ()


def lose_output(project: Project) -> tuple[str, ...]:
    project.blob("rate 1\n").unlink()
    return ()


def other_python(project: Project) -> tuple[str, ...]:
    python = project.write("python", "#!/bin/sh\necho 3.99.1 CPython\n", program=True)
    project.edit("main.hcl", '"here" {}', f'"here" {{ python = "{python}" }}')
    return ()


def case(
    name: str, edit: Edit, reasons: Mapping[str, str] | str, said: str
) -> tuple[str, Edit, Mapping[str, str], str]:
    """A row; reasons without a step are those of step ``s``, two are parted by a blank."""
    return (name, edit, {"s": reasons} if isinstance(reasons, str) else reasons, said)


S_COMMAND = '"sh run.sh ${inputs.rate} > ${outputs.out}"'
CASES = [
    case("code edited", write("src/run.sh"), "code_changed", "code changed: run.sh"),
    case("code added", write("src/util.sh"), "code_changed", "code changed: util.sh (new)"),
    case("code removed", remove("src/old.sh"), "code_changed", "code changed: old.sh (gone)"),
    case("code made a program", program, "code_changed", "code changed: run.sh"),
    case("code left out", config('    code    = "./src"\n', ""), "code_changed", "no code folder"),
    case(
        "command edited",
        config("sh run.sh $", "sh -e run.sh $"),
        "command_changed",
        "sh -e run.sh",
    ),
    case(
        "command as a list",
        config(S_COMMAND, '["sh", "run.sh", "1"]'),
        "command_changed",
        '["sh", "run.sh", "1"]',
    ),
    case("parameter", options("--var", "rate=2"), "input_changed", "input rate: 1 -> 2"),
    case(
        "parameter the command does not name",
        config('unused = "x"', 'unused = "y"'),
        "input_changed",
        'input unused: "x" -> "y"',
    ),
    case(
        "parameter of another type",
        config('type = "number"', 'type = "integer"'),
        "input_changed",
        "input rate: ",
    ),
    case("file edited", write("text.txt"), "input_changed", "input text: "),
    case("file in a folder edited", write("folder/sub/b.txt"), "input_changed", "sub/b.txt"),
    case("file in a folder added", write("folder/new.txt"), "input_changed", "new.txt"),
    case("file in a folder removed", remove("folder/sub/b.txt"), "input_changed", "sub/b.txt"),
    case("empty folder in a folder", empty_folder, "input_changed", "empty"),
    case(
        "input added",
        config('unused = "x"', 'unused = "x", more = 3'),
        "input_changed",
        "input more is new: 3",
    ),
    case(
        "input removed",
        config(', unused = "x"', ""),
        "input_changed",
        "input unused is not declared any more",
    ),
    case("member edited", write("parts/b.txt"), {"gather": "input_changed"}, "input parts: "),
    case(
        "member added",
        config("b = data_asset.b }", "b = data_asset.b, c = data_asset.b }"),
        {"gather": "input_changed"},
        "input parts: ",
    ),
    case("variable edited", config('"a", T', '"b", T'), "env_changed", 'env MODE: "a" -> "b"'),
    case("variable added", config('"a", T', '"a", X = "1", T'), "env_changed", "env X is new"),
    case(
        "variable removed",
        config('MODE = "a", ', ""),
        "env_changed",
        "env MODE is not declared any more",
    ),
    case(
        "secret variable",
        options("--var", "token=hush-two"),
        "env_changed",
        "env TOKEN: (sensitive value) changed",
    ),
    case(
        "output added",
        config('output "all"', 'output "log" { type = "uri_file" }\noutput "all"'),
        {"gather": "outputs_changed"},
        "log (new)",
    ),
    case(
        "output of another type",
        config('output "all" { type = "uri_file" }', 'output "all" { type = "string" }'),
        {"gather": "outputs_changed"},
        "all (another type)",
    ),
    case(
        "salt",
        config('version = "1"', 'version = "2"'),
        {**dict.fromkeys(STEPS, "setting_changed"), "second": "setting_changed upstream_pending"},
        '"1" -> "2"',
    ),
    case("output lost", lose_output, "output_missing", "output out ("),
    case(
        "asked for",
        options("--replace", "pipeline.p.step.s"),
        "forced",
        "forced by --replace",
    ),
    case(
        "not deterministic",
        config('step "s" {', 'step "s" {\n deterministic = false'),
        "forced",
        "forced by deterministic",
    ),
    case(
        "step added",
        config('step "s" {', 'step "new" {\n command = "true"\n }\n step "s" {'),
        {"new": "never_ran"},
        "never ran",
    ),
    case(
        "upstream edited",
        write("first/one.txt"),
        {"first": "code_changed", "second": "upstream_pending"},
        "waits for pipeline.p.step.first (inputs.data)",
    ),
    case(
        "another interpreter",
        other_python,
        {
            **dict.fromkeys(STEPS, "interpreter_changed"),
            "second": "interpreter_changed upstream_pending",
        },
        "-> CPython 3.99.1",
    ),
]
