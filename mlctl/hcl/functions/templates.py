"""Functions that render templates: templatefile templatestring. The engine is handed in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mlctl.core.types import DYNAMIC, STRING, Type, is_keyed
from mlctl.core.value import DYNAMIC_UNKNOWN, NOTHING_KNOWN, Value, unknown
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.functions.files import read_text
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function
from mlctl.hcl.functions.table import NAMESPACE, FunctionTable
from mlctl.hcl.functions.world import FileAccess, TemplateRenderer, World

_VARS = Parameter("vars", DYNAMIC)
_MARKED_VARS = Parameter("vars", DYNAMIC, allow_unknown=True, allow_marked=True)
_MARKED_PATH = Parameter("path", STRING, allow_unknown=True, allow_marked=True)
_IDENTIFIER = re.compile(r"[^\W\d][\w-]*")
_OF_TEMPLATES = ("templatefile", "templatestring")
_OF_FILES = (
    "file",
    "filebase64",
    "filebase64sha256",
    "filebase64sha512",
    "fileexists",
    "filemd5",
    "fileset",
    "filesha1",
    "filesha256",
    "filesha512",
)


def functions(world: World) -> tuple[Function, ...]:
    """The functions of this family; absent where there is no engine."""
    if world.render is None:
        return ()
    strings = _templatestring(world, world.render)
    if world.files is None:
        return (strings,)
    return (strings, _templatefile(world, world.render, world.files))


@dataclass(frozen=True)
class _Restricted(Mapping[str, Function]):
    """The functions that may be called from inside a template: none that renders another."""

    table: FunctionTable
    files: bool

    def __getitem__(self, name: str) -> Function:
        found = self.table[name]
        plain = name.removeprefix(NAMESPACE)
        if plain in _OF_TEMPLATES:
            return _refusing(
                found, f"cannot recursively call {plain} from inside another template function"
            )
        if plain in _OF_FILES and not self.files:
            return _refusing(
                found,
                f"cannot use filesystem access functions like {plain} in templatestring "
                "templates; consider passing the function result as a template variable instead",
            )
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)


def _refusing(refused: Function, why: str) -> Function:
    def returns(args: Sequence[Value]) -> Type:
        del args
        raise FunctionError(why)

    return replace(refused, returns=returns)


def _templatefile(world: World, render: TemplateRenderer, files: FileAccess) -> Function:
    @function(
        "templatefile",
        "The template in a file, rendered with variables.",
        _MARKED_PATH,
        _MARKED_VARS,
        returns=DYNAMIC,
        refinement=NOTHING_KNOWN,
    )
    def templatefile(path: Value, variables: Value) -> Value:
        (bare, path_marks), (given, var_marks) = path.unmark(), variables.unmark_deep()
        marks = path_marks | var_marks
        if not (bare.is_known and given.is_known):
            return DYNAMIC_UNKNOWN.with_marks(marks)
        name = bare.as_string()
        source = read_text(files, name, path_marks)
        callable_there = _Restricted(FunctionTable(world), files=True)
        return render(source, name, _variables(given), callable_there).with_marks(marks)

    return templatefile


def _templatestring(world: World, render: TemplateRenderer) -> Function:
    @function(
        "templatestring",
        "A template, rendered with variables.",
        Parameter("template", STRING),
        _VARS,
        returns=STRING,
    )
    def templatestring(template: Value, variables: Value) -> Value:
        callable_there = _Restricted(FunctionTable(world), files=False)
        name = "<templatestring argument>"
        result = render(template.as_string(), name, _variables(variables), callable_there)
        if not result.is_known:
            return unknown(STRING).with_marks(result.marks)
        try:
            return convert(result, STRING)
        except ConversionError as error:
            raise FunctionError(f"invalid template result: {error.message}") from error

    return templatestring


def _variables(given: Value) -> Mapping[str, Value]:
    if not is_keyed(given.type):
        raise FunctionError("invalid vars value: must be a map", 1)
    for name in given.entries():
        if not _IDENTIFIER.fullmatch(name):
            raise FunctionError(
                f'invalid template variable name "{name}": must start with a letter, followed by '
                "zero or more letters, digits, and underscores",
                1,
            )
    return given.entries()
