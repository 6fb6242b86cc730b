"""What names and functions stand for while an expression is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mlctl.core.diagnostic import Diagnostic
from mlctl.core.value import Value
from mlctl.hcl.ast import ScopeTraversal, Step
from mlctl.hcl.functions.spec import Function


@dataclass(frozen=True, slots=True)
class Resolved:
    """The value of the first part of a reference.

    Attributes:
        value: What the name and the steps taken stand for.
        remaining: The steps still to be taken from there, usually ``traversal.steps[n:]``.
        diagnostics: What is wrong with the reference; errors make the whole value unknown.
    """

    value: Value
    remaining: Sequence[Step] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


Resolve = Callable[[ScopeTraversal], Resolved | None]
"""Answers for a reference as a whole, so that ``local.x.y`` need not make an object of every local.

None leaves the reference to ``variables``.
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """The names and functions an expression may use.

    Names are looked up when they are met and not before, innermost scope first: in each scope
    ``resolve``, then ``variables``. Both may compute their answer on demand; ``variables`` may be
    any mapping whose ``[]`` raises KeyError for unknown names. It is only iterated over to find
    the nearest name for a "did you mean".

    Attributes:
        variables: Root names; None: references may not be used here.
        functions: By name, namespaces included; None: ask the parent; none anywhere: no calls.
        parent: The scope around this one.
        resolve: See ``Resolve``.
    """

    variables: Mapping[str, Value] | None = field(default_factory=dict)
    functions: Mapping[str, Function] | None = None
    parent: Scope | None = None
    resolve: Resolve | None = None

    def child(self, variables: Mapping[str, Value]) -> Scope:
        """A scope inside this one in which ``variables`` come first."""
        return Scope(variables, None, self)


NO_SCOPE = Scope(variables=None)
"""For expressions that must be constant: no references, no function calls."""
