"""The functions of the language.

:func:`table` gives all of them by name. ``try`` and ``can`` are not among them: they take
expressions, not values, and belong to the evaluator.
"""

from mlctl.hcl.functions.spec import Function, FunctionError, Parameter
from mlctl.hcl.functions.table import NAMES, FunctionTable
from mlctl.hcl.functions.world import FileAccess, TemplateRenderer, World

__all__ = [
    "NAMES",
    "FileAccess",
    "Function",
    "FunctionError",
    "FunctionTable",
    "Parameter",
    "TemplateRenderer",
    "World",
    "table",
]


def table(world: World | None = None) -> FunctionTable:
    """All functions by name, also by ``core::name``.

    Args:
        world: What they may ask of the world; without it nothing: no files, no time.
    """
    return FunctionTable(world or World())
