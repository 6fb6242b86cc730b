"""For-expressions, splats and the ``%{for}`` of templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from mlctl.core.types import BOOL, DYNAMIC, STRING, ListType, SetType, TupleType, Type, is_primitive
from mlctl.core.value import (
    DYNAMIC_UNKNOWN,
    NOT_NULL,
    Marks,
    Refinement,
    Value,
    list_of,
    number,
    object_of,
    string,
    tuple_of,
    unknown,
)
from mlctl.hcl.ast import Expression, For, Item, Splat, TemplateJoin
from mlctl.hcl.convert import ConversionError, convert
from mlctl.hcl.evaluation import Evaluation
from mlctl.hcl.scope import Scope

_SUMMARY = "Invalid 'for' condition"
_ENOUGH = 10
"""After so many errors in one loop the rest would only repeat them."""


@dataclass(slots=True)
class _Loop:
    """A for-expression under way."""

    evaluation: Evaluation
    expr: For
    scope: Scope
    marks: Marks = frozenset()
    known: bool = True
    members: list[Value] = field(default_factory=list)
    named: dict[str, Value] = field(default_factory=dict)
    groups: dict[str, list[Value]] = field(default_factory=dict)

    def inside(self, key: Value, value: Value) -> Scope:
        """The scope for one element."""
        names = {self.expr.value_name: value}
        if self.expr.key_name:
            names = {self.expr.key_name: key, **names}
        return self.scope.child(names)

    def fail(self, about: Expression, summary: str, detail: str, scope: Scope) -> None:
        """Report an error with one of the loop's parts."""
        self.evaluation.fail(about.span(), summary, detail).about(about, scope, self.expr)

    def later(self, key: Value, value: Value) -> None:
        """Take the marks of what one element would give: it is not known yet whether it will."""
        parts = (self.expr.key, self.expr.condition, self.expr.value)
        self.marks |= self.evaluation.marks_of(parts, self.inside(key, value))

    def result(self) -> Value:
        """What was built; unknown when it is not certain which elements there are."""
        if not self.known:
            built = (*self.members, *self.named.values(), *chain(*self.groups.values()))
            inside = (member.marks_deep() for member in built)
            return DYNAMIC_UNKNOWN.with_marks(self.marks.union(*inside))
        if self.expr.key is None:
            return tuple_of(self.members).with_marks(self.marks)
        if self.expr.group:
            self.named = {key: tuple_of(values) for key, values in self.groups.items()}
        return object_of(self.named).with_marks(self.marks)


def for_expression(evaluation: Evaluation, expr: For, scope: Scope) -> Value:
    """``[for …]`` and ``{for …}``."""
    loop = _Loop(evaluation, expr, scope)
    collection = evaluation.value(expr.collection, scope)
    if not _iterable(loop, collection):
        return DYNAMIC_UNKNOWN
    loop.marks = collection.marks
    if collection.type is not DYNAMIC and not _try_condition(loop):
        return DYNAMIC_UNKNOWN
    if not collection.is_known:
        loop.known = False
        loop.later(DYNAMIC_UNKNOWN, DYNAMIC_UNKNOWN)
        return loop.result()
    _run(loop, collection)
    return loop.result()


def _run(loop: _Loop, collection: Value) -> None:
    evaluation = loop.evaluation
    mark = len(evaluation.diagnostics)
    for key, value in _elements(collection):
        if not _one(loop, loop.inside(key, value)):
            loop.known = False
            loop.later(key, value)
        if len(evaluation.diagnostics) - mark >= _ENOUGH and evaluation.failed_since(mark):
            loop.known = False
            return


def _iterable(loop: _Loop, collection: Value) -> bool:
    where = loop.expr.collection
    if collection.is_null:
        detail = "A null value cannot be used as the collection in a 'for' expression."
        loop.fail(where, "Iteration over null value", detail, loop.scope)
        return False
    if is_primitive(collection.type):
        detail = (
            f"A value of type {collection.type.friendly_name} cannot be used as the collection in "
            "a 'for' expression."
        )
        loop.fail(where, "Iteration over non-iterable value", detail, loop.scope)
        return False
    return True


