"""Mistakes that people make in a configuration, each with what must be said of it.

``«`` and ``»`` stand around the exact stretch that is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """A piece of configuration with one mistake; the pieces can stand beside each other.

    Attributes:
        name: Of the mistake and its file.
        marked: The text with the wrong stretch marked.
        summary: What the diagnostic's first line says.
        help: What its detail or hint says, at least.
    """

    name: str
    marked: str
    summary: str
    help: str

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.name}.hcl"

    @property
    def text(self) -> str:
        """The text without marks."""
        return self.marked.replace("«", "").replace("»", "")

    @property
    def start(self) -> tuple[int, int]:
        """Line and column where the wrong stretch begins, from 1."""
        before = self.marked.partition("«")[0]
        return (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)

    @property
    def wrong(self) -> str:
        """The wrong stretch."""
        return self.marked.partition("«")[2].partition("»")[0]


SIZED = """
component "{0}" {{
  command = "true"
  input "size" {{
    type = "string"
    enum = ["small", "large"]
  }}
  input "epochs" {{
    type    = "integer"
    default = 1
    min     = 1
    max     = 100
  }}
}}
pipeline "{0}" {{
  step "train" {{
    component = component.{0}
    inputs    = {1}
  }}
}}
"""


def given(name: str, inputs: str) -> str:
    """A step that gives a component these inputs."""
    return SIZED.format(name, inputs)


MISTAKES = (
    Mistake(
        "syntax",
        'locals {\n  colours = ["red" «"»blue"]\n}\n',
        "Missing",
        "comma",
    ),
    Mistake(
        "unterminated",
        'variable "unterminated" {\n  default = "left open«»\n}\n',
        "Invalid multi-line string",
        "quoted string",
    ),
    Mistake(
        "unknown_block",
        '«piepline» "unknown_block" {\n}\n',
        "Unsupported block type",
        'Did you mean "pipeline"?',
    ),
    Mistake(
        "nested_block",
        'component "nested_block" {\n  command = "true"\n  «ouput» "x" { type = "string" }\n}\n',
        "Unsupported block type",
        'Did you mean "output"?',
    ),
    Mistake(
        "attribute",
        'component "attribute" {\n  command = "true"\n  «descripton» = "x"\n}\n',
        "Unsupported argument",
        'Did you mean "description"?',
    ),
    Mistake(
        "wrong_type",
        'compute "local" "wrong_type" {\n  max_parallel_steps = «"many"»\n}\n',
        "Incorrect value",
        "number",
    ),
    Mistake(
        "missing_argument",
        '«data_asset "missing_argument"» {\n  type = "uri_file"\n}\n',
        "Missing required argument",
        '"path"',
    ),
    Mistake(
        "reference",
        'environment "sklearn" { managed = false }\n'
        'component "reference" {\n  command     = "true"\n'
        "  environment = «environment.sklern»\n}\n",
        "Reference to undeclared environment",
        'Did you mean "sklearn"?',
    ),
    Mistake(
        "variable",
        "locals {\n  rate = «var.nope» * 2\n}\n",
        "Reference to undeclared variable",
        '"nope"',
    ),
    Mistake(
        "function",
        'locals {\n  loud = «uper»("x")\n}\n',
        "unknown function",
        'Did you mean "upper"?',
    ),
    Mistake(
        "step_output",
        'pipeline "step_output" {\n'
        '  step "make" {\n    command = "true"\n    output "model" { type = "uri_file" }\n  }\n'
        '  output "x" { value = steps.make.outputs«.modle» }\n}\n',
        "Unsupported attribute",
        'Did you mean "model"?',
    ),
    Mistake(
        "duplicate",
        'component "duplicate" {\n  command = "true"\n}\n'
        '«component "duplicate"» {\n  command = "false"\n}\n',
        "Duplicate component",
        "duplicate.hcl:1,1",
    ),
    Mistake(
        "compute_type",
        'compute «"locl"» "compute_type" {\n}\n',
        "Unknown compute type",
        'Did you mean "local"?',
    ),
    Mistake(
        "enum",
        given("enum", '{ size = «"huge"» }'),
        "Invalid value for input",
        "small",
    ),
    Mistake(
        "minimum",
        given("minimum", '{ size = "small", epochs = «0» }'),
        "Invalid value for input",
        "1",
    ),
    Mistake(
        "maximum",
        given("maximum", '{ size = "small", epochs = «101» }'),
        "Invalid value for input",
        "100",
    ),
    Mistake(
        "not_an_integer",
        given("not_an_integer", '{ size = "small", epochs = «"ten"» }'),
        "Invalid value for input",
        "whole number",
    ),
    Mistake(
        "undeclared_input",
        given("undeclared_input", '{ size = "small", «epoch» = 2 }'),
        "Undeclared input",
        'Did you mean "epochs"?',
    ),
    Mistake(
        "missing_input",
        given("missing_input", "«{ epochs = 2 }»"),
        "Missing required input",
        '"size"',
    ),
    Mistake(
        "no_such_data",
        'data_asset "no_such_data" {\n  type = "uri_file"\n  path = «"./nowhere.csv"»\n}\n',
        "",
        "nowhere.csv",
    ),
    Mistake(
        "no_such_code",
        'pipeline "no_such_code" {\n  step "s" {\n'
        '    command = "true"\n    code    = «"./nowhere"»\n  }\n}\n',
        "The code folder cannot be read",
        "nowhere",
    ),
    Mistake(
        "validation",
        'variable "validation" {\n  default = 7\n  validation {\n'
        '    condition     = «var.validation < 5»\n    error_message = "Keep it below five."\n'
        "  }\n}\n",
        "Invalid value for variable",
        "Keep it below five.",
    ),
)

CYCLE = """
pipeline "cycle" {
  step "a" {
    command = "true"
    inputs  = { data = steps.b.outputs.out }
    output "out" { type = "uri_file" }
  }
  step "b" {
    command = "true"
    inputs  = { data = steps.a.outputs.out }
    output "out" { type = "uri_file" }
  }
}
"""
