"""Compares syntax and tokens with what the cases write of hashicorp/hcl's.

Go splits literal text into more tokens than are needed here and lets a comment include its line
end; both sides are brought to one form first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from mlctl.core.source import SourceSpan
from mlctl.core.value import number_text
from mlctl.hcl import ast
from mlctl.hcl import tokens as t
from mlctl.hcl.source import Source
from mlctl.hcl.tokens import Tokens

# What is wanted comes from JSON in the shape of Go's structures.
Json = Any

GO_KINDS = {
    "TokenIdent": t.IDENT,
    "TokenNumberLit": t.NUMBER,
    "TokenNewline": t.NEWLINE,
    "TokenComment": t.COMMENT,
    "TokenOQuote": t.OPEN_QUOTE,
    "TokenCQuote": t.CLOSE_QUOTE,
    "TokenQuotedLit": t.QUOTED_TEXT,
    "TokenStringLit": t.TEXT,
    "TokenOHeredoc": t.OPEN_HEREDOC,
    "TokenCHeredoc": t.CLOSE_HEREDOC,
    "TokenTemplateInterp": t.INTERPOLATION,
    "TokenTemplateControl": t.DIRECTIVE,
    "TokenTemplateSeqEnd": t.SEQUENCE_END,
    "TokenInvalid": t.INVALID,
    "TokenBadUTF8": t.INVALID,
    "TokenQuotedNewline": t.QUOTED_NEWLINE,
    "TokenEOF": t.EOF,
}
LITERAL = (t.QUOTED_TEXT, t.TEXT, t.INVALID)

Shape = tuple[str, str, int, int]
"""A token: kind, text, first and last byte."""


def our_tokens(tokens: Tokens) -> list[Shape]:
    def at(offset: int) -> int:
        return tokens.source.position(offset).byte

    found = [
        (kind, tokens.text(i), at(tokens.starts[i]), at(tokens.ends[i]))
        for i, kind in enumerate(tokens.kinds)
    ]
    return _melded(found)


def go_tokens(wanted: Json) -> list[Shape]:
    found: list[Shape] = []
    for token in wanted:
        name = token["Type"]["go"] if isinstance(token["Type"], dict) else token["Type"]
        text = token["Bytes"] or ""
        start, end = token["Range"]["Start"]["Byte"], token["Range"]["End"]["Byte"]
        kind = GO_KINDS.get(name, text)
        if kind is t.COMMENT and text.endswith("\n"):
            found.append((kind, text[:-1], start, end - 1))
            found.append((t.NEWLINE, "\n", end - 1, end))
        else:
            found.append((kind, text, start, end))
    return _melded(found)


def _melded(shapes: list[Shape]) -> list[Shape]:
    melded: list[Shape] = []
    for kind, text, start, end in shapes:
        if melded and kind in LITERAL and melded[-1][0] == kind and melded[-1][3] == start:
            last = melded.pop()
            melded.append((kind, last[1] + text, last[2], end))
        else:
            melded.append((kind, text, start, end))
    return melded


def span_differs(span: SourceSpan, wanted: Json) -> bool:
    ours = [(p.line, p.column, p.byte) for p in (span.start, span.end)]
    theirs = [(p["Line"], p["Column"], p["Byte"]) for p in (wanted["Start"], wanted["End"])]
    return ours != theirs


def body_differences(body: ast.Body, wanted: Json, path: str = "") -> Iterator[str]:
    """Where a body is not as wanted."""
    attributes = {k: v for k, v in wanted["Attributes"].items() if k != "_go"}
    if set(body.attributes) != set(attributes):
        yield f"{path}: attributes {set(body.attributes)}"
        return
    for name, want in attributes.items():
        ours = body.attributes[name]
        yield from _span(f"{path}.{name}", ours.span(), want["SrcRange"])
        yield from _span(f"{path}.{name} name", ours.name_span(), want["NameRange"])
        yield from differences(ours.expr, want["Expr"], f"{path}.{name}")
    blocks = wanted.get("Blocks", {}).get("_pos", [])
    if len(blocks) != len(body.blocks):
        yield f"{path}: {len(body.blocks)} blocks"
        return
    for block, want in zip(body.blocks, blocks, strict=True):
        yield from _block(block, want, f"{path}.{block.type}")


def _block(block: ast.Block, want: Json, path: str) -> Iterator[str]:
    if (block.type, block.labels) != (want["Type"], want["Labels"] or []):
        yield f"{path}: {block.header()}"
    yield from _span(f"{path} type", block.type_span(), want["TypeRange"])
    for label, labelled in zip(block.label_nodes, want["LabelRanges"] or [], strict=True):
        yield from _span(f"{path} label", label.span(), labelled)
    source = block.source
    opener = source.span(block.open, block.open + 1)
    closer = source.span(block.close, block.close + 1)
    yield from _span(f"{path} open", opener, want["OpenBraceRange"])
    yield from _span(f"{path} close", closer, want["CloseBraceRange"])
    yield from body_differences(block.body, want["Body"], path)


def _span(path: str, span: SourceSpan, wanted: Json) -> Iterator[str]:
    if span_differs(span, wanted):
        yield f"{path}: {span.start}-{span.end} for {wanted}"


def differences(node: ast.Expression, wanted: Json, path: str) -> Iterator[str]:
    """Where an expression is not as wanted."""
    kind = wanted["_go"]
    if kind not in SHAPES:
        raise AssertionError(f"no shape for {kind}")
    expected, compare = SHAPES[kind]
    if not isinstance(node, expected):
        yield f"{path}: {type(node).__name__} for {kind}"
        return
    if "SrcRange" in wanted:
        yield from _span(path, node.span(), wanted["SrcRange"])
    yield from compare(node, wanted, path)


def _literal(node: Json, wanted: Json, path: str) -> Iterator[str]:
    value, want = node.value, wanted["Val"]
    if want.get("unknown"):
        return
    plain = number_text(value) if type(value) in (int, Decimal) else value
    if plain != want.get("value"):
        yield f"{path}: {plain!r}"


def _traversal(node: Json, wanted: Json, path: str) -> Iterator[str]:
    steps = wanted["Traversal"]["_pos"]
    if steps[0]["_go"] == "hcl.TraverseRoot":
        root, *steps = steps
        if node.name != root["Name"]:
            yield f"{path}: root {node.name}"
        yield from _span(f"{path} root", node.root_span(), root["SrcRange"])
    else:
        yield from differences(node.target, wanted["Source"], path)
    for step, want in zip(node.steps, steps, strict=True):
        name = step.name if isinstance(step, ast.Attr) else None
        if name != want.get("Name"):
            yield f"{path}: step {name}"
        yield from _span(f"{path} step", step.span(), want["SrcRange"])


def _call(node: Json, wanted: Json, path: str) -> Iterator[str]:
    if (node.name, node.expand) != (wanted["Name"], wanted.get("ExpandFinal", False)):
        yield f"{path}: call of {node.name}"
    yield from _span(f"{path} name", node.name_span(), wanted["NameRange"])
    end = Source.span(node.source, node.end - 1, node.end)
    yield from _span(f"{path} end", end, wanted["CloseParenRange"])
    yield from _all(node.arguments, wanted["Args"], path)


def _all(nodes: Json, wanted: Json, path: str) -> Iterator[str]:
    for i, (node, want) in enumerate(zip(nodes, wanted or [], strict=True)):
        yield from differences(node, want, f"{path}[{i}]")


def _parts(*pairs: tuple[str, str]) -> Callable[[Json, Json, str], Iterator[str]]:
    def compare(node: Json, wanted: Json, path: str) -> Iterator[str]:
        for ours, theirs in pairs:
            part = getattr(node, ours)
            if isinstance(part, list):
                yield from _all(part, wanted[theirs], path)
            elif wanted.get(theirs) is not None:
                yield from differences(part, wanted[theirs], f"{path}.{ours}")
            elif part is not None:
                yield f"{path}: unexpected {ours}"

    return compare


def _object(node: Json, wanted: Json, path: str) -> Iterator[str]:
    for (key, value), want in zip(node.items, wanted.get("Items") or [], strict=True):
        yield from differences(key.wrapped, want["KeyExpr"]["Wrapped"], f"{path} key")
        yield from differences(value, want["ValueExpr"], f"{path} value")


Comparison = tuple[type[ast.Node], Callable[[Json, Json, str], Iterator[str]]]

SHAPES: dict[str, Comparison] = {
    "LiteralValueExpr": (ast.Literal, _literal),
    "TemplateExpr": (ast.Template, _parts(("parts", "Parts"))),
    "TemplateWrapExpr": (ast.TemplateWrap, _parts(("wrapped", "Wrapped"))),
    "ParenthesesExpr": (ast.Parentheses, _parts(("inner", "Expression"))),
    "ScopeTraversalExpr": (ast.ScopeTraversal, _traversal),
    "RelativeTraversalExpr": (ast.RelativeTraversal, _traversal),
    "IndexExpr": (ast.Index, _parts(("collection", "Collection"), ("key", "Key"))),
    "SplatExpr": (ast.Splat, _parts(("target", "Source"), ("each", "Each"))),
    "AnonSymbolExpr": (ast.Item, _parts()),
    "FunctionCallExpr": (ast.FunctionCall, _call),
    "ConditionalExpr": (
        ast.Conditional,
        _parts(("condition", "Condition"), ("if_true", "TrueResult"), ("if_false", "FalseResult")),
    ),
    "BinaryOpExpr": (ast.Binary, _parts(("left", "LHS"), ("right", "RHS"))),
    "UnaryOpExpr": (ast.Unary, _parts(("operand", "Val"))),
    "ForExpr": (
        ast.For,
        _parts(
            ("collection", "CollExpr"),
            ("key", "KeyExpr"),
            ("value", "ValExpr"),
            ("condition", "CondExpr"),
        ),
    ),
    "TupleConsExpr": (ast.TupleCons, _parts(("items", "Exprs"))),
    "ObjectConsExpr": (ast.ObjectCons, _object),
}
