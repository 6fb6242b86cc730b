"""From syntax to blocks that fit their schemas. Knows shapes; evaluates nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mlctl.core.diagnostic import Diagnostic, Diagnostics
from mlctl.core.schema import BlockSchema
from mlctl.core.source import SourceSpan
from mlctl.core.suggest import did_you_mean
from mlctl.hcl.ast import Attribute, Block, Expression, Template

_NAME = re.compile(r"[^\W\d][\w-]*")
"""What an address can hold; see ``mlctl.core.address``."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A block whose arguments and blocks are the ones its schema allows.

    Attributes:
        arguments: As written; only names the schema has, or any where it is open.
        blocks: Nested blocks by type, in the order written.
        outer: The header of the block around it, for messages about nested blocks.
    """

    block: Block
    schema: BlockSchema
    arguments: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: Mapping[str, tuple[Decoded, ...]] = field(default_factory=dict)
    outer: str = ""

    def expr(self, name: str) -> Expression | None:
        """The expression of an argument, if it is written."""
        attribute = self.arguments.get(name)
        return attribute.expr if attribute else None

    def one(self, kind: str) -> Decoded | None:
        """The nested block of a kind that may stand once, if it is written."""
        found = self.blocks.get(kind, ())
        return found[0] if found else None

    @property
    def header(self) -> str:
        """As diagnostics name it: the outermost block, which people search for."""
        return self.outer or self.block.header()


def decode(
    block: Block, schema: BlockSchema, found: Diagnostics, *, outer: str = "", is_open: bool = False
) -> Decoded:
    """Hold a block against its schema; what does not fit is left out and said.

    Args:
        block: As parsed.
        schema: What it may hold.
        found: Problems are appended here.
        outer: The header of the block around it.
        is_open: Arguments the schema does not know are kept: a module call's variables.
    """
    header = outer or block.header()
    arguments = {
        name: attribute
        for name, attribute in block.body.attributes.items()
        if is_open or _is_known(attribute, schema, header, found)
    }
    blocks = _decode_blocks(block, schema, header, found)
    found.extend(_missing(block, schema, arguments, blocks, header))
    return Decoded(block, schema, arguments, blocks, outer)


def _decode_blocks(
    block: Block, schema: BlockSchema, header: str, found: Diagnostics
) -> dict[str, tuple[Decoded, ...]]:
    blocks: dict[str, tuple[Decoded, ...]] = {}
    for inner in block.body.blocks:
        nested = schema.blocks.get(inner.type)
        if nested is None:
            found.append(_unknown_block(inner, schema, header))
        elif check_labels(inner, nested.labels, found):
            if inner.type in blocks and not nested.repeated:
                found.append(
                    Diagnostic(
                        summary=f"Duplicate {inner.type} block",
                        detail=f'Only one "{inner.type}" block is allowed here.',
                        subject=inner.header_span(),
                        block=header,
                    )
                )
                continue
            one = decode(inner, nested.schema, found, outer=header)
            blocks[inner.type] = (*blocks.get(inner.type, ()), one)
    return blocks


def _is_known(attribute: Attribute, schema: BlockSchema, header: str, found: Diagnostics) -> bool:
    name = attribute.name
    if name in schema.attributes:
        return True
    if name in schema.blocks:
        detail = f'"{name}" is a block here: write {name} {{ … }} without an equals sign.'
    else:
        detail = f'An argument named "{name}" is not expected here.'
    found.append(
        Diagnostic(
            summary="Unsupported argument",
            detail=detail,
            hint=did_you_mean(name, (*schema.attributes, *schema.blocks)),
            subject=attribute.name_span(),
            block=header,
        )
    )
    return False


def _unknown_block(block: Block, schema: BlockSchema, header: str) -> Diagnostic:
    if block.type in schema.attributes:
        detail = f'"{block.type}" is an argument here: write {block.type} = …'
    elif block.type == "dynamic":
        detail = "Dynamic blocks are not supported by this version of mlctl; write the blocks out."
    else:
        detail = f'Blocks of type "{block.type}" are not expected here.'
    return Diagnostic(
        summary="Unsupported block type",
        detail=detail,
        hint=did_you_mean(block.type, (*schema.blocks, *schema.attributes)),
        subject=block.type_span(),
        block=header,
    )


def _missing(
    block: Block,
    schema: BlockSchema,
    arguments: Mapping[str, Attribute],
    blocks: Mapping[str, tuple[Decoded, ...]],
    header: str,
) -> Iterable[Diagnostic]:
    for name, attribute in schema.attributes.items():
        if attribute.required and name not in arguments and name not in block.body.attributes:
            yield _required(block, "argument", name, attribute.doc, header)
    for name, nested in schema.blocks.items():
        if nested.required and name not in blocks:
            yield _required(block, "block", name, nested.schema.doc, header)


def _required(block: Block, what: str, name: str, doc: str, header: str) -> Diagnostic:
    return Diagnostic(
        summary=f"Missing required {what}",
        detail=f'The {what} "{name}" is required, but was not written. {doc}',
        subject=block.header_span(),
        block=header,
    )


def check_labels(block: Block, labels: tuple[str, ...], found: Diagnostics) -> bool:
    """True when a block has the labels it should, each a name; what is wrong is said."""
    have = len(block.label_nodes)
    if have == len(labels):
        return all([_check_name(block, index, found) for index in range(have)])
    wanted = " and ".join(labels) or "no label"
    subject = block.label_nodes[len(labels)].span() if have > len(labels) else block.header_span()
    found.append(
        Diagnostic(
            summary=f"{'Extraneous' if have > len(labels) else 'Missing'} label for {block.type}",
            detail=f'A "{block.type}" block takes {wanted}: '
            + " ".join([block.type, *(f'"{label.upper()}"' for label in labels), "{ … }"]),
            subject=subject,
            block=block.header(),
        )
    )
    return False


def _check_name(block: Block, index: int, found: Diagnostics) -> bool:
    label = block.label_nodes[index]
    if is_name(label.value):
        return True
    found.append(
        Diagnostic(
            summary="Invalid name",
            detail=f'"{label.value}" cannot be a name: a name starts with a letter or underscore '
            "and holds only letters, digits, underscores and dashes.",
            subject=label.span(),
            block=block.header(),
        )
    )
    return False


def is_name(text: str) -> bool:
    """True when a text can be a declaration's name."""
    return _NAME.fullmatch(text) is not None and text.replace("-", "_").isidentifier()


