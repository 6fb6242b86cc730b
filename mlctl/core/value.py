"""Values of the language: the one name others import them by.

The class is in ``value_base``, the constructors in ``value_make``, plain Python in
``value_plain``, exact numbers in ``value_number``.
"""

from mlctl.core.value_base import SENSITIVE, UNKNOWN, Marks, Raw, Unknown, Value
from mlctl.core.value_make import (
    DYNAMIC_NULL,
    DYNAMIC_UNKNOWN,
    FALSE,
    TRUE,
    boolean,
    list_of,
    map_of,
    null,
    number,
    object_of,
    refine,
    set_of,
    string,
    tuple_of,
    unknown,
)
from mlctl.core.value_number import Number, number_text, parse_number
from mlctl.core.value_plain import JsonPlain, Plain, from_plain, to_json_plain, to_plain
from mlctl.core.value_refinement import NOT_NULL, NOTHING_KNOWN, Bound, Refinement

__all__ = [
    "DYNAMIC_NULL",
    "DYNAMIC_UNKNOWN",
    "FALSE",
    "NOTHING_KNOWN",
    "NOT_NULL",
    "SENSITIVE",
    "TRUE",
    "UNKNOWN",
    "Bound",
    "JsonPlain",
    "Marks",
    "Number",
    "Plain",
    "Raw",
    "Refinement",
    "Unknown",
    "Value",
    "boolean",
    "from_plain",
    "list_of",
    "map_of",
    "null",
    "number",
    "number_text",
    "object_of",
    "parse_number",
    "refine",
    "set_of",
    "string",
    "to_json_plain",
    "to_plain",
    "tuple_of",
    "unknown",
]
