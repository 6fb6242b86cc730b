"""The syntax tree: what was written and where. Knows nothing of values or of mlctl's blocks.

Positions are character offsets into ``source.text``; ``span()`` turns them into lines and columns
when a message needs them. Nodes are made by the hundred thousand, so they are plain slotted
classes (a frozen dataclass takes three times as long to make); nobody changes them after parsing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mlctl.core.source import SourceSpan
from mlctl.hcl.source import Source


@dataclass(slots=True, eq=False)
class Node:
    """A stretch of source that means something. ``end`` is exclusive."""

    source: Source
    start: int
    end: int

    def span(self) -> SourceSpan:
        """Where this stands, with lines and columns."""
        return self.source.span(self.start, self.end)

    def text(self) -> str:
        """What was written."""
        return self.source.text[self.start : self.end]


@dataclass(slots=True, eq=False)
class Literal(Node):
    """A number, ``true``, ``false``, ``null``, or the literal text in a template."""

    value: str | int | Decimal | bool | None


@dataclass(slots=True, eq=False)
class Broken(Node):
    """Where a syntax error was reported; evaluates to an unknown value."""


@dataclass(slots=True, eq=False)
class Template(Node):
    """Text with sequences in it; a plain ``"string"`` is one with a single literal part."""

    parts: list[Expression]

    def literal(self) -> str | None:
        """The text when nothing in it must be evaluated."""
        if len(self.parts) == 1:
            part = self.parts[0]
            if isinstance(part, Literal) and isinstance(part.value, str):
                return part.value
        return None


@dataclass(slots=True, eq=False)
class TemplateWrap(Node):
    """A template of one interpolation and nothing else: its value as it is, not made a string."""

    wrapped: Expression


@dataclass(slots=True, eq=False)
class TemplateJoin(Node):
    """A ``%{for}`` directive: the results of the loop, joined."""

    loop: For


@dataclass(slots=True, eq=False)
class Parentheses(Node):
    """``( … )``."""

    inner: Expression


@dataclass(slots=True, eq=False)
class Attr(Node):
    """A step ``.name``; the stretch includes the dot."""

    name: str


@dataclass(slots=True, eq=False)
class Key(Node):
    """A step ``["key"]``, ``[0]`` or ``.0`` whose key is written out.

    Attributes:
        value: The key.
        legacy: Written ``.0``.
    """

    value: str | int | Decimal | bool | None
    legacy: bool = False


Step = Attr | Key


@dataclass(slots=True, eq=False)
class ScopeTraversal(Node):
    """A name and the static steps from it: ``local.x["a"].b``. What references are made of.

    Attributes:
        name_end: Where the name ends; it starts where the traversal does.
    """

    name: str
    name_end: int
    steps: list[Step]

    def root_span(self) -> SourceSpan:
        """Where the first name stands."""
        return self.source.span(self.start, self.name_end)

    def attribute(self, index: int) -> str | None:
        """The name of the step at ``index`` when that is an attribute step."""
        if index < len(self.steps):
            step = self.steps[index]
            if isinstance(step, Attr):
                return step.name
        return None

    def prefix_span(self, steps: int) -> SourceSpan:
        """Where the name and its first ``steps`` steps stand."""
        end = self.steps[steps - 1].end if steps else self.name_end
        return self.source.span(self.start, end)


@dataclass(slots=True, eq=False)
class RelativeTraversal(Node):
    """Static steps from the value of an expression: ``f(x).a[0]``."""

    target: Expression
    steps: list[Step]


@dataclass(slots=True, eq=False)
class Index(Node):
    """``collection[key]`` with a key that must be evaluated.

    Attributes:
        bracket: Where ``[`` stands.
    """

    collection: Expression
    key: Expression
    bracket: int


@dataclass(slots=True, eq=False)
class Item(Node):
    """The element a splat is at; a name that cannot be written. Covers the splat's marker."""


@dataclass(slots=True, eq=False)
class Splat(Node):
    """``target[*].x`` or the older ``target.*.x``.

    Attributes:
        each: What is done with each element, in terms of ``item``.
    """

    target: Expression
    each: Expression
    item: Item


@dataclass(slots=True, eq=False)
class FunctionCall(Node):
    """``name(arguments)``; ``expand`` when the last argument is followed by ``...``.

    Attributes:
        name: With its namespaces: ``a::b``.
        name_end: Where the name ends.
        open: Where ``(`` stands.
    """

    name: str
    arguments: list[Expression]
    expand: bool
    name_end: int
    open: int

    def name_span(self) -> SourceSpan:
        """Where the name stands."""
        return self.source.span(self.start, self.name_end)


@dataclass(slots=True, eq=False)
class Conditional(Node):
    """``condition ? if_true : if_false``, or a template's ``%{if}``."""

    condition: Expression
    if_true: Expression
    if_false: Expression


@dataclass(slots=True, eq=False)
class Unary(Node):
    """``-x`` or ``!x``."""

    operator: str
    operand: Expression


@dataclass(slots=True, eq=False)
class Binary(Node):
    """``left operator right``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True, eq=False)
class For(Node):
    """``[for k, v in c : value if condition]`` or ``{for k, v in c : key => value...}``.

    Attributes:
        key_name: The name for keys, or empty.
        key: What makes the keys of an object; None when a tuple is built.
        group: ``...``: equal keys collect their values.
    """

    key_name: str
    value_name: str
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    group: bool


@dataclass(slots=True, eq=False)
class ObjectKey(Node):
    """A key in ``{ … }``: a bare name means its own text, anything else is evaluated.

    Attributes:
        forced: In parentheses, so that even a bare name is a reference.
    """

    wrapped: Expression
    forced: bool

    def bare_name(self) -> str | None:
        """The text of a key written as a bare name."""
        return None if self.forced else keyword(self.wrapped)


@dataclass(slots=True, eq=False)
class ObjectCons(Node):
    """``{ key = value, … }``."""

    items: list[tuple[ObjectKey, Expression]]


@dataclass(slots=True, eq=False)
class TupleCons(Node):
    """``[ item, … ]``."""

    items: list[Expression]


Expression = (
    Literal
    | Broken
    | Template
    | TemplateWrap
    | TemplateJoin
    | Parentheses
    | ScopeTraversal
    | RelativeTraversal
    | Index
    | Item
    | Splat
    | FunctionCall
    | Conditional
    | Unary
    | Binary
    | For
    | ObjectKey
    | ObjectCons
    | TupleCons
)


@dataclass(slots=True, eq=False)
class Attribute(Node):
    """``name = expr``.

    Attributes:
        name_end: Where the name ends; it starts where the attribute does.
        equals: Where ``=`` stands.
    """

    name: str
    name_end: int
    equals: int
    expr: Expression

    def name_span(self) -> SourceSpan:
        """Where the name stands."""
        return self.source.span(self.start, self.name_end)


@dataclass(slots=True, eq=False)
class Label(Node):
    """One label of a block, without its quotes; the stretch includes them."""

    value: str


@dataclass(slots=True, eq=False)
class Block(Node):
    """``type "label" { body }``.

    Attributes:
        type_end: Where the type ends; it starts where the block does.
        labels: The labels' texts.
        label_nodes: The same with their places.
        open: Where ``{`` stands.
        close: Where ``}`` stands.
    """

    type: str
    type_end: int
    label_nodes: list[Label]
    open: int
    close: int
    body: Body

    @property
    def labels(self) -> list[str]:
        """The labels' texts."""
        return [label.value for label in self.label_nodes]

    def type_span(self) -> SourceSpan:
        """Where the type stands."""
        return self.source.span(self.start, self.type_end)

    def header_span(self) -> SourceSpan:
        """Where the type and the labels stand."""
        end = self.label_nodes[-1].end if self.label_nodes else self.type_end
        return self.source.span(self.start, end)

    def header(self) -> str:
        """The type and the labels, as diagnostics name a block: ``compute "ssh" "gpu"``."""
        return " ".join([self.type, *(f'"{label.value}"' for label in self.label_nodes)])


@dataclass(slots=True, eq=False)
class Body(Node):
    """What stands in a file or between the braces of a block (braces included)."""

    attributes: dict[str, Attribute]
    blocks: list[Block]

    def missing_item_span(self) -> SourceSpan:
        """The empty stretch at the end, where something missing would have been written."""
        return self.source.span(self.end, self.end)


def keyword(expr: Expression) -> str | None:
    """The word when the expression is one bare word: ``string``, ``true``, ``null``."""
    match expr:
        case ScopeTraversal(steps=[]):
            return expr.name
        case Literal(value=None):
            return "null"
        case Literal(value=bool(value)):
            return "true" if value else "false"
        case ObjectKey(forced=False):
            return keyword(expr.wrapped)
        case _:
            return None
