"""Small configurations that several tests run: one step ``s``, and its file as a root output."""

from __future__ import annotations

from collections.abc import Mapping

from tests.functional.project import Project

OUT = """
  output "out" { value = steps.s.outputs.out }
}
output "out" { value = pipeline.p.outputs.out.path }
"""


def step(command: str, body: str = "") -> str:
    """A configuration of one step ``s`` with the file ``out`` as its output."""
    return f"""
pipeline "p" {{
  step "s" {{
    command = "{command}"
    {body}
    output "out" {{ type = "uri_file" }}
  }}
{OUT}"""


def data(name: str, kind: str, path: str) -> str:
    """An input of a step: what stands at a path."""
    return f"""
    input "{name}" {{
      type    = "{kind}"
      default = "{path}"
    }}"""


COPY_FILE = step("cat ${inputs.data} > ${outputs.out}", data("data", "uri_file", "./in.txt"))
LIST_FOLDER = step(
    "cd ${inputs.data}; find . | sort | xargs ls -ld | cut -c1-10 > ${outputs.out};"
    " find . -type f | sort | xargs cat >> ${outputs.out}; find . | sort >> ${outputs.out}",
    data("data", "uri_folder", "./data"),
)
RUN_CODE = step("python3 main.py > ${outputs.out}", 'code = "./src"')


def applied(
    project: Project, configuration: str, files: Mapping[str, str] | None = None
) -> Project:
    """The project with this configuration and these files, in which ``s`` has run."""
    for path, text in (files or {}).items():
        project.write(path, text)
    project.write("main.hcl", configuration)
    assert project.ran() == {"s"}
    return project


def with_input(project: Project) -> Project:
    """One file, copied to the output."""
    return applied(project, COPY_FILE, {"in.txt": "AAAA\n"})


def with_code(project: Project) -> Project:
    """A program of two files, whose output says 1."""
    files = {"src/main.py": "import util\nprint(1)\n", "src/util.py": "A = 1\n"}
    return applied(project, RUN_CODE, files)


def with_folder(project: Project) -> Project:
    """A folder, listed with modes, contents and names."""
    return applied(project, LIST_FOLDER, {"data/sub/a.txt": "1\n"})