def _try_condition(loop: _Loop) -> bool:
    """Evaluate the filter once on nothing in particular, so that a broken one is told once.

    Returns:
        False when it is broken.
    """
    condition = loop.expr.condition
    if condition is None:
        return True
    mark = len(loop.evaluation.diagnostics)
    scope = loop.inside(DYNAMIC_UNKNOWN, DYNAMIC_UNKNOWN)
    result = loop.evaluation.value(condition, scope)
    if result.is_null:
        detail = "The value of the 'if' clause must not be null."
        loop.fail(condition, "Condition is null", detail, loop.scope)
        return False
    try:
        convert(result, BOOL)
    except ConversionError as error:
        detail = f"The 'if' clause value is invalid: {error.message}."
        loop.fail(condition, _SUMMARY, detail, loop.scope)
        return False
    return not loop.evaluation.failed_since(mark)


def _elements(collection: Value) -> Iterator[tuple[Value, Value]]:
    """Keys and values, in the order of iteration: the elements of a set are their own keys."""
    if isinstance(collection.raw, dict):
        for name, value in collection.raw.items():
            yield string(name), value
    elif isinstance(collection.type, SetType):
        for value in collection.elements():
            yield value, value
    else:
        for position, value in enumerate(collection.elements()):
            yield number(position), value


def _one(loop: _Loop, scope: Scope) -> bool:
    """Build one element's part of the result; False when it is not known what that is."""
    expr, evaluation = loop.expr, loop.evaluation
    if expr.condition is not None:
        included = _included(loop, expr.condition, scope)
        if not included:
            return included is False
    if expr.key is None:
        loop.members.append(evaluation.value(expr.value, scope))
        return True
    key = _key(loop, expr.key, scope)
    if key is None:
        return False
    value = evaluation.value(expr.value, scope)
    if expr.group:
        loop.groups.setdefault(key, []).append(value)
    elif key in loop.named:
        detail = (
            f"Two different items produced the key \"{key}\" in this 'for' expression. If "
            "duplicates are expected, use the ellipsis (...) after the value expression to enable "
            "grouping by key."
        )
        loop.fail(expr.key, "Duplicate object key", detail, scope)
    else:
        loop.named[key] = value
    return True


def _included(loop: _Loop, condition: Expression, scope: Scope) -> bool | None:
    """Whether the filter lets an element through; None when that is unknown, or an error."""
    include = loop.evaluation.value(condition, scope)
    detail = "The value of the 'if' clause must not be null."
    if not include.is_null:
        loop.marks |= include.marks
        try:
            truth = convert(include, BOOL)
        except ConversionError as error:
            detail = f"The 'if' clause value is invalid: {error.message}."
        else:
            return truth.as_bool() if truth.is_known else None
    if loop.known:
        loop.fail(condition, _SUMMARY, detail, scope)
    return None


def _key(loop: _Loop, expr: Expression, scope: Scope) -> str | None:
    key = loop.evaluation.value(expr, scope)
    detail = "Key expression in 'for' expression must not produce a null value."
    if not key.is_null:
        loop.marks |= key.marks
        if not key.is_known:
            return None
        try:
            return convert(key, STRING).as_string()
        except ConversionError as error:
            detail = f"The key expression produced an invalid result: {error.message}."
    if loop.known:
        loop.fail(expr, "Invalid object key", detail, scope)
    return None


def template_join(evaluation: Evaluation, expr: TemplateJoin, scope: Scope) -> Value:
    """The results of a loop in a template, one after the other."""
    results = evaluation.value(expr.loop, scope)
    marks = results.marks_deep()
    if not results.is_wholly_known:
        return unknown(STRING).with_marks(marks)
    # The loop's body is a template, so every result is a string.
    text = "".join(result.as_string() for result in results.elements())
    return string(text).with_marks(marks)


def item(evaluation: Evaluation, expr: Item, _scope: Scope) -> Value:
    """What the splat around is at."""
    return evaluation.items.get(expr, DYNAMIC_UNKNOWN)


