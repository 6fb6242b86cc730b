"""What the planner is given: everything it may look at, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mlctl.config.evaluation import ConfigurationValues
from mlctl.config.ports import Foresight, Seal
from mlctl.core.address import Address
from mlctl.core.digest import Digest
from mlctl.core.plan import PlanMode
from mlctl.core.provider import Attributes
from mlctl.core.result import ResultRecord
from mlctl.core.state import State
from mlctl.graph.order import Graph


@dataclass(frozen=True, slots=True)
class TreeChanges:
    """What differs between two folders, by path."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class Kept(Protocol):
    """The results and artifacts that are kept, as far as a plan looks at them."""

    def find(self, fingerprint: Digest) -> ResultRecord | None:
        """The result kept under a fingerprint."""

    def missing(self, digests: Iterable[Digest]) -> set[Digest]:
        """Those that the store does not hold, or holds damaged."""

    def tree_changes(self, before: Digest, after: Digest) -> TreeChanges:
        """What differs between two folders; nothing when one of them is not kept."""

    def is_published(self, output: Address, digest: Digest) -> bool:
        """True when a pipeline's output stands where people look for it, unchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked of the plan.

    Attributes:
        targets: Limit it to these and what they need; empty: everything.
        excludes: Leave these out, and what needs them.
        replace: Make or run these again.
        no_reuse: Take no kept result.
        pipeline: Run this one, whatever its ``run_on_apply`` says, and no other.
    """

    mode: PlanMode = PlanMode.NORMAL
    targets: tuple[Address, ...] = ()
    excludes: tuple[Address, ...] = ()
    replace: tuple[Address, ...] = ()
    no_reuse: bool = False
    pipeline: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The arguments of a plan.

    Attributes:
        observed: What refresh found of recorded objects; None: gone. Others were not looked at.
    """

    graph: Graph
    evaluation: ConfigurationValues
    state: State
    kept: Kept
    foresee: Foresight
    seal: Seal
    observed: Mapping[Address, Attributes | None] = field(default_factory=dict)
    options: Options = Options()
