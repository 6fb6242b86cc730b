"""The meta-arguments of a block: how many instances there are and what must come first."""

from __future__ import annotations

from mlctl.config.declarations import Meta
from mlctl.config.decode import Decoded
from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.hcl.ast import Expression, ScopeTraversal, TupleCons


def read_meta(body: Decoded, found: Diagnostics) -> Meta:
    """Read them; ``count`` and ``for_each`` together are refused."""
    count, for_each = body.expr("count"), body.expr("for_each")
    if count is not None and for_each is not None:
        found.append(
            Diagnostic(
                summary='Invalid combination of "count" and "for_each"',
                detail="They both decide how many instances there are; use one of them.",
                subject=body.arguments["for_each"].name_span(),
                block=body.header,
            )
        )
        count = None
    return Meta(count, for_each, body.expr("enabled"), reference_list(body, "depends_on", found))


def reference_list(body: Decoded, name: str, found: Diagnostics) -> tuple[ScopeTraversal, ...]:
    """The references in an argument that lists declarations, unevaluated."""
    expr = body.expr(name)
    if expr is None:
        return ()
    if not isinstance(expr, TupleCons):
        found.append(_not_references(name, expr, body))
        return ()
    references = []
    for item in expr.items:
        if isinstance(item, ScopeTraversal) and item.steps:
            references.append(item)
        else:
            found.append(_not_references(name, item, body))
    return tuple(references)


def _not_references(name: str, expr: Expression, body: Decoded) -> Diagnostic:
    return Diagnostic(
        summary=f'Invalid "{name}"',
        detail=f'"{name}" takes a list of references, such as [compute.gpu, steps.prep].',
        subject=expr.span(),
        block=body.header,
    )