def splat(evaluation: Evaluation, expr: Splat, scope: Scope) -> Value:
    """``target[*]…``: the same steps on every element; a single value counts as one of one."""
    mark = len(evaluation.diagnostics)
    target = evaluation.value(expr.target, scope)
    if evaluation.failed_since(mark):
        return DYNAMIC_UNKNOWN
    sequence = isinstance(target.type, (TupleType, ListType, SetType))
    if target.is_null:
        if not sequence:
            return tuple_of(()).with_marks(target.marks)
        detail = "Splat expressions (with the * symbol) cannot be applied to null sequences."
        failure = evaluation.fail(expr.target.span(), "Splat of null value", detail)
        failure.about(expr.target, scope)
        return DYNAMIC_UNKNOWN
    if target.type is DYNAMIC:
        trial = _each(evaluation.apart(notes=False), expr, DYNAMIC_UNKNOWN, scope)
        return DYNAMIC_UNKNOWN.with_marks(target.marks | trial.marks_deep())
    if sequence:
        return _splat_sequence(evaluation, expr, target, scope)
    # Whether it is one element or none depends on whether it will be null.
    undecided = not target.is_never_null
    found = _splat_sequence(evaluation, expr, tuple_of([target]).with_marks(target.marks), scope)
    return DYNAMIC_UNKNOWN.with_marks(target.marks | found.marks_deep()) if undecided else found


def _splat_sequence(evaluation: Evaluation, expr: Splat, target: Value, scope: Scope) -> Value:
    if not target.is_known:
        return _splat_later(evaluation, expr, target, scope)
    mark = len(evaluation.diagnostics)
    values = [_each(evaluation, expr, element, scope) for element in target.elements()]
    if evaluation.failed_since(mark):
        result, marks = _result_type(evaluation.apart(), expr, target.type, scope)
        return unknown(result).with_marks(target.marks | marks)
    if isinstance(target.type, TupleType):
        return tuple_of(values).with_marks(target.marks)
    if not values:
        result, _ = _result_type(evaluation, expr, target.type, scope)
        assert isinstance(result, ListType)
        return list_of((), result.element).with_marks(target.marks)
    try:
        return list_of(values).with_marks(target.marks)
    except ValueError:
        evaluation.fail(
            expr.each.span(),
            "Invalid nested splat expressions",
            "The second level of splat expression produced elements of different types, so it "
            "isn't possible to construct a valid list to represent the top-level result.\n\n"
            "Consider using a for expression instead, to produce a tuple-typed result which can "
            "therefore have non-homogenous element types.",
        )
        return DYNAMIC_UNKNOWN


def _each(evaluation: Evaluation, expr: Splat, element: Value, scope: Scope) -> Value:
    outer = evaluation.items.get(expr.item)
    evaluation.items[expr.item] = element
    try:
        return evaluation.value(expr.each, scope)
    finally:
        if outer is None:
            del evaluation.items[expr.item]
        else:
            evaluation.items[expr.item] = outer


def _result_type(
    evaluation: Evaluation, expr: Splat, target: Type, scope: Scope
) -> tuple[Type, Marks]:
    """The type of what the splat gives, and the marks of what it would have of each element."""
    if isinstance(target, TupleType):
        found = [_each(evaluation, expr, unknown(element), scope) for element in target.elements]
        marks: Marks = frozenset().union(*(value.marks_deep() for value in found))
        return TupleType(value.type for value in found), marks
    assert isinstance(target, (ListType, SetType))
    one = _each(evaluation, expr, unknown(target.element), scope)
    return ListType(one.type), one.marks_deep()


def _splat_later(evaluation: Evaluation, expr: Splat, target: Value, scope: Scope) -> Value:
    result, marks = _result_type(evaluation, expr, target.type, scope)
    known = NOT_NULL
    if isinstance(result, ListType):
        known = Refinement(
            not_null=True,
            min_length=target.refinement.min_length,
            max_length=target.refinement.max_length,
        )
    return unknown(result, known).with_marks(target.marks | marks)
