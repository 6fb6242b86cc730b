"""Type constraints as they are written: ``list(object({ a = optional(string, "x") }))``.

The rules and messages are those of hashicorp/hcl's ``typeexpr``, which Terraform shows as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlctl.core.diagnostic import Diagnostic, Diagnostics, has_errors
from mlctl.core.source import SourceSpan
from mlctl.core.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
)
from mlctl.core.value import Value
from mlctl.hcl.ast import (
    Expression,
    FunctionCall,
    ObjectCons,
    ObjectKey,
    Parentheses,
    TupleCons,
    keyword,
)
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.defaults import Defaults
from mlctl.hcl.evaluate import evaluate_constant

_SUMMARY = "Invalid type specification"
_PRIMITIVES: Mapping[str, Type] = {"string": STRING, "number": NUMBER, "bool": BOOL}
_COLLECTIONS = {"list": ListType, "set": SetType, "map": MapType}
_NEEDS = {
    "object": "attribute types and values as a map",
    "tuple": "element types as a list",
}


@dataclass(frozen=True, slots=True)
class _Found:
    """A type and the defaults in it, if any."""

    type: Type = DYNAMIC
    defaults: Defaults | None = None


def type_constraint(expr: Expression) -> tuple[Type, Defaults | None, Diagnostics]:
    """A constraint, with ``any`` and ``optional``, and the defaults it names."""
    reader = _Reader(constraint=True)
    found = reader.read(expr)
    return found.type, found.defaults, reader.diagnostics


def exact_type(expr: Expression) -> tuple[Type, Diagnostics]:
    """A type, in which neither ``any`` nor ``optional`` may stand."""
    reader = _Reader(constraint=False)
    return reader.read(expr).type, reader.diagnostics


@dataclass(slots=True)
class _Attributes:
    """An object type's attributes so far."""

    types: dict[str, Type] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    defaults: dict[str, Value] = field(default_factory=dict)
    children: dict[str, Defaults] = field(default_factory=dict)