def literal_text(expr: Expression) -> str | None:
    """The text of a plain quoted string; None for anything that must be evaluated."""
    return expr.literal() if isinstance(expr, Template) else None


def constant_text(body: Decoded, name: str, found: Diagnostics) -> str | None:
    """The text of an argument that must be written out; None when it is not there or is wrong."""
    expr = body.expr(name)
    if expr is None:
        return None
    text = literal_text(expr)
    if text is None:
        found.append(not_constant(name, expr.span(), body.header))
        return None
    allowed = body.schema.attributes[name].allowed
    if allowed and text not in allowed:
        found.append(not_allowed(name, text, allowed, expr.span(), body.header))
        return None
    return text


def not_constant(name: str, subject: SourceSpan, header: str) -> Diagnostic:
    """What to say of an argument that may not be computed."""
    return Diagnostic(
        summary="A constant is required",
        detail=f'"{name}" must be a plain quoted text, without references or interpolation.',
        subject=subject,
        block=header,
    )


def not_allowed(
    name: str, text: str, allowed: tuple[str, ...], subject: SourceSpan, header: str
) -> Diagnostic:
    """What to say of a text that is not one of those allowed."""
    return Diagnostic(
        summary=f"Unsupported {name}",
        detail=f'"{text}" is not one of: {", ".join(allowed)}.',
        hint=did_you_mean(text, allowed),
        subject=subject,
        block=header,
    )
