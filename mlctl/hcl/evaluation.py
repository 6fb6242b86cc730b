"""One evaluation under way: what is wrong so far, and how a node is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mlctl.core.diagnostic import Diagnostic, ValueNote, has_errors
from mlctl.core.source import SourceSpan
from mlctl.core.value import Marks, Value
from mlctl.hcl.ast import Expression, Item, Node, ScopeTraversal
from mlctl.hcl.scope import Scope
from mlctl.hcl.value_note import note
from mlctl.hcl.variables import variables

# Each handler takes the one node class it is registered for, which a mapping's type cannot say.
Handler = Callable[["Evaluation", Any, Scope], Value]

_NOTED = 20
"""So many diagnostics get notes; a loop that fails a thousand times need not look up each time."""


class Evaluation:
    """Evaluates nodes and collects diagnostics.

    Attributes:
        diagnostics: What is wrong so far.
        items: What the splats under way are at.
        marks: Those of every value met, where they are wanted; else None.
    """

    __slots__ = ("_handlers", "_notes_wanted", "diagnostics", "items", "marks")

    def __init__(self, handlers: Mapping[type[Node], Handler], *, notes: bool = True) -> None:
        self._handlers = handlers
        self._notes_wanted = notes
        self.diagnostics: list[Diagnostic] = []
        self.items: dict[Item, Value] = {}
        self.marks: set[Hashable] | None = None

    def value(self, expr: Expression, scope: Scope) -> Value:
        """The value of an expression; where it is wrong, what can still be said of it."""
        value = self._handlers[type(expr)](self, expr, scope)
        if self.marks is not None and value.contains_marked:
            self.marks |= value.marks_deep()
        return value

    def apart(self, *, notes: bool = True) -> Evaluation:
        """An evaluation of the same things whose diagnostics stay its own."""
        other = Evaluation(self._handlers, notes=notes and self._notes_wanted)
        other.items = self.items
        other.marks = self.marks
        return other

    def attempt(self) -> Evaluation:
        """An evaluation apart that also keeps the marks of every value it meets.

        What fails has no value that could carry them, but that it fails is a result as well.
        """
        other = self.apart()
        other.marks = set()
        return other

    def marks_of(self, exprs: Iterable[Expression | None], scope: Scope) -> Marks:
        """The marks of what expressions give that cannot be evaluated for good yet.

        Nothing is reported: what is wrong with them shows when they are evaluated.
        """
        trial = self.apart(notes=False)
        found = (trial.value(expr, scope) for expr in exprs if expr is not None)
        return frozenset().union(*(value.marks_deep() for value in found))

    def failed_since(self, mark: int) -> bool:
        """True when errors came after there were ``mark`` diagnostics."""
        return len(self.diagnostics) > mark and has_errors(self.diagnostics[mark:])

    def fail(self, subject: SourceSpan, summary: str, detail: str, hint: str = "") -> _Failure:
        """Report an error. What is returned adds what its reader would also want to see."""
        self.diagnostics.append(
            Diagnostic(summary=summary, detail=detail, hint=hint, subject=subject)
        )
        return _Failure(self)

    def notes(self, expr: Expression, scope: Scope) -> tuple[ValueNote, ...]:
        """What the references in an expression stand for, each once."""
        found: dict[str, ValueNote] = {}
        if not self._notes_wanted or len(self.diagnostics) > _NOTED:
            return ()
        for reference in variables(expr):
            seen = self._note(reference, scope)
            if seen is not None:
                found.setdefault(seen.traversal, seen)
        return tuple(found.values())

    def _note(self, reference: ScopeTraversal, scope: Scope) -> ValueNote | None:
        # A reference that is itself the trouble: what stands before the step that failed.
        for count in range(len(reference.steps), -1, -1):
            if count == 0 and reference.steps:
                return None  # The root of many names, such as "var", says nothing.
            end = reference.steps[count - 1].end if count else reference.name_end
            part = ScopeTraversal(
                reference.source,
                reference.start,
                end,
                reference.name,
                reference.name_end,
                reference.steps[:count],
            )
            trial = self.apart(notes=False)
            value = trial.value(part, scope)
            if not trial.diagnostics:
                return note("".join(part.text().split()), value)
        return None


class _Failure:
    """A diagnostic just reported, to be completed."""

    __slots__ = ("_evaluation",)

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation

    def about(self, expr: Expression, scope: Scope, context: Node | None = None) -> None:
        """Add what the references in ``expr`` stand for, and the construct around it."""
        diagnostics = self._evaluation.diagnostics
        values = self._evaluation.notes(expr, scope)
        around = context.span() if context is not None else None
        diagnostics[-1] = replace(diagnostics[-1], context=around, values=values)


def between(first: Node, last: Node) -> SourceSpan:
    """The stretch from the beginning of one node to the end of another."""
    return first.source.span(first.start, last.end)
