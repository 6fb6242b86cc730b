"""Laws of plans, on generated pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from mlctl.core.plan import Action
from mlctl.core.reason import CommandChanged, Forced, NeverRan, UpstreamPending
from tests.bench.dag import write_mlctl
from tests.config.project import Planned, Project
from tests.property.strategies import Shape, edits, shapes

fast = settings(max_examples=40, deadline=None)


@contextmanager
def project(shape: Shape) -> Iterator[Project]:
    with TemporaryDirectory() as folder:
        yield Project(Path(folder)).hcl(shape.hcl())


def settled(made: Project) -> None:
    """Apply until nothing is left: each round may only tell the next one what there is."""
    for _ in range(3):
        made.apply()


def numbers(planned: Planned, action: Action) -> set[int]:
    """The steps with an instance to which this happens."""
    return {int(c.address.name[1:]) for c in planned.plan.steps if c.action is action}


def reasons_are_right(planned: Planned) -> None:
    for change in planned.plan.steps:
        assert bool(change.reasons) == (change.action is Action.RUN)
        assert (change.fingerprint is None) == (change.key is None or not change.key.is_known)
        assert change.forced == any(isinstance(r, Forced) for r in change.reasons)
        assert (change.record is None) == (change.action in (Action.RUN, Action.FORGET))


@fast
@given(shapes(deterministic=False))
def test_what_runs_has_a_reason_and_nothing_else_has(shape: Shape) -> None:
    with project(shape) as made:
        first = made.plan().sound()
        reasons_are_right(first)
        assert all(NeverRan() in c.reasons for c in first.plan.steps)
        made.apply(first)
        reasons_are_right(made.plan().sound())


@fast
@given(shapes())
def test_planning_what_was_just_applied_is_empty(shape: Shape) -> None:
    with project(shape) as made:
        settled(made)

        assert made.plan().sound().plan.is_empty


@fast
@given(shapes(deterministic=False))
def test_a_plan_is_a_pure_function(shape: Shape) -> None:
    with project(shape) as made:
        assert made.plan().plan == made.plan().plan
        state, results = made.state, dict(made.kept.results)
        made.plan()
        assert (made.state, made.kept.results) == (state, results)


@fast
@given(shapes().flatmap(lambda shape: st.tuples(st.just(shape), edits(shape))))
def test_an_edit_runs_what_was_edited_and_holds_back_judgement_downstream(
    case: tuple[Shape, tuple[Shape, set[int]]],
) -> None:
    shape, (other, edited) = case
    there = {n for n in edited if shape.steps[n].count != 0}
    with project(shape) as made:
        settled(made)
        planned = made.hcl(other.hcl()).plan().sound()

        reasons_are_right(planned)
        exists = {s.number for s in shape.steps if s.count != 0}
        # A fan-in of no members holds nothing back.
        reached = _reached(shape, there)
        assert numbers(planned, Action.RUN) == reached & exists
        for change in planned.plan.steps:
            kinds = {type(r) for r in change.reasons}
            is_edited = int(change.address.name[1:]) in there
            assert (CommandChanged in kinds) == (is_edited and change.action is Action.RUN)
            assert kinds <= {CommandChanged, UpstreamPending}

        made.apply(planned)
        assert made.hcl(shape.hcl()).plan().sound().running() == []


def _reached(shape: Shape, start: set[int]) -> set[int]:
    reached = set(start)
    for step in shape.steps:
        if step.count != 0 and any(n in reached and shape.steps[n].count != 0 for n in step.takes):
            reached.add(step.number)
    return reached


@fast
@given(shapes())
def test_rows_come_after_what_they_need(shape: Shape) -> None:
    with project(shape) as made:
        planned = made.plan().sound()
        place = {c.address: index for index, c in enumerate(planned.plan.steps)}

        for change in planned.plan.steps:
            assert all(place[n] < place[change.address] for n in change.needs if n in place)


def test_the_work_grows_with_the_number_of_steps(tmp_path: Path) -> None:
    def questions(total: int) -> tuple[int, int, int]:
        folder = tmp_path / str(total)
        folder.mkdir()
        write_mlctl(folder, total)
        made = Project(folder)
        planned = made.plan().sound()
        assert len(planned.running()) == total
        first = made.sources.asked
        made.apply(planned)
        made.kept.asked = made.sources.asked = 0
        assert made.plan().sound().plan.is_empty
        return first, made.sources.asked, made.kept.asked

    small, large = questions(50), questions(500)

    assert [b <= 11 * a for a, b in zip(small, large, strict=True)] == [True] * 3
    assert large[2] <= 3 * 500
