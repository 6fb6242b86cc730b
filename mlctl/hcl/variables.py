"""Which references an expression makes: what dependencies are found by."""

from __future__ import annotations

from collections.abc import Iterator

from mlctl.hcl.ast import (
    Attribute,
    Binary,
    Body,
    Conditional,
    Expression,
    For,
    FunctionCall,
    Index,
    ObjectCons,
    ObjectKey,
    Parentheses,
    RelativeTraversal,
    ScopeTraversal,
    Splat,
    Template,
    TemplateJoin,
    TemplateWrap,
    TupleCons,
    Unary,
)

_Names = frozenset[str]


def variables(expr: Expression) -> list[ScopeTraversal]:
    """Every reference in the expression, in the order written.

    The variables of for-expressions are not references. A splat's own steps are not part of one:
    of ``a.b[*].c`` the reference is ``a.b``. A key that must be evaluated ends a reference, too.
    """
    found: list[ScopeTraversal] = []
    # An explicit stack: a sum of ten thousand terms is ten thousand levels deep on its left.
    stack: list[tuple[Expression, _Names]] = [(expr, frozenset())]
    while stack:
        node, local = stack.pop()
        if type(node) is ScopeTraversal:
            if node.name not in local:
                found.append(node)
        elif type(node) is For:
            stack += reversed(_loop(node, local))
        else:
            stack += [(child, local) for child in reversed(_children(node))]
    return found


def body_variables(body: Body) -> Iterator[tuple[Attribute, ScopeTraversal]]:
    """Every reference in a body and the blocks inside it, with the attribute it stands in."""
    bodies = [body]
    while bodies:
        current = bodies.pop()
        for attribute in current.attributes.values():
            for reference in variables(attribute.expr):
                yield attribute, reference
        bodies += [block.body for block in reversed(current.blocks)]


def _loop(node: For, local: _Names) -> list[tuple[Expression, _Names]]:
    inside = local | {node.key_name, node.value_name}
    parts = (node.key, node.value, node.condition)
    return [(node.collection, local), *((part, inside) for part in parts if part is not None)]


def _children(node: Expression) -> list[Expression]:
    """What stands directly in a node; empty for those in which nothing can."""
    many = _several(node)
    return _only_child(node) if many is None else many


def _several(node: Expression) -> list[Expression] | None:
    match node:
        case Template(parts=children) | TupleCons(items=children):
            found = children
        case FunctionCall(arguments=children):
            found = children
        case ObjectCons(items=items):
            found = [part for item in items for part in item]
        case Conditional(condition=condition, if_true=if_true, if_false=if_false):
            found = [condition, if_true, if_false]
        case _:
            return _pair(node)
    return found


def _pair(node: Expression) -> list[Expression] | None:
    match node:
        case Binary(left=first, right=second):
            return [first, second]
        case Index(collection=first, key=second):
            return [first, second]
        case Splat(target=first, each=second):
            return [first, second]
        case _:
            return None


def _only_child(node: Expression) -> list[Expression]:
    match node:
        case TemplateWrap(wrapped=child) | TemplateJoin(loop=child) | Unary(operand=child):
            return [child]
        case Parentheses(inner=child) | RelativeTraversal(target=child):
            return [child]
        case ObjectKey(wrapped=child):
            return [] if node.bare_name() is not None else [child]
        case _:
            return []