class _Reader:
    __slots__ = ("_constraint", "diagnostics")

    def __init__(self, *, constraint: bool) -> None:
        self._constraint = constraint
        self.diagnostics: Diagnostics = []

    def read(self, expr: Expression) -> _Found:
        word = keyword(expr)
        if word is not None:
            return self._word(word, expr)
        inner = expr.inner if isinstance(expr, Parentheses) else expr
        if not isinstance(inner, FunctionCall):
            return self._refuse(
                "A type specification is either a primitive type keyword (bool, number, string) "
                "or a complex type constructor call, like list(string).",
                expr.span(),
            )
        return self._call(inner)

    def _refuse(self, detail: str, span: SourceSpan, context: SourceSpan | None = None) -> _Found:
        self.diagnostics.append(
            Diagnostic(summary=_SUMMARY, detail=detail, subject=span, context=context)
        )
        return _Found()

    def _word(self, word: str, expr: Expression) -> _Found:
        if word in _PRIMITIVES:
            return _Found(_PRIMITIVES[word])
        if word == "any" and self._constraint:
            return _Found(DYNAMIC)
        if word == "any":
            detail = (
                f'The keyword "{word}" cannot be used in this type specification: an exact type '
                "is required."
            )
        elif word in _COLLECTIONS or word in _NEEDS:
            detail = _one_argument(word)
        else:
            detail = f'The keyword "{word}" is not a valid type specification.'
        return self._refuse(detail, expr.span())

    def _call(self, call: FunctionCall) -> _Found:
        refused = self._unsuitable(call)
        if refused is not None:
            return refused
        name, argument = call.name, call.arguments[0]
        if name == "object":
            return self._object(call, argument)
        if name == "tuple":
            return self._tuple(call, argument)
        element = self.read(argument)
        found = _COLLECTIONS[name](element.type)
        return _Found(found, _defaults_of(found, {}, {"": element.defaults}))

    def _unsuitable(self, call: FunctionCall) -> _Found | None:
        """Refuse a call that is no type constructor with its one argument."""
        name, arguments = call.name, call.arguments
        parentheses = call.source.span(call.open, call.end)
        if name in _PRIMITIVES or name == "any":
            kind = "Primitive type" if name in _PRIMITIVES else "Type constraint"
            return self._refuse(f'{kind} keyword "{name}" does not expect arguments.', parentheses)
        if name == "optional" and len(arguments) == 1:
            return self._refuse(
                'Keyword "optional" is valid only as a modifier for object type attributes.',
                call.name_span(),
            )
        if name not in _COLLECTIONS and name not in _NEEDS:
            return self._refuse(f'Keyword "{name}" is not a valid type constructor.', call.span())
        if len(arguments) != 1:
            extra = parentheses
            if arguments:
                extra = call.source.span(arguments[1].start, arguments[-1].end)
            return self._refuse(_one_argument(name), extra, parentheses)
        return None

    def _tuple(self, call: FunctionCall, argument: Expression) -> _Found:
        if not isinstance(argument, TupleCons):
            return self._refuse(
                "Tuple type constructor requires a list of element types.",
                argument.span(),
                call.span(),
            )
        elements = [self.read(element) for element in argument.items]
        found = TupleType(element.type for element in elements)
        children = {str(i): element.defaults for i, element in enumerate(elements)}
        return _Found(found, _defaults_of(found, {}, children))

    def _object(self, call: FunctionCall, argument: Expression) -> _Found:
        if not isinstance(argument, ObjectCons):
            return self._refuse(
                "Object type constructor requires a map whose keys are attribute names and whose "
                "values are the corresponding attribute types.",
                argument.span(),
                call.span(),
            )
        attributes = _Attributes()
        for key, value in argument.items:
            name = self._attribute_name(key, call, attributes)
            if name is not None:
                self._attribute(name, value, attributes)
        found = ObjectType(attributes.types, attributes.optional)
        return _Found(found, _defaults_of(found, attributes.defaults, {**attributes.children}))

    def _attribute_name(
        self, key: ObjectKey, call: FunctionCall, attributes: _Attributes
    ) -> str | None:
        name = key.bare_name()
        if name is None:
            detail = "Object constructor map keys must be attribute names."
        elif name in attributes.types:
            detail = "Object constructor map keys must be unique."
        else:
            return name
        self._refuse(detail, key.span(), call.span())
        return None

    def _attribute(self, name: str, expr: Expression, attributes: _Attributes) -> None:
        default: Expression | None = None
        if isinstance(expr, FunctionCall) and expr.name == "optional":
            if not self._optional(expr):
                return
            if self._constraint:
                attributes.optional.add(name)
            default = expr.arguments[1] if len(expr.arguments) > 1 else None
            expr = expr.arguments[0]
        found = self.read(expr)
        attributes.types[name] = found.type
        if found.defaults is not None:
            attributes.children[name] = found.defaults
        if default is not None and self._constraint:
            value = self._default(default, found.type)
            if value is not None:
                attributes.defaults[name] = value

    def _optional(self, call: FunctionCall) -> bool:
        """Check ``optional(…)``; False when there is no type in it."""
        parentheses = call.source.span(call.open, call.end)
        if not call.arguments:
            self._refuse(
                "Optional attribute modifier requires the attribute type as its argument.",
                parentheses,
                call.span(),
            )
            return False
        if not self._constraint:
            self._refuse(
                "Optional attribute modifier is only for type constraints, not for exact types.",
                call.name_span(),
                call.span(),
            )
        elif len(call.arguments) > 2:
            self._refuse(
                "Optional attribute modifier expects at most two arguments: the attribute type, "
                "and a default value.",
                parentheses,
                call.span(),
            )
        return True

    def _default(self, expr: Expression, wanted: Type) -> Value | None:
        value, diagnostics = evaluate_constant(expr)
        self.diagnostics += diagnostics
        if has_errors(diagnostics):
            return None
        try:
            return convert(value, wanted)
        except ConversionError as error:
            self.diagnostics.append(
                Diagnostic(
                    summary="Invalid default value for optional attribute",
                    detail="This default value is not compatible with the attribute's type "
                    f"constraint: {error.message}.",
                    subject=expr.span(),
                )
            )
            return None


def _one_argument(name: str) -> str:
    needs = _NEEDS.get(name, "element type")
    return f"The {name} type constructor requires one argument specifying the {needs}."


def _defaults_of(
    t: Type, values: Mapping[str, Value], children: Mapping[str, Defaults | None]
) -> Defaults | None:
    present = {key: child for key, child in children.items() if child is not None}
    return Defaults(t, values, present) if values or present else None
